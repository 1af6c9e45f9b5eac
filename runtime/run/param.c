/* Facts about parameters. */
#include "snn_param.h"

int64_t snn_param_size(const SnnParam *param)
{
    int64_t size = 1;
    for (int i = 0; i < param->ndim; i++)
        size *= param->dims[i];
    return size;
}

bool snn_param_learns(const SnnParam *param)
{
    return param->gradient != NULL;
}
