/* What there is to do at most. */
#include "loop_look.h"

int64_t drive_products(const Program *program, const LoopDrive *drive)
{
    const double *counted = drive->counted >= 0 ? program->buffers.at[drive->counted].values : NULL;
    return drive->products + (counted ? (int64_t)*counted : 0);
}

LoopWork program_work(const Program *program)
{
    LoopWork work = {0};
    for (int l = 0; l < program->layers.count; l++) {
        const LoopLayer *layer = &program->layers.at[l];
        if (!layer->each_step && !program->whole_why)
            continue;
        work.operations += layer->multiplications + layer->operations;
        for (int d = 0; d < layer->drives.count; d++) {
            const LoopDrive *drive = &layer->drives.at[d];
            work.products += drive_products(program, drive);
            work.events += drive->spikes && !drive->again ? drive->inputs : 0;
        }
    }
    return work;
}
