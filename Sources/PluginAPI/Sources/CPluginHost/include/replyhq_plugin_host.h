#pragma once

#include "replyhq_plugin_abi.h"

/// The stamp of this process: what a plugin's own stamp must equal.
const struct replyhq_plugin_stamp *_Nonnull replyhq_host_stamp(void);
