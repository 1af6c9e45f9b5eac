#include "without.h"

#include <string.h>

bool is_without(Without without, Optimisation optimisation)
{
    return (without >> optimisation & 1u) != 0;
}

const char *optimisation_name(Optimisation optimisation)
{
    static const char *const names[] = {
#define OPTIMISATION(id, name, about) name,
#include "optimisations.def"
#undef OPTIMISATION
    };
    return names[optimisation];
}

bool without_add(Without *without, const char *name, size_t length)
{
    for (int k = 0; k < OPTIMISATION_COUNT; k++) {
        const char *known = optimisation_name((Optimisation)k);
        if (strlen(known) == length && strncmp(known, name, length) == 0) {
            *without |= (Without)1 << k;
            return true;
        }
    }
    return false;
}
