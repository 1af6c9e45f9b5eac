"""Writes the files beside it: see README.md."""
import os

import numpy as np
from numpy.lib import format as npy

here = os.path.dirname(os.path.abspath(__file__))
SAMPLES = np.arange(12).reshape(3, 4)
LABELS = np.array([2, 0, 1])


def write(name, array, version=None):
    with open(os.path.join(here, name), "wb") as file:
        npy.write_array(file, array, version=version)


for kind in ["u1", "i1", "<i2", ">u2", "<i4", ">i8", "<f2", ">f4", "<f8"]:
    write(kind.replace("<", "little_").replace(">", "big_") + ".npy", SAMPLES.astype(kind))
write("bool.npy", SAMPLES % 2 == 0)
write("version2.npy", SAMPLES.astype("<f4"), (2, 0))
write("version3.npy", SAMPLES.astype("<f4"), (3, 0))
write("fortran.npy", np.asfortranarray(SAMPLES))
write("objects.npy", np.array([[1, "a"], [2, "b"]], dtype=object))
write("records.npy", np.zeros(3, dtype=[("x", "<f4"), ("y", "<i4")]))
write("text.npy", np.array(["a", "b", "c"]))
write("complex.npy", SAMPLES.astype("<c8"))
arrays = {"x": SAMPLES.astype("<f4"), "y": LABELS, "samples": SAMPLES.astype("<f4"), "labels": LABELS, "targets": LABELS / 2}
speakers = np.array(["theo", "Zoë", "theo"])
np.savez(os.path.join(here, "plain.npz"), **arrays)
np.savez_compressed(os.path.join(here, "packed.npz"), **arrays)
np.savez(os.path.join(here, "speakers.npz"), speaker=speakers, initial=speakers.astype(">U1"), day=np.array([3, 1, 2], dtype=">i2"),
         byte=np.array([b"a", b"bc", b"a"]), two=np.zeros((3, 2)), **arrays)
np.savez(os.path.join(here, "whole.npz"), x_train=arrays["x"], y_train=LABELS, x_test=arrays["x"][:2], y_test=LABELS[:2])
