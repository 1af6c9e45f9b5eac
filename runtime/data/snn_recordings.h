/* Data sets of a file a sample: which files there are of a part, and the class of each. Settings: `names`, how files are called,
 * and which of them are of the parts `test` and `valid`: see snn_fields.h. */
#ifndef SNN_RECORDINGS_H
#define SNN_RECORDINGS_H

#include "snn_dataset.h"

enum { SNN_RECORDINGS_PATH = 4096 };

typedef struct SnnRecording {
    char *path;
    int32_t label; /* -1: it has none */
} SnnRecording;

typedef struct SnnRecordings {
    SnnRecording *at;
    int32_t count;
    int32_t apart[SNN_FIELDS_PARTS]; /* in the same folder, of other parts, see SnnDataset */
    char folder[SNN_RECORDINGS_PATH];
} SnnRecordings;

/* The files that a format reads. */
typedef struct SnnRecordingKind {
    bool (*is_named)(const char *path); /* as one of them is */
    const char *what, *ends;            /* "files of events", ".bin or .raw" */
} SnnRecordingKind;

/* Those of the part, in the order of their names, class by class where these are folders. After a failure there are none. */
bool snn_recordings_find(SnnRecordings *recordings, const SnnRecordingKind *kind, const SnnModel *model,
                         const char *folder, const char *part, SnnError *error);
void snn_recordings_free(SnnRecordings *recordings);
/* Notes in the set where its samples are from. */
void snn_recordings_describe(const SnnRecordings *recordings, SnnDataset *data);
/* Whether there is a folder for the part alone. */
bool snn_recordings_own(const SnnModel *model, const char *folder, const char *part);
/* Whether there is a folder for them. */
bool snn_recordings_exist(const SnnModel *model, const char *folder, const char *part);
/* Whether `target` is there and called as one of these: it may be of the data set. */
bool snn_recordings_have(const SnnRecordingKind *kind, const char *target);

#endif
