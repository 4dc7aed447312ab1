// What libcurl itself needs for pushes: COUNT posts of a body over HTTP/2, 100 at once, and nothing else. For comparison
// with what the plugin FCM needs; it uses libcurl in the same way.
//
//   curl_floor URL CA_FILE BODY_FILE COUNT BEARER
#include <curl/curl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { STREAMS = 100, CONNECTIONS = 2, GATHERING = 1000 };

static int sockets[CONNECTIONS * 4], socket_count;

static int made(void *context, curl_socket_t socket, curlsocktype purpose) {
    if (socket_count < CONNECTIONS * 4) sockets[socket_count++] = socket;
    return CURL_SOCKOPT_OK;
}

static void cork(int on) {
    for (int i = 0; i < socket_count; i++) setsockopt(sockets[i], IPPROTO_TCP, TCP_CORK, &on, sizeof on);
}

static size_t drop(char *bytes, size_t size, size_t count, void *context) { return size * count; }

static double microseconds(struct timeval time) { return time.tv_sec * 1e6 + time.tv_usec; }

static CURL *make(CURLU *address, const char *ca, struct curl_slist *headers, const char *body, size_t length) {
    CURL *easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_CURLU, address);
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 10000L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, 5000L);
    curl_easy_setopt(easy, CURLOPT_CAINFO, ca);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "ReplyHQ");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)length);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop);
    curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, made);
    return easy;
}

int main(int argc, char **argv) {
    if (argc != 6) return 64;
    static char body[4096], bearer[2048];
    FILE *file = fopen(argv[3], "r");
    if (!file) return 66;
    size_t length = fread(body, 1, sizeof body, file);
    fclose(file);
    int count = atoi(argv[4]);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    CURLM *multi = curl_multi_init();
    curl_multi_setopt(multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
    curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)CONNECTIONS);
    curl_multi_setopt(multi, CURLMOPT_MAX_CONCURRENT_STREAMS, (long)STREAMS);
    CURLU *address = curl_url();
    if (curl_url_set(address, CURLUPART_URL, argv[1], 0)) return 64;
    snprintf(bearer, sizeof bearer, "Authorization: Bearer %s", argv[5]);
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    headers = curl_slist_append(headers, bearer);
    CURL *idle[STREAMS];
    int idle_count = 0;
    while (idle_count < STREAMS) idle[idle_count++] = make(address, argv[2], headers, body, length);

    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    for (int started = 0, ended = 0; ended < count;) {
        for (; idle_count > 0 && started < count; started++) curl_multi_add_handle(multi, idle[--idle_count]);
        int running, left, any = 0;
        cork(1);
        curl_multi_perform(multi, &running);
        cork(0);
        for (CURLMsg *message; (message = curl_multi_info_read(multi, &left)); ended++, any = 1) {
            CURL *easy = message->easy_handle;
            long status = 0;
            curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
            if (message->data.result != CURLE_OK || status != 200) {
                fprintf(stderr, "curl %d, HTTP %ld\n", message->data.result, status);
                return 1;
            }
            curl_multi_remove_handle(multi, easy);
            idle[idle_count++] = easy;
        }
        if (any) continue;
        curl_multi_poll(multi, NULL, 0, 1000, NULL);
        usleep(GATHERING);
    }
    getrusage(RUSAGE_SELF, &after);
    double user = (microseconds(after.ru_utime) - microseconds(before.ru_utime)) / count;
    double system = (microseconds(after.ru_stime) - microseconds(before.ru_stime)) / count;
    printf("%.1f us of CPU for each request (%.1f user, %.1f system)\n", user + system, user, system);
    return 0;
}
