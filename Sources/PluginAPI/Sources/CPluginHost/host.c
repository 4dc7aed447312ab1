#include "replyhq_plugin_host.h"

static const struct replyhq_plugin_stamp host_stamp = REPLYHQ_STAMP_INITIALIZER;

const struct replyhq_plugin_stamp *_Nonnull replyhq_host_stamp(void) { return &host_stamp; }
