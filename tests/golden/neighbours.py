"""Writes neighbours.safetensors: what metrics of nearest neighbours are by other people's code.

    python -m venv golden-env && . golden-env/bin/activate
    pip install torch==2.15.0 torch-fidelity==0.4.0 prdc==0.2 scikit-learn==1.9.1 scipy==1.17.1 numpy==2.4.6 safetensors==0.8.0
    python tests/golden/neighbours.py

Per case the file holds features of the reference and the samples, and for some k: precision and recall of torch-fidelity
(`<=`), density and coverage of prdc (`<`). Both are held to counts over distances that SciPy sums directly in float64 (within
1e-7 and 1e-12, since torch-fidelity returns float32), and torch-fidelity in float32 as well as float64, so no stored number hangs
on a rounding. In `ties` all features are small integers, so that duplicates and equal distances are exact everywhere.

`prd.*`: curves of three pairs of histograms by the authors' formulas (Sajjadi et al. 2018, code of 2018: slopes tan(linspace(1e-10, pi/2 -
1e-10, 1001)), F scores with 1e-10 in the denominator), and for two mixtures the same after scikit-learn's MiniBatchKMeans, which
is the authors' clustering, averaged over 100 runs.

`memorization.*`: authenticity as dgm-eval (74c79f7) defines it in authpct.py and the z of ct.py's Zu, here by NumPy and SciPy's
mannwhitneyu.
"""

import contextlib
import io
from pathlib import Path

import numpy as np
import torch
from prdc import compute_prdc
from safetensors.numpy import save_file
from scipy.spatial.distance import cdist
from scipy.stats import mannwhitneyu
from sklearn.cluster import MiniBatchKMeans
from torch_fidelity.metric_prc import calculate_precision_recall_full

random = np.random.Generator(np.random.PCG64(20190412))


def normal(count, d, scale=1.0, shift=0.0):
    return (shift + scale * random.normal(size=(count, d))).astype(np.float32)


def rectified(count, d, scale):
    mix = np.random.Generator(np.random.PCG64(1)).normal(size=(6, d))
    return np.maximum(0.0, 0.4 + scale * (random.normal(size=(count, 6)) @ mix)).astype(np.float32)


def cases():
    same = normal(90, 8)
    modes = normal(4, 8)
    yield "normal", normal(300, 12), normal(260, 12, 0.9, 0.1), [1, 3, 5, 10]
    yield "rectified", rectified(280, 40, 0.1), rectified(300, 40, 0.12), [3, 5]
    yield "ties", *(random.integers(0, 3, (n, 5)).astype(np.float32) for n in (220, 180)), [1, 3, 5, 10]
    yield "collapse", normal(200, 8), modes[random.integers(0, 4, 150)], [3, 5]
    yield "far", normal(40, 6), normal(50, 6, 1.0, 1000.0), [3, 5]
    yield "identical", same, same.copy(), [3, 5]


def squared(a, b):
    return cdist(a.astype(np.float64), b.astype(np.float64), "sqeuclidean")


def radii(x, k):
    distances = squared(x, x)
    np.fill_diagonal(distances, np.inf)
    return np.sort(distances, axis=1)[:, k - 1]


def direct(reference, samples, k):
    between = squared(reference, samples)
    of_reference, of_samples = radii(reference, k)[:, None], radii(samples, k)[None, :]
    return {
        "precision": (between <= of_reference).any(0).mean(),
        "recall": (between <= of_samples).any(1).mean(),
        "density": (between < of_reference).sum() / (k * len(samples)),
        "coverage": (between < of_reference).any(1).mean(),
    }


def peers(name, reference, samples, k):
    by_type = [
        calculate_precision_recall_full(torch.tensor(samples, dtype=t), torch.tensor(reference, dtype=t), k)
        for t in (torch.float64, torch.float32)
    ]
    exact = direct(reference, samples, k)
    for precision, recall in by_type:
        assert np.isclose(precision, exact["precision"], rtol=0, atol=1e-7), (name, k, precision, exact)
        assert np.isclose(recall, exact["recall"], rtol=0, atol=1e-7), (name, k, recall, exact)
    with contextlib.redirect_stdout(io.StringIO()):
        theirs = compute_prdc(reference.astype(np.float64), samples.astype(np.float64), k)
    differ = [n for n in ("density", "coverage") if not np.isclose(theirs[n], exact[n], rtol=0, atol=1e-12)]
    print(name, k, {n: float(v) for n, v in exact.items()}, "torch-fidelity", by_type, "prdc", theirs)
    assert not differ
    return exact


def curve(p, q, angles=1001, epsilon=1e-10):
    slopes = np.tan(np.linspace(epsilon, np.pi / 2 - epsilon, num=angles))
    precision = np.minimum(np.outer(slopes, p), q).sum(1)
    return precision.clip(0, 1), (precision / slopes).clip(0, 1)


def f_score(precision, recall, beta):
    return np.max((1 + beta**2) * precision * recall / (beta**2 * precision + recall + 1e-10))


def f_scores(precision, recall):
    return np.array([f_score(precision, recall, 8), f_score(precision, recall, 1 / 8)])


def clustered(reference, samples, runs, clusters=20):
    curves = []
    for run in range(runs):
        means = MiniBatchKMeans(n_clusters=clusters, n_init=10, random_state=run)
        labels = means.fit(np.vstack([samples, reference]).astype(np.float64)).labels_
        shares = [np.bincount(part, minlength=clusters) / len(part) for part in np.split(labels, [len(samples)])]
        curves.append(curve(shares[1], shares[0]))
    return f_scores(*np.mean(curves, axis=0))


def memorization(train, samples, held_back):
    among, to_train, of_held = squared(train, train), squared(samples, train), squared(held_back, train)
    np.fill_diagonal(among, np.inf)
    nearest = to_train.argmin(1)
    distance = to_train.min(1)
    u = mannwhitneyu(np.sqrt(distance), np.sqrt(of_held.min(1)), alternative="less").statistic
    n, m = len(samples), len(held_back)
    return {
        "authenticity": (among.min(1)[nearest] < distance).mean(),
        "data_copying": (u - (n * m / 2 - 0.5)) / np.sqrt(n * m * (n + m + 1) / 12),
        "copies": (distance == 0).mean(),
        "distance_to_train": np.median(np.sqrt(distance)),
        "distance_to_reference": np.median(np.sqrt(squared(samples, held_back).min(1))),
    }


def main():
    tensors = {}
    for name, reference, samples, ks in cases():
        tensors[f"{name}.reference"], tensors[f"{name}.samples"] = reference, samples
        for k in ks:
            for metric, value in peers(name, reference, samples, k).items():
                tensors[f"{name}.{k}.{metric}"] = np.array(value, dtype=np.float64)

    for index, empty in enumerate([0, 3, 12]):
        p, q = random.dirichlet(np.ones(20)), random.dirichlet(np.full(20, 0.3))
        p[:empty], q[20 - empty :] = 0, 0
        p, q = p / p.sum(), q / q.sum()
        tensors[f"prd.histogram.{index}.reference"], tensors[f"prd.histogram.{index}.samples"] = p, q
        tensors[f"prd.histogram.{index}.f"] = f_scores(*curve(p, q))
        tensors[f"prd.histogram.{index}.precision"] = curve(p, q)[0][::50].copy()
        tensors[f"prd.histogram.{index}.recall"] = curve(p, q)[1][::50].copy()
        print("histogram", index, tensors[f"prd.histogram.{index}.f"])

    modes = normal(10, 6, 4.0)
    mixture = lambda of, n: (modes[random.integers(0, of, n)] + normal(n, 6, 0.7)).astype(np.float32)
    reference, samples = mixture(10, 500), mixture(6, 500)
    tensors["prd.mixture.reference"], tensors["prd.mixture.samples"] = reference, samples
    tensors["prd.mixture.f"] = clustered(reference, samples, 100)
    print("mixture", tensors["prd.mixture.f"], "of ten runs", clustered(reference, samples, 10))

    train, held_back = normal(160, 10), normal(120, 10)
    samples = np.concatenate([train[:9], train[20:60] + normal(40, 10, 0.3), normal(60, 10)])
    for name, value in memorization(train, samples, held_back).items():
        tensors[f"memorization.{name}"] = np.array(value, dtype=np.float64)
        print(name, value)
    tensors |= {"memorization.train": train, "memorization.samples": samples, "memorization.reference": held_back}
    save_file(tensors, Path(__file__).with_suffix(".safetensors"))


if __name__ == "__main__":
    main()
