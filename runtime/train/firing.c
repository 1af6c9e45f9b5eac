/* How often layers fire, and which ones never or always do: such a layer passes nothing on. */
#include "snn_firing.h"
#include "snn_note.h"

double snn_firing_rate(const SnnModel *model, int stream, const SnnEpoch *epoch)
{
    const SnnStream *layer = &model->streams[stream];
    if (layer->activity == NULL)
        return -1.0;
    return epoch->activity[stream] / ((double)epoch->samples * layer->steps * layer->size);
}

void snn_firing_warn(const SnnModel *model, const SnnOptions *options, const SnnEpoch *epoch)
{
    for (int i = 0; i < model->stream_count; i++) {
        const SnnStream *layer = &model->streams[i];
        double rate = snn_firing_rate(model, i, epoch);
        if (rate == 0.0)
            snn_note(
                options,
                "warning: `%s` (%s) never fired in epoch %d, so nothing passes it: does its input reach its "
                "threshold? Try a larger input or larger weights (`init` of dense), or a lower threshold",
                layer->name, layer->about, epoch->number);
        else if (rate >= 1.0)
            snn_note(options,
                     "warning: `%s` (%s) fired at every step of epoch %d, so it says nothing: try a smaller "
                     "input, smaller weights (`init` of dense), or a higher threshold",
                     layer->name, layer->about, epoch->number);
    }
}
