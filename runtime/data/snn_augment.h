/* What training does with samples so that none is twice the same. Settings: `time_jitter` and `channel_jitter`, by how many steps
 * and positions along each of the first `jitter_axes` axes a sample may move, to either side; `time_mask`, how many steps in a row
 * may be missing; `jitter_rows`, steps that a sample has, 0 if it does not go over time. Each is drawn for each sample and epoch. */
#ifndef SNN_AUGMENT_H
#define SNN_AUGMENT_H

#include "snn.h"

typedef struct SnnAugment {
    int time, channels, mask; /* all 0: samples stay as they are */
    int rows, axes;
    int dims[SNN_MAX_DIMS + 1]; /* of a row */
    int ndim;
} SnnAugment;

SnnAugment snn_augment_of(const SnnModel *model);
/* By how many steps it moves a sample. */
int64_t snn_augment_shift(const SnnAugment *augment, uint32_t seed, uint32_t epoch, int32_t number);
/* Changes a sample of elements of `size` bytes. What is missing then is 0, or, if it `holds`, as the nearest that is there. */
void snn_augment_run(const SnnAugment *augment, void *sample, size_t size, bool holds, uint32_t seed,
                     uint32_t epoch, int32_t number);

#endif
