"""Writes distances.safetensors: Fréchet and kernel distances, Inception scores and a fitted line by other programs' own code.

    python -m venv golden-env && . golden-env/bin/activate
    pip install torch==2.15.0 numpy==2.4.6 scipy==1.17.1 safetensors==0.8.0 torchvision==0.29.2
    pip install torch-fidelity==0.4.0 pytorch-fid==0.3.0 torchmetrics==1.9.0
    python tests/golden/distances.py

Features are those of fid.py over 8, 2048 a sample and as large as Inception-v3's: none is negative, half of them are 0, the
mean is 0.29 and the standard deviation 0.42. The other programs get them as float64, so that what differs is arithmetic
and not how features are stored; how far their own float32 is from that is printed, and stored as `*.float32`.

Logits of image i, by `byte` of fid.py, favour one class, each class by as many images in a row:

    logit j of image i = byte(60, i, j) / 64 + (6 if j == 7 * (i // 5) mod classes else 0)

Subsets and orders are drawn by the other programs' generators. Which rows they took is stored, and this program gets them.
"""

import contextlib
import io
from pathlib import Path

import numpy as np
import scipy.stats
import torch
from pytorch_fid.fid_score import calculate_frechet_distance
from safetensors.numpy import save_file
from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
from torch_fidelity.metric_isc import isc_features_to_metric
from torch_fidelity.metric_kid import kernel_mmd, kid_features_to_metric
from torchmetrics.image.fid import _compute_fid
from torchmetrics.image.inception import InceptionScore
from torchmetrics.image.kid import poly_mmd

from fid import byte, features

FID_CASES = [(3000, 2600, 2048), (900, 800, 192), (500, 600, 64)]
KID_SAMPLES, KID_SUBSETS, KID_SIZE = 700, 8, 250
CLASSES, IMAGES, SPLITS, SEED = 1008, 503, 10, 2020


def inception_like(s, n, d):
    return torch.from_numpy(features(s, n, d) / 8)


def fid(tensors):
    for n1, n2, d in FID_CASES:
        x1, x2 = inception_like(0, n1, d), inception_like(1, n2, d)
        by_fidelity = lambda a, b: fid_statistics_to_metric(*map(fid_features_to_statistics, (a, b)), False)
        name = f"fid.{n1}.{n2}.{d}"
        fidelity = by_fidelity(x1, x2)["frechet_inception_distance"]
        float32 = by_fidelity(x1.float(), x2.float())["frechet_inception_distance"]
        statistics = [(x.numpy().mean(0), np.cov(x.numpy(), rowvar=False)) for x in (x1, x2)]
        pytorch_fid = calculate_frechet_distance(*statistics[0], *statistics[1])
        torchmetrics = _compute_fid(*(torch.from_numpy(part) for pair in statistics for part in pair)).item()
        found = {"torch_fidelity": fidelity, "pytorch_fid": pytorch_fid, "torchmetrics": torchmetrics}
        print(name, found, "torch-fidelity in float32:", float32)
        tensors.update({f"{name}.{peer}": np.array(value) for peer, value in found.items()})
        tensors[f"{name}.torch_fidelity.float32"] = np.array(float32)


def kid(tensors):
    x1, x2 = inception_like(0, KID_SAMPLES, 2048), inception_like(1, KID_SAMPLES, 2048)
    kernel = dict(kid_kernel="poly", kid_kernel_poly_degree=3, kid_kernel_poly_gamma=None, kid_kernel_poly_coef0=1.0)
    settings = dict(kid_subsets=KID_SUBSETS, kid_subset_size=KID_SIZE, rng_seed=SEED, verbose=False, **kernel)
    generator = np.random.RandomState(SEED)
    rows = [[generator.choice(KID_SAMPLES, KID_SIZE, replace=False) for _ in range(2)] for _ in range(KID_SUBSETS)]
    fidelity = kid_features_to_metric(x1, x2, **settings)
    float32 = kid_features_to_metric(x1.float(), x2.float(), **settings)["kernel_inception_distance_mean"]
    again = [kernel_mmd(x1.numpy()[i], x2.numpy()[j], **kernel) for i, j in rows]
    assert np.mean(again) == fidelity["kernel_inception_distance_mean"]
    torchmetrics = torch.stack([poly_mmd(x1[i], x2[j]) for i, j in rows])
    tensors["kid.rows"] = np.array(rows, dtype=np.uint16)
    tensors["kid.torch_fidelity.mean"] = np.array(fidelity["kernel_inception_distance_mean"])
    tensors["kid.torch_fidelity.standard_deviation"] = np.array(fidelity["kernel_inception_distance_std"])
    tensors["kid.torch_fidelity.float32"] = np.array(float32)
    tensors["kid.torchmetrics.mean"] = np.array(torchmetrics.mean().item())
    tensors["kid.torchmetrics.standard_deviation"] = np.array(torchmetrics.std(correction=0).item())
    tensors["kid.torch_fidelity.whole"] = np.array(kernel_mmd(x1.numpy(), x2.numpy(), **kernel))
    print({name: tensor.item() for name, tensor in tensors.items() if name.startswith("kid") and tensor.size == 1})


def logits():
    values = byte(60, IMAGES, CLASSES) / 64.0
    values[np.arange(IMAGES), 7 * (np.arange(IMAGES) // 5) % CLASSES] += 6
    return values


class Given(torch.nn.Module):
    """An extractor that gives what it gets."""

    def forward(self, x):
        return x


def inception_score(tensors):
    values = torch.from_numpy(logits())
    for name, shuffle in (("in_order", False), ("shuffled", True)):
        found = isc_features_to_metric(values.float(), SPLITS, shuffle, SEED)
        tensors[f"isc.torch_fidelity.{name}.mean"] = np.array(found["inception_score_mean"])
        tensors[f"isc.torch_fidelity.{name}.standard_deviation"] = np.array(found["inception_score_std"])
    tensors["isc.torch_fidelity.order"] = np.random.RandomState(SEED).permutation(IMAGES).astype(np.uint16)

    # torchmetrics cuts parts of equal size, so it gets as many images as fill them.
    count = IMAGES // SPLITS * SPLITS
    torch.manual_seed(SEED)
    order = torch.randperm(count)
    torch.manual_seed(SEED)
    metric = InceptionScore(feature=Given(), splits=SPLITS).set_dtype(torch.float64)
    metric.update(values[:count])
    mean, deviation = metric.compute()
    tensors["isc.torchmetrics.order"] = order.numpy().astype(np.uint16)
    tensors["isc.torchmetrics.mean"] = np.array(mean.item())
    tensors["isc.torchmetrics.standard_deviation"] = np.array(deviation.item())
    print({name: tensor.item() for name, tensor in tensors.items() if name.startswith("isc") and tensor.size == 1})


def line(tensors):
    sizes = np.linspace(5000, 50000, 15)
    random = np.random.Generator(np.random.PCG64(2020))
    distances = 3.2 + 9e3 / sizes + random.normal(0, 0.02, 15)
    fitted = scipy.stats.linregress(1 / sizes, distances)
    tensors["line.x"], tensors["line.y"] = 1 / sizes, distances
    tensors["line.fitted"] = np.array([fitted.intercept, fitted.intercept_stderr, fitted.rvalue**2])
    print(fitted, fitted.intercept_stderr)


def main():
    tensors = {}
    fid(tensors)
    with contextlib.redirect_stderr(io.StringIO()):
        kid(tensors)
    inception_score(tensors)
    line(tensors)
    save_file(tensors, Path(__file__).with_suffix(".safetensors"))


if __name__ == "__main__":
    main()
