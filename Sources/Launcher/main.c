// The executable `replyhq`: blocks the signals of the server, then loads libReplyHQHost.so beside it and enters it.
//
// The dynamic loader needs 10 to 20 ms to relocate the libraries of Swift and Foundation. Were they linked to the
// executable, a SIGHUP (the reload of a service manager) in that time would end the process before any of our code
// runs. This one needs the system's C and C++ libraries only, so the signals are blocked within milliseconds.
// ProcessSignals decides what becomes of those that wait; commands other than serve unblock them.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

/// As the dynamic loader exits when a library is missing.
enum { cannot_load = 127 };

static const char host_library[] = "libReplyHQHost.so";

static void block_signals(void) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
}

/// The path of this file, with links followed; where /proc is not mounted, by the path that was executed.
static int find_executable(char path[PATH_MAX]) {
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);
    if (length > 0) {
        path[length] = '\0';
        return 0;
    }
    const char *executed = (const char *)getauxval(AT_EXECFN);
    return executed != NULL && realpath(executed, path) != NULL ? 0 : -1;
}

static int fail(const char *problem) {
    fprintf(stderr, "replyhq: cannot load the server: %s\n", problem);
    if (strstr(problem, "libswift") != NULL || strstr(problem, "Foundation") != NULL)
        fputs("The libraries of the Swift runtime are missing. Copy them beside this executable, or install the toolchain "
              "that built it; scripts/check-installation says which are missing.\n", stderr);
    return cannot_load;
}

int main(void) {
    block_signals();

    char path[PATH_MAX];
    if (find_executable(path) != 0) return fail(strerror(errno));
    char *name = strrchr(path, '/') + 1;
    if (name + sizeof host_library > path + sizeof path) return fail(strerror(ENAMETOOLONG));
    memcpy(name, host_library, sizeof host_library);

    // Global, as if the executable were linked to it: plugins share what the host and its libraries define.
    void *host = dlopen(path, RTLD_LAZY | RTLD_GLOBAL);
    if (host == NULL) return fail(dlerror());
    int (*host_main)(void) = (int (*)(void))dlsym(host, "replyhq_host_main");
    if (host_main == NULL) return fail(dlerror());
    return host_main();
}
