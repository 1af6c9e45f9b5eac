"""A network as a library, called by ctypes: predict.py LIBRARY HEADER FOLDER predicts the test set in the folder (IDX files)."""
import ctypes, gzip, os, re, sys
import numpy as np


class Network:
    """What `snnc --infer -o libNAME.so` writes; the header says how large all is."""

    def __init__(self, library, header):
        macros = re.findall(r"#define ([A-Z0-9_]+?)_(STEPS|INPUTS|OUTPUTS|STATE_BYTES) (\d+)", open(header).read())
        size = {name: int(number) for _, name, number in macros}
        self.shape = (size["STEPS"], size["INPUTS"])
        self.run = getattr(ctypes.CDLL(os.path.abspath(library)), macros[0][0].lower() + "_run")
        self.run.argtypes = (ctypes.c_void_p, np.ctypeslib.ndpointer(np.float32, 2, self.shape, "C"), ctypes.c_void_p)
        self.state = np.zeros(size["STATE_BYTES"], np.uint8)  # of one sample at a time: any number of states may be
        self.out = np.zeros(1, [("predicted", np.int32), ("scores", np.float32, size["OUTPUTS"])])

    def __call__(self, sample):
        if self.run(self.state.ctypes.data, sample, self.out.ctypes.data) != 0:
            raise ValueError("not what the network takes")
        return int(self.out["predicted"][0]), self.out["scores"][0].copy()


def read(path, header):
    packed = os.path.exists(path + ".gz")
    data = gzip.open(path + ".gz").read() if packed else open(path, "rb").read()
    return np.frombuffer(data, np.uint8, offset=header)


if __name__ == "__main__":
    network = Network(sys.argv[1], sys.argv[2])
    labels = read(sys.argv[3] + "/t10k-labels-idx1-ubyte", 8)
    images = read(sys.argv[3] + "/t10k-images-idx3-ubyte", 16).reshape(-1, *network.shape)
    right = sum(network(image / np.float32(255))[0] == label for image, label in zip(images, labels))
    print(f"test accuracy: {right / len(labels):.4f}")
