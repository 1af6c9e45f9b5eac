"""Writes the files beside it: see README.md. Run with an empty argument list by a Python that has NumPy, where libsndfile is."""
import ctypes
import ctypes.util
import os

import numpy as np

here = os.path.dirname(os.path.abspath(__file__))
library = ctypes.CDLL(ctypes.util.find_library("sndfile"))
library.sf_open.restype = ctypes.c_void_p

RATE, COUNT = 8000, 400
WAV, WAVEX, FLAC = 0x010000, 0x130000, 0x170000
S16, S24, S32, U8, FLOAT, DOUBLE, ULAW = 2, 3, 4, 5, 6, 7, 0x10

# Whole numbers of 8 bits, so that all types hold them: a chirp.
time = np.arange(COUNT) / RATE
wave = np.round(100 * np.sin(2 * np.pi * (300 + 20000 * time) * time)).astype(np.int64)


class Info(ctypes.Structure):
    _fields_ = [("frames", ctypes.c_int64), ("rate", ctypes.c_int), ("channels", ctypes.c_int),
                ("format", ctypes.c_int), ("sections", ctypes.c_int), ("seekable", ctypes.c_int)]


def write(name, kind, channels):
    data = np.stack(channels, 1)
    real = kind & 0xFFFF in (FLOAT, DOUBLE)
    data = np.ascontiguousarray(data / 128 if real else (data << 24).astype(np.int32))
    info = Info(0, RATE, len(channels), kind, 0, 0)
    file = library.sf_open(os.path.join(here, name).encode(), 0x20, ctypes.byref(info))
    assert file, name
    file = ctypes.c_void_p(file)
    library.sf_command(file, 0x1050, None, 0)  # SFC_SET_ADD_PEAK_CHUNK: it has the time in it
    put = library.sf_writef_double if real else library.sf_writef_int
    put(file, data.ctypes.data_as(ctypes.c_void_p), ctypes.c_int64(len(data)))
    library.sf_close(file)


def mel(hertz):
    return 1127 * np.log(1 + hertz / 700)


def bands(samples, steps, hop, window, size, count, low, high):
    """As the language's reference says it, in double precision."""
    tops = 700 * (np.exp(np.linspace(mel(low), mel(high), count + 2) / 1127) - 1)
    hertz = np.arange(size // 2 + 1) * RATE / size
    rise = (hertz - tops[:-2, None]) / (tops[1:-1] - tops[:-2])[:, None]
    fall = (tops[2:, None] - hertz) / (tops[2:] - tops[1:-1])[:, None]
    weights = np.maximum(0, np.minimum(rise, fall))
    taper = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    padded = np.concatenate([np.zeros(window), samples, np.zeros(steps * hop)])
    frames = [padded[(i + 1) * hop:(i + 1) * hop + window] * taper for i in range(steps)]
    power = np.abs(np.fft.rfft(frames, size)) ** 2
    return np.log(1e-6 + power @ weights.T)


def delta(features):
    count = len(features)
    index = np.arange(count)
    slope = sum(k * (features[np.minimum(index + k, count - 1)] - features[np.maximum(index - k, 0)]) for k in range(1, 5))
    return slope / 60


for name, kind in [("u8", WAV | U8), ("s16", WAV | S16), ("s24", WAV | S24), ("s32", WAV | S32), ("f32", WAV | FLOAT),
                   ("f64", WAV | DOUBLE), ("extensible", WAVEX | S24), ("ulaw", WAV | ULAW)]:
    write(name + ".wav", kind, [wave])
write("stereo.wav", WAV | S16, [wave, -wave // 2])
write("s16.flac", FLAC | S16, [wave])
write("s24.flac", FLAC | S24, [wave])
# Long enough that the channels are coded by their difference, with noise; silence; and what cannot be predicted.
long = np.arange(9000) / RATE
random = np.random.default_rng(1)
left = np.round(100 * np.sin(2 * np.pi * 440 * long) + random.normal(0, 4, 9000)).astype(np.int64)
right = left + random.integers(-2, 3, 9000)
left[4096:8192], right[4096:8192] = 0, random.integers(-128, 128, 4096)
for end, kind in [("wav", WAV | S16), ("flac", FLAC | S16)]:
    write("long." + end, kind, [np.clip(left, -128, 127), np.clip(right, -128, 127)])

static = bands(wave / 128, 6, 80, 200, 256, 8, 20.0, 4000.0)
slope = delta(static)
with open(os.path.join(here, "bands.txt"), "w") as file:
    for row in np.stack([static, slope, delta(slope)], 2).reshape(-1, 3):
        file.write(" ".join("%.9g" % number for number in row) + "\n")
