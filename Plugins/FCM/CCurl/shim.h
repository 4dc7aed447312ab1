#pragma once
#include <curl/curl.h>

// Swift cannot call functions with variable arguments: one form for each kind of argument.

static inline CURLcode fcm_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode fcm_set_size(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode fcm_set_text(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode fcm_set_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}

typedef size_t (*fcm_writer)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode fcm_set_writer(CURL *handle, fcm_writer writer, void *context) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, writer);
    return code == CURLE_OK ? curl_easy_setopt(handle, CURLOPT_WRITEDATA, context) : code;
}

// Hears of the sockets that connections of this handle use: when one is made, and when it is to be closed, which the
// second has to do. A connection keeps both, and the context, longer than the handle.
typedef int (*fcm_socket_made)(void *context, curl_socket_t socket, curlsocktype purpose);
typedef int (*fcm_socket_ends)(void *context, curl_socket_t socket);

static inline CURLcode fcm_set_sockets(CURL *handle, fcm_socket_made made, fcm_socket_ends ends, void *context) {
    CURLcode codes[] = {
        curl_easy_setopt(handle, CURLOPT_SOCKOPTFUNCTION, made), curl_easy_setopt(handle, CURLOPT_SOCKOPTDATA, context),
        curl_easy_setopt(handle, CURLOPT_CLOSESOCKETFUNCTION, ends),
        curl_easy_setopt(handle, CURLOPT_CLOSESOCKETDATA, context),
    };
    for (int i = 0; i < 4; i++) if (codes[i] != CURLE_OK) return codes[i];
    return CURLE_OK;
}

static inline long fcm_status(CURL *handle) {
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

// Seconds; 0 when the answer names none.
static inline curl_off_t fcm_retry_after(CURL *handle) {
    curl_off_t seconds = 0;
    curl_easy_getinfo(handle, CURLINFO_RETRY_AFTER, &seconds);
    return seconds;
}

static inline void *fcm_private(CURL *handle) {
    char *context = NULL;
    curl_easy_getinfo(handle, CURLINFO_PRIVATE, &context);
    return context;
}

static inline CURLMcode fcm_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

// The next transfer that ended, or NULL; its outcome is written to `code`.
static inline CURL *fcm_next_ended(CURLM *multi, CURLcode *code) {
    int left = 0;
    CURLMsg *message;
    while ((message = curl_multi_info_read(multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE) continue;
        *code = message->data.result;
        return message->easy_handle;
    }
    return NULL;
}

static inline CURLcode fcm_global_init(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }
