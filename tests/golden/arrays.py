"""Writes arrays/: small files of arrays as NumPy writes them.

    python -m venv golden-env && . golden-env/bin/activate
    pip install numpy==2.4.6 scipy==1.17.1
    python tests/golden/arrays.py

Number i of an array of reals, in the order in which the last axis moves fastest, is (i - 5) / 4, which every type holds exactly;
number i of an array of bytes is 7 i modulo 256.

version_1.npy ... version_3.npy   [3, 2] float32, in each version of the format
f2.npy f8.npy                     [3, 2] float16 and float64
big_f2.npy big_f4.npy big_f8.npy  [3, 2], the highest byte first
fortran.npy big_fortran.npy       [3, 2] with the first axis fastest, float64, and float32 with the highest byte first
column.npy                        [4, 1], where both orders are one
cube.npy                          [2, 3, 4] float32 with the first axis fastest
scalar.npy empty.npy              [] and [0, 3] float32
channels_last.npy                 [3, 4, 5, 3] bytes
channels_first.npy                [3, 3, 4, 5] bytes, the same images
grey.npy                          [3, 4, 5] bytes
whole.npy flags.npy               [2, 3] int64 and [2] bool
objects.npy structured.npy complex.npy text.npy   what is refused
stored.npz packed.npz             features [3, 2] float64 and other [2] float32; the second is compressed
single.npz unnamed.npz            one array by name; two by position
statistics.npz packed_statistics.npz  mu [4] and sigma [4, 4] float64 of the rows of moments_of.npy
mean_alone.npz                        mu alone
moments_of.npy others.npy         [9, 4] and [12, 4] float32
logits.npy                        [12, 4] float32
expected.json                     fid and kid of moments_of.npy and others.npy, and inception_score of logits.npy
"""

import json
from pathlib import Path

import numpy as np
import scipy

FOLDER = Path(__file__).with_suffix("")


def reals(shape, kind="<f4"):
    count = int(np.prod(shape))
    return ((np.arange(count) - 5) / 4).reshape(shape).astype(kind)


def pixels(shape):
    count = int(np.prod(shape))
    return (np.arange(count) * 7 % 256).reshape(shape).astype(np.uint8)


def arrays_alone():
    for version in (1, 2, 3):
        with open(FOLDER / f"version_{version}.npy", "wb") as file:
            np.lib.format.write_array(file, reals((3, 2)), version=(version, 0))
    images = pixels((3, 4, 5, 3))
    alone = {
        "f2": reals((3, 2), "<f2"),
        "f8": reals((3, 2), "<f8"),
        "big_f2": reals((3, 2), ">f2"),
        "big_f4": reals((3, 2), ">f4"),
        "big_f8": reals((3, 2), ">f8"),
        "fortran": np.asfortranarray(reals((3, 2), "<f8")),
        "big_fortran": np.asfortranarray(reals((3, 2), ">f4")),
        "column": np.asfortranarray(reals((4, 1))),
        "cube": np.asfortranarray(reals((2, 3, 4))),
        "scalar": reals(()),
        "empty": np.zeros((0, 3), np.float32),
        "channels_last": images,
        "channels_first": np.ascontiguousarray(images.transpose(0, 3, 1, 2)),
        "grey": pixels((3, 4, 5)),
        "whole": np.arange(6).reshape(2, 3),
        "flags": np.array([True, False]),
        "structured": np.zeros(2, [("mu", "<f4"), ("sigma", "<f8")]),
        "complex": reals((2, 2)).astype("<c8"),
        "text": np.array(["real", "generated"]),
        "moments_of": moments_of(),
        "others": others(),
        "logits": logits(),
    }
    for name, array in alone.items():
        np.save(FOLDER / f"{name}.npy", array)
    np.save(FOLDER / "objects.npy", np.array([{"mu": 1}, None], dtype=object), allow_pickle=True)


def moments_of():
    rows, columns = np.arange(9)[:, None], np.arange(4)
    return ((rows * 5 + columns * 7 + rows * columns) % 11 / 4).astype(np.float32)


def others():
    rows, columns = np.arange(12)[:, None], np.arange(4)
    return ((rows * 3 + columns * 5 + rows * rows * (columns + 1)) % 13 / 4).astype(np.float32)


def logits():
    rows, columns = np.arange(12)[:, None], np.arange(4)
    return ((rows * 5 + columns * 3 + rows * columns) % 7 / 2).astype(np.float32)


def expected():
    """The distance with SciPy's root; the kernel distance by a sum over pairs; the score over all logits at once."""
    a, b = moments_of().astype(np.float64), others().astype(np.float64)
    covariances = [np.cov(one, rowvar=False) for one in (a, b)]
    root = scipy.linalg.sqrtm(covariances[0] @ covariances[1]).real
    fid = np.sum((a.mean(0) - b.mean(0)) ** 2) + np.trace(covariances[0] + covariances[1] - 2 * root)
    kernel = lambda x, y: (x @ y / 4 + 1) ** 3
    pairs = lambda x: np.mean([kernel(p, q) for i, p in enumerate(x) for j, q in enumerate(x) if i != j])
    kid = pairs(a) + pairs(b) - 2 * np.mean([kernel(p, q) for p in a for q in b])
    probabilities = scipy.special.softmax(logits().astype(np.float64), axis=1)
    divergence = probabilities * (np.log(probabilities) - np.log(probabilities.mean(0)))
    score = np.exp(divergence.sum(1).mean())
    return {"fid": fid, "kid": kid, "inception_score": score}


def archives():
    two = {"features": reals((3, 2), "<f8"), "other": reals((2,))}
    np.savez(FOLDER / "stored.npz", **two)
    np.savez_compressed(FOLDER / "packed.npz", **two)
    np.savez(FOLDER / "single.npz", images=pixels((3, 4, 5, 3)))
    np.savez(FOLDER / "unnamed.npz", reals((3, 2)), reals((2,)))
    features = moments_of()
    statistics = {"mu": np.mean(features, axis=0, dtype=np.float64), "sigma": np.cov(features, rowvar=False)}
    np.savez(FOLDER / "statistics.npz", **statistics)
    np.savez_compressed(FOLDER / "packed_statistics.npz", **statistics)
    np.savez(FOLDER / "mean_alone.npz", mu=statistics["mu"])


FOLDER.mkdir(exist_ok=True)
arrays_alone()
archives()
(FOLDER / "expected.json").write_text(json.dumps(expected(), indent=1) + "\n")
