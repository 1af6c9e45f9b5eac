/* Files of events as cameras write them: N-MNIST's and other ATIS recordings of 5 bytes an event (.bin, .bs2), jAER's AEDAT
 * 2.0 of the DVS128 and AEDAT 3.1 (.aedat), Prophesee's DAT (.dat), EVT 2.0 and EVT 3.0 (.raw). */
#ifndef SNN_EVENT_FILE_H
#define SNN_EVENT_FILE_H

#include "snn_error.h"

#include <stdint.h>

/* Whoever takes the events: false, with the error set, to go no further. Times are in us. */
typedef struct SnnEventSink {
    bool (*take)(void *context, int64_t time, uint32_t x, uint32_t y, bool on);
    void *context;
} SnnEventSink;

bool snn_event_file_is_named(const char *path); /* it ends as one of these */
bool snn_event_file_read(const char *path, SnnEventSink sink, SnnError *error);

#endif
