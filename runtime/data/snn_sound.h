/* Recordings of sound: WAV files of whole numbers or of IEEE 754's, and FLAC. Nothing that a file says is believed before it is checked. */
#ifndef SNN_SOUND_H
#define SNN_SOUND_H

#include "snn_error.h"

#include <stdint.h>

enum { SNN_SOUND_RATE = 192000 }; /* the highest, in Hz */

typedef struct SnnSound {
    int rate; /* Hz */
    int64_t count;
    float *at; /* [count], -1 to 1: the mean of all channels */
} SnnSound;

bool snn_sound_is_named(const char *path);
/* After a failure nothing is to be freed. */
bool snn_sound_read(SnnSound *sound, const char *path, SnnError *error);
void snn_sound_free(SnnSound *sound);

#endif
