"""Writes the recorded files of spikes beside it, with h5py and PyTables, in the ways in which people write them."""
import os
import h5py
import numpy as np
import tables

here = os.path.dirname(os.path.abspath(__file__))
TIMES = [[0.0, 0.25, 0.5], [0.0625, 0.0625, 0.125, 0.75, 1.0], [0.375, 3.0]]
UNITS = [[0, 9, 4], [1, 1, 8, 3, 2], [7, 5]]
LABELS = [2, 0, 1]


def rows(group, name, values, kind, **how):
    made = group.create_dataset(name, (len(values),), dtype=h5py.vlen_dtype(kind), **how)
    for i, row in enumerate(values):
        made[i] = np.array(row, dtype=kind)


def write(name, times="<f2", units="<u2", labels="<u2", libver=None, of_times=TIMES, of_units=UNITS, of_labels=LABELS, **how):
    with h5py.File(os.path.join(here, name), "w", libver=libver) as file:
        spikes = file.create_group("spikes")
        rows(spikes, "times", of_times, times, **how)
        rows(spikes, "units", of_units, units, **how)
        if isinstance(of_labels[0], list):
            return rows(file, "labels", of_labels, labels)
        file.create_dataset("labels", data=np.array(of_labels, dtype=labels), fletcher32="compression" in how, **how)


write("h5py.h5")
write("latest.h5", libver="latest")
write("packed.h5", times=">f8", units=">i4", labels=">i8", chunks=(2,), compression="gzip", shuffle=True)
write("floats.h5", times="<f4", units="<i8", labels="u1", chunks=(2,))
write("empty.h5", of_times=[[], [0.5]], of_units=[[], [3]], of_labels=[0, 1])
write("typed.h5", labels="S2")
write("steps.h5", labels="<i2", of_labels=[[2, -1, 0], [], [1, 1, 1, 1, 1, 1, 0, 2]])
PLANE = np.array([[2, -1, 0, -1, -1, -1, -1, -1], [-1] * 8, [1, 1, 1, 1, 1, 1, 0, 2]])
for name, kind, how in (("plane.h5", "<i2", {}),
                        ("packed_plane.h5", ">i8", {"chunks": (2, 3), "compression": "gzip", "shuffle": True, "fletcher32": True})):
    write(name)
    with h5py.File(os.path.join(here, name), "a") as file:
        del file["labels"]
        file.create_dataset("labels", data=PLANE.astype(kind), **how)
with h5py.File(os.path.join(here, "even.h5"), "w") as file:
    file["spikes/times"] = np.array([[0.0, 0.25], [0.125, 0.75], [0.375, 3.0]], dtype="<f4")
    file.create_dataset("spikes/units", data=np.array([[0, 9], [1, 3], [7, 5]], dtype="u1"), chunks=(2, 1), compression="gzip")
    file["labels"] = np.zeros((3, 0), dtype="u1")
write("speakers.h5")
with h5py.File(os.path.join(here, "speakers.h5"), "a") as file:
    file["extra/speaker"] = np.array([4, 5, 4], dtype="<u2")
    file["extra/day"] = np.array([3, 1, 2], dtype="<i8")
    file["extra/few"] = np.array([4, 5], dtype="<u2")
    file["extra/cube"] = np.zeros((3, 2, 2), dtype="u1")
with tables.open_file(os.path.join(here, "pytables.h5"), "w") as file:
    spikes = file.create_group("/", "spikes")
    for name, atom, values in (("times", tables.Float16Atom(), TIMES), ("units", tables.UInt16Atom(), UNITS)):
        array = file.create_vlarray(spikes, name, atom, chunkshape=2)
        for row in values:
            array.append(np.array(row, dtype=atom.dtype))
    file.create_array("/", "labels", np.array(LABELS, dtype=np.uint16))
