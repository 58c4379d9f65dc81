#!/usr/bin/env python3
"""Small files of published sets in the forms in which they are distributed, and the arrays that they hold.

Made by Python 3 with NumPy, and by a pickler that writes as Python 2 did:

    python tests/golden/published_sets.py     # NumPy 2.x, safetensors

Writes, into `published_sets/` beside this script:

- `cifar10.bin`: six labelled images in the binary form of CIFAR-10;
- `cifar10.python2`: the same as Python 2's cPickle writes a batch in protocol 2, as the distributed files are: text is
  bytes, NumPy is `numpy.core`;
- `cifar10.python3` and `cifar10.python3-protocol4`: the same by Python 3;
- `cifar10-names.python2`: `batches.meta`;
- `stl10-images.bin`, `stl10-labels.bin`: two labelled images in the binary form of STL-10, columns first;
- `arrays.safetensors`: the images as [n, h, w, c], the labels from 0, and the images of STL-10 at 48 x 48.
"""

import pickle
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
OUT = Path(__file__).parent / "published_sets"


class Python2Pickler(pickle._Pickler):
    """Writes protocol 2 as Python 2 does: str and bytes as BINSTRING, modules by their old names."""

    dispatch = dict(pickle._Pickler.dispatch)

    def __init__(self, file):
        super().__init__(file, protocol=2)

    def save_string(self, value):
        value = value.encode() if isinstance(value, str) else value
        if len(value) < 256:
            self.write(pickle.SHORT_BINSTRING + bytes([len(value)]) + value)
        else:
            self.write(pickle.BINSTRING + len(value).to_bytes(4, "little") + value)
        self.write(self.put(len(self.memo)))
        self.memo[id(value)] = len(self.memo), value

    dispatch[str] = save_string
    dispatch[bytes] = save_string

    def save_global(self, value, name=None):
        module = {"numpy._core.multiarray": "numpy.core.multiarray"}.get(value.__module__, value.__module__)
        name = name or value.__qualname__
        self.write(pickle.GLOBAL + f"{module}\n{name}\n".encode())
        self.memoize(value)

    dispatch[type] = save_global
    dispatch[type(np.array)] = save_global
    dispatch[type(len)] = save_global
    dispatch[type(lambda: 0)] = save_global


def main():
    OUT.mkdir(exist_ok=True)
    random = np.random.default_rng(10)
    planes = random.integers(0, 256, (6, 3072), dtype=np.uint8)
    labels = [6, 9, 9, 4, 1, 1]
    rows = b"".join(bytes([label]) + image.tobytes() for label, image in zip(labels, planes))
    (OUT / "cifar10.bin").write_bytes(rows)
    batch = {
        "batch_label": "training batch 1 of 5",
        "labels": labels,
        "data": planes,
        "filenames": [f"{CLASSES[label]}_s_{index:06}.png" for index, label in enumerate(labels)],
    }
    with open(OUT / "cifar10.python2", "wb") as file:
        Python2Pickler(file).dump(batch)
    assert b"numpy.core.multiarray" in (OUT / "cifar10.python2").read_bytes()
    as_bytes = {key.encode(): value for key, value in batch.items()}
    (OUT / "cifar10.python3").write_bytes(pickle.dumps(as_bytes, protocol=2))
    (OUT / "cifar10.python3-protocol4").write_bytes(pickle.dumps(batch, protocol=4))
    for name in ["cifar10.python2", "cifar10.python3", "cifar10.python3-protocol4"]:
        again = pickle.loads((OUT / name).read_bytes(), encoding="bytes")
        data = again.get("data", again.get(b"data"))
        assert (data == planes).all(), name
    with open(OUT / "cifar10-names.python2", "wb") as file:
        names = {"num_cases_per_batch": 10000, "label_names": CLASSES, "num_vis": 3072}
        Python2Pickler(file).dump(names)

    columns = random.integers(0, 256, (2, 3, 96, 96), dtype=np.uint8)  # [n, c, w, h]
    (OUT / "stl10-images.bin").write_bytes(columns.tobytes())
    (OUT / "stl10-labels.bin").write_bytes(bytes([10, 1]))
    upright = columns.transpose(0, 3, 2, 1)
    means = upright.astype(np.float32).reshape(2, 48, 2, 48, 2, 3).mean(axis=(2, 4))
    arrays = {
        "cifar10.images": planes.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1),
        "cifar10.labels": np.array(labels, dtype=np.uint8),
        "stl10.images": upright,
        "stl10.images48": np.rint(means).astype(np.uint8),
        "stl10.labels": np.array([9, 0], dtype=np.uint8),
    }
    save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, OUT / "arrays.safetensors")


if __name__ == "__main__":
    main()
