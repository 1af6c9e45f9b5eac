/* What a model says of its data. */
#include "snn_setting.h"

#include <stdlib.h>
#include <string.h>

const char *snn_setting(const SnnModel *model, const char *name)
{
    size_t length = strlen(name);
    for (const char *const *line = model->data.settings; line != NULL && *line != NULL; line++)
        if (strncmp(*line, name, length) == 0 && strncmp(*line + length, " = ", 3) == 0)
            return *line + length + 3;
    return "";
}

double snn_setting_number(const SnnModel *model, const char *name)
{
    return strtod(snn_setting(model, name), NULL);
}
