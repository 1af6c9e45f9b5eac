/* Recordings of sound. WAV files are RIFF: chunks of a name and a length, of which `fmt ` says what the numbers in `data` are. */
#include "snn_sound.h"
#include "snn_bytes.h"
#include "snn_flac.h"
#include "snn_map.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- numbers --------------------------------------------------------------------------------------- */

enum { SOUND_WHOLE = 1, SOUND_REAL = 3, SOUND_EXTENDED = 0xFFFE, SOUND_CHANNELS = 64 };

/* One file while it is read. */
typedef struct SoundFile {
    SnnMap map;
    unsigned kind, channels, bytes; /* `bytes` of a number */
    uint32_t rate;
    const unsigned char *at;
    uint64_t size;
    SnnError *error;
} SoundFile;

static bool sound_wrong(const SoundFile *file, const char *what)
{
    return snn_fail(file->error, "unusable WAV file (%s): %s", file->map.path, what);
}

static bool sound_truncated(const SoundFile *file, uint64_t place)
{
    return snn_fail(file->error, "truncated (%s): %llu bytes expected, %llu found; get the file anew",
                    file->map.path, (unsigned long long)place, (unsigned long long)file->map.size);
}

/* Numbers of one byte have no sign. */
static double sound_number(const SoundFile *file, const unsigned char *at)
{
    if (file->kind == SOUND_REAL)
        return snn_bytes_real(at, file->bytes, false);
    if (file->bytes == 1)
        return ((double)at[0] - 128.0) / 128.0;
    return ldexp((double)snn_bytes_signed(at, file->bytes, false), 1 - 8 * (int)file->bytes);
}

/* ---- chunks ---------------------------------------------------------------------------------------- */

/* `fmt `, of `size` bytes. */
static bool sound_read_format(SoundFile *file, const unsigned char *at, uint64_t size)
{
    if (size < 16)
        return sound_wrong(file, "its `fmt ` chunk is too short");
    file->kind = (unsigned)snn_bytes_whole(at, 2, false);
    file->channels = (unsigned)snn_bytes_whole(at + 2, 2, false);
    file->rate = (uint32_t)snn_bytes_whole(at + 4, 4, false);
    unsigned block = (unsigned)snn_bytes_whole(at + 12, 2, false), bits = at[14] + 256u * at[15];
    if (file->kind == SOUND_EXTENDED && size >= 26)
        file->kind = (unsigned)snn_bytes_whole(at + 24, 2, false);
    file->bytes = bits / 8;
    bool known = file->kind == SOUND_WHOLE  ? bits >= 8 && bits <= 32
                 : file->kind == SOUND_REAL ? bits == 32 || bits == 64
                                            : false;
    if (!known || bits % 8 != 0)
        return snn_fail(file->error,
                        "unusable WAV file (%s): it has format %u of %u bits; write it as PCM of 16 bits",
                        file->map.path, file->kind, bits);
    if (file->channels < 1 || file->channels > SOUND_CHANNELS || block != file->channels * file->bytes)
        return snn_fail(file->error, "unusable WAV file (%s): it has %u channels in %u bytes", file->map.path,
                        file->channels, block);
    return (file->rate >= 1 && file->rate <= SNN_SOUND_RATE)
           || snn_fail(file->error, "unusable WAV file (%s): it has %u samples a second, up to %d are read",
                       file->map.path, file->rate, SNN_SOUND_RATE);
}

/* What a program wrote that could not go back has no length: then the data end with the file. */
static bool sound_read_chunk(SoundFile *file, const unsigned char *chunk, uint64_t *size)
{
    uint64_t left = file->map.size - (uint64_t)(chunk + 8 - file->map.at);
    bool data = memcmp(chunk, "data", 4) == 0;
    if (data && *size == UINT32_MAX)
        *size = left;
    if (*size > left)
        return sound_truncated(file, file->map.size - left + *size);
    if (data) {
        file->at = chunk + 8;
        file->size = *size;
    }
    return memcmp(chunk, "fmt ", 4) != 0 || sound_read_format(file, chunk + 8, *size);
}

static bool sound_read_chunks(SoundFile *file)
{
    const unsigned char *at = file->map.at;
    uint64_t place = 12, end = file->map.size;
    if (end < 12 || memcmp(at, "RIFF", 4) != 0 || memcmp(at + 8, "WAVE", 4) != 0)
        return snn_fail(file->error, "not a WAV or FLAC file (%s): it does not begin as one", file->map.path);
    while (file->at == NULL && end - place >= 8) {
        uint64_t size = snn_bytes_whole(at + place + 4, 4, false);
        if (!sound_read_chunk(file, at + place, &size))
            return false;
        uint64_t next = place + 8 + size + size % 2;
        place = next < end ? next : end;
    }
    if (file->at == NULL)
        return place < end ? sound_truncated(file, place + 8) : sound_wrong(file, "it has no `data` chunk");
    return file->bytes > 0 || sound_wrong(file, "it has no `fmt ` chunk before its data");
}

/* ---- the recording --------------------------------------------------------------------------------- */

static bool sound_take(SnnSound *sound, const SoundFile *file)
{
    uint64_t frame = (uint64_t)file->channels * file->bytes, count = file->size / frame;
    if (file->size % frame != 0)
        return sound_wrong(file, "its data end within a sample; get the file anew");
    if (count == 0)
        return snn_fail(file->error, "empty sample (%s): it has no sound; leave it out", file->map.path);
    *sound = (SnnSound){(int)file->rate, (int64_t)count, malloc(count * sizeof(float))};
    if (sound->at == NULL)
        return snn_fail(file->error, "no memory (%s): its sound", file->map.path);
    for (uint64_t i = 0; i < count; i++) {
        double sum = 0.0;
        for (unsigned k = 0; k < file->channels; k++)
            sum += sound_number(file, file->at + i * frame + k * file->bytes);
        if (!(fabs(sum) <= 1e6)) {
            snn_sound_free(sound);
            return snn_fail(file->error,
                            "unusable sound (%s): sample %llu is %g, they are to be from -1 to 1",
                            file->map.path, (unsigned long long)i, sum);
        }
        sound->at[i] = (float)(sum / (double)file->channels);
    }
    return true;
}

bool snn_sound_is_named(const char *path)
{
    static const char *const ends[] = {".wav", ".wave", ".flac"};
    const char *end = strrchr(path, '.');
    for (size_t i = 0; end != NULL && i < sizeof ends / sizeof *ends; i++)
        if (strcasecmp(end, ends[i]) == 0)
            return true;
    return false;
}

static bool sound_read_flac(SnnSound *sound, const SnnMap *map, SnnError *error)
{
    SnnFlac flac;
    if (!snn_flac_read(&flac, map, error))
        return false;
    *sound = (SnnSound){flac.rate, flac.count, flac.at};
    return true;
}

bool snn_sound_read(SnnSound *sound, const char *path, SnnError *error)
{
    SoundFile file = {.error = error};
    *sound = (SnnSound){0};
    if (!snn_map_open(&file.map, path, error))
        return false;
    bool ok = snn_flac_is(&file.map) ? sound_read_flac(sound, &file.map, error)
                                     : sound_read_chunks(&file) && sound_take(sound, &file);
    snn_map_close(&file.map);
    return ok;
}

void snn_sound_free(SnnSound *sound)
{
    free(sound->at);
    *sound = (SnnSound){0};
}
