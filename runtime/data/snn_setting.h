/* What a model says of its data beside shapes and classes: see SnnData.settings. */
#ifndef SNN_SETTING_H
#define SNN_SETTING_H

#include "snn.h"

/* What stands behind "name = "; "" if the model does not say. */
const char *snn_setting(const SnnModel *model, const char *name);
double snn_setting_number(const SnnModel *model, const char *name); /* 0 if the model does not say */

#endif
