/// The stamp that every plugin carries as plain data, read from its file before the file is loaded.
///
/// Swift on Linux has no stable ABI, so a plugin must have been built with the same PluginAPI sources, the same
/// compiler and the same build mode as the host. The stamp states all three.
#pragma once

#include <stdint.h>

// Written by scripts/stamp from the PluginAPI sources, the resolved dependency versions and the Swift version. Without
// it everything still builds; such a host takes only plugins that were built without it as well.
#if __has_include("replyhq_api_hash.h")
#include "replyhq_api_hash.h"
#endif

#ifndef REPLYHQ_API_HASH
#define REPLYHQ_API_HASH "unstamped"
#endif

// The compiler itself says its version, so that a stale header cannot hide a new compiler.
#ifdef REPLYHQ_SWIFT_VERSION
#define REPLYHQ_COMPILER REPLYHQ_SWIFT_VERSION ", " __VERSION__
#else
#define REPLYHQ_COMPILER __VERSION__
#endif

#define REPLYHQ_STAMP_MAGIC 0x52504C5948513031ULL // "RPLYHQ01"
#define REPLYHQ_API_VERSION 1u

#ifdef __OPTIMIZE__
#define REPLYHQ_BUILD_MODE "release"
#else
#define REPLYHQ_BUILD_MODE "debug"
#endif

/// The texts end with a zero byte and are padded with zeros.
struct replyhq_plugin_stamp {
    uint64_t magic;
    uint32_t struct_size;
    uint32_t api_version;
    char api_hash[72];
    char compiler[256];
    char build_mode[16];
};

// A text cut short would still compare equal to another one with the same beginning.
_Static_assert(sizeof(REPLYHQ_API_HASH) <= 72, "the hash must fit with its final zero");
_Static_assert(sizeof(REPLYHQ_COMPILER) <= 256, "the compiler's version must fit with its final zero");

#define REPLYHQ_STAMP_INITIALIZER                                                                                      \
    {                                                                                                                  \
        REPLYHQ_STAMP_MAGIC, sizeof(struct replyhq_plugin_stamp), REPLYHQ_API_VERSION, REPLYHQ_API_HASH,               \
            REPLYHQ_COMPILER, REPLYHQ_BUILD_MODE                                                                       \
    }
