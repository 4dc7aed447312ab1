// Blocks the signals of the server before the constructors of its libraries run. Those take most of the time from exec
// to main, in which a SIGHUP (the reload of a service manager) would end the process. Functions of .preinit_array are
// called right after the dynamic loader has relocated the images, on the only thread there is (System V gABI, "Initialization
// and Termination Functions"). From main on, ProcessSignals decides; commands other than serve unblock them there.

#include <signal.h>
#include <stddef.h>

static void block_signals(int argc, char **argv, char **environment) {
    (void)argc, (void)argv, (void)environment;
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
}

__attribute__((section(".preinit_array"), used)) static void (*const first)(int, char **, char **) = block_signals;
