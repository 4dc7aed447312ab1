// What the system and SQLite themselves need for messages, and nothing else: no HTTP, no rules, no JSON. For comparison
// with what the server needs.
//
//   message_floor send                    one send of a frame to each of 1,000 sockets, in turn
//   message_floor commit DATABASE BATCH   20,000 messages to 100 conversations, BATCH in a transaction, each on the disk
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SOCKETS = 1000, ROUNDS = 60, FRAME = 420, MESSAGES = 20000, CONVERSATIONS = 100, BODY = 200 };

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static double microseconds(void) {
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e6 + use.ru_utime.tv_usec + use.ru_stime.tv_usec;
}

static void receive(const struct sockaddr_in *address) {
    int poll = epoll_create1(0);
    for (int i = 0; i < SOCKETS; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.fd = socket(AF_INET, SOCK_STREAM, 0)};
        if (connect(event.data.fd, (const void *)address, sizeof *address)) fail("connect");
        epoll_ctl(poll, EPOLL_CTL_ADD, event.data.fd, &event);
    }
    static char bytes[1 << 16];
    for (struct epoll_event events[256];;) {
        int count = epoll_wait(poll, events, 256, -1);
        for (int i = 0; i < count; i++)
            if (recv(events[i].data.fd, bytes, sizeof bytes, 0) <= 0) _exit(0);
    }
}

static void measure_send(void) {
    static int peers[SOCKETS];
    static char frame[FRAME];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    if (bind(listener, (void *)&address, length) || getsockname(listener, (void *)&address, &length)
        || listen(listener, SOCKETS))
        fail("listen");
    pid_t receiver = fork();
    if (receiver < 0) fail("fork");
    if (receiver == 0) receive(&address);
    for (int i = 0; i < SOCKETS; i++) {
        if ((peers[i] = accept(listener, NULL, NULL)) < 0) fail("accept");
        setsockopt(peers[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    double cost = 0;
    for (int round = 0; round < ROUNDS; round++) {
        double before = microseconds();
        for (int i = 0; i < SOCKETS; i++)
            if (send(peers[i], frame, FRAME, MSG_NOSIGNAL) != FRAME) fail("send");
        cost += microseconds() - before;
        usleep(50000);
    }
    kill(receiver, SIGTERM);
    waitpid(receiver, NULL, 0);
    printf("%.1f us of CPU for each send\n", cost / SOCKETS / ROUNDS);
}

static sqlite3 *database;

static void check(int code) {
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
    fprintf(stderr, "%s\n", sqlite3_errmsg(database));
    exit(1);
}

static sqlite3_stmt *prepare(const char *sql) {
    sqlite3_stmt *statement;
    check(sqlite3_prepare_v2(database, sql, -1, &statement, NULL));
    return statement;
}

static void run(sqlite3_stmt *statement) {
    check(sqlite3_step(statement));
    sqlite3_reset(statement);
}

// The statements of Plugins/SQLite's append, with its pragmas.
static void measure_commit(const char *path, int batch) {
    check(sqlite3_open(path, &database));
    check(sqlite3_exec(
        database,
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000;"
        "PRAGMA cache_size = -16384; PRAGMA foreign_keys = ON",
        NULL, NULL, NULL));
    sqlite3_stmt *begin = prepare("BEGIN IMMEDIATE"), *commit = prepare("COMMIT");
    sqlite3_stmt *insert = prepare(
        "INSERT INTO messages (id, local_id, conversation, body, sender, status, sequence, created_at)"
        " VALUES (?, ?, ?, ?, 'user', 'SENT', ?, ?) ON CONFLICT (conversation, local_id) DO NOTHING");
    sqlite3_stmt *touch =
        prepare("UPDATE conversations SET updated_at = ?, last_message_at = ?, last_sequence = ? WHERE key = ?");
    sqlite3_stmt *count = prepare("UPDATE message_sequence SET value = ? WHERE id = 1");
    char id[40], local[40], body[BODY + 1];
    memset(body, 'x', BODY);
    body[BODY] = 0;
    double before = microseconds();
    for (int sequence = 0; sequence < MESSAGES;) {
        run(begin);
        for (int i = 0; i < batch; i++) {
            int conversation = 1 + rand() % CONVERSATIONS;
            struct timespec now;
            clock_gettime(CLOCK_REALTIME, &now);
            sqlite3_int64 time = now.tv_sec * 1000LL + now.tv_nsec / 1000000;
            sequence++;
            snprintf(id, sizeof id, "msg_%012llx%03x%09x", (unsigned long long)time, sequence & 0xFFF, rand());
            snprintf(local, sizeof local, "%08x-%08x-%08x-%08x", rand(), rand(), rand(), rand());
            sqlite3_bind_text(insert, 1, id, -1, SQLITE_STATIC);
            sqlite3_bind_text(insert, 2, local, -1, SQLITE_STATIC);
            sqlite3_bind_int64(insert, 3, conversation);
            sqlite3_bind_text(insert, 4, body, BODY, SQLITE_STATIC);
            sqlite3_bind_int64(insert, 5, sequence);
            sqlite3_bind_int64(insert, 6, time);
            run(insert);
            if (sqlite3_changes(database) != 1) exit(1);
            sqlite3_bind_int64(touch, 1, time);
            sqlite3_bind_int64(touch, 2, time);
            sqlite3_bind_int64(touch, 3, sequence);
            sqlite3_bind_int64(touch, 4, conversation);
            run(touch);
        }
        sqlite3_bind_int64(count, 1, sequence);
        run(count);
        run(commit);
    }
    printf("%.1f us of CPU for each message, %d in a commit\n", (microseconds() - before) / MESSAGES, batch);
}

int main(int argc, char **argv) {
    if (argc == 2 && !strcmp(argv[1], "send")) {
        measure_send();
    } else if (argc == 4 && !strcmp(argv[1], "commit") && atoi(argv[3]) > 0 && MESSAGES % atoi(argv[3]) == 0) {
        measure_commit(argv[2], atoi(argv[3]));
    } else {
        return 64;
    }
    return 0;
}
