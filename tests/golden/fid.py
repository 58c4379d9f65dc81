"""Writes fid.safetensors: Fréchet distances and Inception scores computed by NumPy and SciPy in float64.

    python -m venv golden-env && . golden-env/bin/activate
    pip install numpy==2.4.6 scipy==1.17.1 safetensors==0.8.0
    python tests/golden/fid.py

Features of 2048 dimensions are too many to store, so both sides make them by one recipe of integers, which has no
rounding. `byte` is the top byte of a 64-bit mix (the finalizer of SplitMix64: Steele, Lea & Flood 2014), read as a
number in -128..127:

    byte(stream, i, j) = (mix((stream << 48 | i << 24 | j) + 0x9e3779b97f4a7c15) >> 56) - 128

Feature j of sample i in set s (0 or 1) mixes 24 hidden factors, of which the two sets share the first 18:

    sum      = 12 * byte(40 + s, 0, j) + 160 * byte(50, 0, j) + 96 * byte(20 + s, i, j)
             + sum over r < 24 of (24 - r) * byte(10 + s, i, r) * byte(r < 18 ? 30 : 31 + s, r, j)
    feature  = max(0, sum) / 2^16, an exact float32

The distance is that of Heusel et al. 2017 with unbiased covariances. The trace of the root comes from eigenvalues of
F' S2 F with F F' = S1; where a set has fewer samples than dimensions, only as many eigenvalues are kept as the rank
can be, since the square root of rounding noise is not small. It is checked here against singular values of the
samples' product, and in the small cases against scipy.linalg.sqrtm.
"""

from pathlib import Path

import numpy as np
import scipy.linalg
from safetensors.numpy import save_file

CASES = [(3000, 2600, 2048), (400, 300, 2048), (3000, 300, 2048), (50, 60, 8), (5, 7, 16)]
FACTORS, SHARED = 24, 18


def byte(stream, rows, columns):
    i = np.arange(rows, dtype=np.uint64)[:, None]
    j = np.arange(columns, dtype=np.uint64)[None, :]
    x = (np.uint64(stream) << np.uint64(48)) | (i << np.uint64(24)) | j
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    x = x ^ (x >> np.uint64(31))
    return (x >> np.uint64(56)).astype(np.int64) - 128


def features(s, n, d):
    factors = byte(10 + s, n, FACTORS) * (FACTORS - np.arange(FACTORS))
    loadings = byte(30, FACTORS, d)
    loadings[SHARED:] = byte(31 + s, FACTORS, d)[SHARED:]
    # Products of float64 integers below 2^53 are exact and, unlike NumPy's integers, fast.
    total = (factors.astype(np.float64) @ loadings.astype(np.float64)).astype(np.int64)
    total += 12 * byte(40 + s, 1, d) + 160 * byte(50, 1, d) + 96 * byte(20 + s, n, d)
    assert np.abs(total).max() < 2**24
    return np.maximum(0, total) / 2.0**16


def trace_of_root(first, second, n1, n2):
    values, vectors = np.linalg.eigh(first)
    rank1 = min(len(first), n1 - 1)
    factor = vectors[:, -rank1:] * np.sqrt(values[-rank1:])
    roots = np.linalg.eigvalsh(factor.T @ second @ factor)
    rank = min(rank1, n2 - 1)
    return np.sqrt(roots[-rank:]).sum()


def distance(x1, x2):
    difference = x1.mean(0) - x2.mean(0)
    first, second = np.cov(x1.T), np.cov(x2.T)
    n1, n2 = len(x1), len(x2)
    result = {
        "mean_term": difference @ difference,
        "trace_a": np.trace(first),
        "trace_b": np.trace(second),
        "trace_root": trace_of_root(first, second, n1, n2),
    }
    check(result, x1, x2, first, second)
    result["value"] = result["mean_term"] + result["trace_a"] + result["trace_b"] - 2 * result["trace_root"]
    return result


def check(result, x1, x2, first, second):
    scale = result["trace_a"] + result["trace_b"]
    product = (x1 - x1.mean(0)) @ (x2 - x2.mean(0)).T / np.sqrt((len(x1) - 1) * (len(x2) - 1))
    errors = [np.abs(result["trace_root"] - scipy.linalg.svdvals(product).sum()) / scale]
    if len(first) < min(len(x1), len(x2), 100):
        errors.append(np.abs(result["trace_root"] - np.trace(scipy.linalg.sqrtm(first @ second)).real) / scale)
    print("trace of the root, relative differences:", errors)
    assert max(errors) < 1e-11


def inception_score(p):
    """exp of the mean Kullback-Leibler divergence of p(y|x) from p(y) (Salimans et al. 2016)."""
    marginal = p.mean(0)
    return np.exp(scipy.special.rel_entr(p, marginal).sum(1).mean())


def main():
    tensors = {}
    for n1, n2, d in CASES:
        x1, x2 = features(0, n1, d), features(1, n2, d)
        assert (x1.astype(np.float32) == x1).all() and (x2.astype(np.float32) == x2).all()
        result = distance(x1, x2)
        print((n1, n2, d), {name: float(value) for name, value in result.items()})
        for name, value in result.items():
            tensors[f"fid.{n1}.{n2}.{d}.{name}"] = np.array(value)

    random = np.random.Generator(np.random.PCG64(20160610))
    logits = random.normal(0.0, 3.0, (200, 10))
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    probabilities[:10] = np.eye(10)
    probabilities = probabilities.astype(np.float32)
    tensors["inception_score.probabilities"] = probabilities
    tensors["inception_score.value"] = np.array(inception_score(probabilities.astype(np.float64)))
    print("inception score", tensors["inception_score.value"])
    save_file(tensors, Path(__file__).with_suffix(".safetensors"))


if __name__ == "__main__":
    main()
