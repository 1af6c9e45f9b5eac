/* Which units fire when. */
#ifndef SNN_RASTER_H
#define SNN_RASTER_H

#include "snn.h"

/* Rasters of the batch in the network, layer by layer: of each layer that keeps its spikes; nothing if none does. */
void snn_raster_write(FILE *page, const SnnModel *model, bool labels);

#endif
