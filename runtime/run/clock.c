/* Where a training is. */
#include "snn_clock.h"

void snn_clock_set(SnnRun *run, int epoch, int epochs, int batch, int batches)
{
    run->epoch_now = (float)epoch;
    run->epochs = (float)epochs;
    run->batch_now = (float)batch;
    run->batches = (float)batches;
}

void snn_clock_load(const SnnTensors *file, const SnnModel *model)
{
    int64_t epoch = 0, epochs = 0, batches = 0;
    bool known = snn_tensors_natural(file, "epoch", SNN_MAX_EPOCHS, &epoch)
                 && snn_tensors_natural(file, "epochs", SNN_MAX_EPOCHS, &epochs)
                 && snn_tensors_natural(file, "batches", INT32_MAX, &batches) && epoch > 0 && batches > 0;
    if (!known) {
        epoch = epochs = model->epochs > 0 ? model->epochs : 1;
        batches = 1;
    }
    snn_clock_set(model->run, (int)epoch - 1, (int)epochs, (int)batches - 1, (int)batches);
}
