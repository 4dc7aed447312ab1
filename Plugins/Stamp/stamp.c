#include "replyhq_plugin_abi.h"

// One copy lies in each plugin's image. The section name must differ from the symbol's.
__attribute__((used, visibility("default"), section(".replyhq_stamp")))
const struct replyhq_plugin_stamp replyhq_plugin_stamp = REPLYHQ_STAMP_INITIALIZER;
