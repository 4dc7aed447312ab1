#pragma once
#include <libpq-fe.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

// The C library declares it for _GNU_SOURCE only, which importers of this module do not set.
int pthread_setname_np(pthread_t thread, const char *name);
