"""Checkpoints of trainers are safetensors files: checkpoint.py FILE lists what is in one, with NumPy alone.
With `pip install safetensors`, `safetensors.numpy.load_file(path)` is the same."""
import json, sys
import numpy as np

TYPES = {"F32": np.float32, "F64": np.float64, "I64": np.int64, "I32": np.int32, "U32": np.uint32, "U8": np.uint8}


def load(path):
    """Arrays by name: parameters as the model calls them, [outputs, inputs]; behind `optim.` what the optimizer keeps."""
    data = open(path, "rb").read()
    begin = 8 + int.from_bytes(data[:8], "little")
    arrays = {}
    for name, about in json.loads(data[8:begin]).items():
        if name != "__metadata__":  # of the training, as texts
            first, end = about["data_offsets"]
            values = np.frombuffer(data[begin + first:begin + end], TYPES[about["dtype"]])
            arrays[name] = values.reshape(about["shape"])
    return arrays


if __name__ == "__main__":
    for name, array in load(sys.argv[1]).items():
        print(name, list(array.shape))
