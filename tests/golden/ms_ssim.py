"""Writes ms_ssim.safetensors: multi-scale structural similarities by pytorch-msssim and by NumPy and SciPy.

    python -m venv golden-env && . golden-env/bin/activate
    pip install torch==2.15.0 pytorch-msssim==1.0.0 scipy==1.17.1 numpy==2.4.6 safetensors==0.8.0
    python tests/golden/ms_ssim.py

Images are too large to store, so both sides make them by one recipe of integers. With `byte` as in fid.py, pixel (y, x) of
channel c of image i (0 to 5), whose pattern p is i // 2 and noise r is i % 2:

    wave  = (5 + 3 p) y + (9 - 2 p) x + 60 c (1 + p) + 7 p
    base  = |wave mod 510 - 255|, or 255 - that for pattern 2
    pixel = clip(base + (1 + r) * byte(60 + i, y, 4 x + c) // 4, 0, 255)

A case is a size [h, w, c]; its values are those of the pairs (0, 1), (0, 2), (0, 4), (1, 2), (1, 4), (2, 4).

`standard`: pytorch-msssim in float64 (its filter is in float32). `shrinking-filter`: the algorithm of compare_gan's
image_similarity.py (19922d3) - a channel at a time, filter of min(11, h, w) pixels with standard deviation 1.5, halving by means with
symmetric padding. `shrinking-width`: that of msssim.py of the TensorFlow models (2016) as Karras et al. 2018 use it - all channels
together, standard deviation shrunk with the filter, halving by scipy.ndimage.convolve in mode `reflect`, means below 0 cut to 0.
"""

from itertools import combinations
from pathlib import Path

import numpy as np
import torch
from pytorch_msssim import ms_ssim
from safetensors.numpy import save_file
from scipy.ndimage import convolve
from scipy.signal import convolve2d, fftconvolve

from fid import byte

SMALL = [(32, 32, 3), (32, 32, 1), (28, 28, 1), (17, 33, 3), (8, 8, 1), (64, 48, 3)]
LARGE = [(161, 170, 3), (176, 176, 1), (165, 183, 1)]
WEIGHTS = np.array([0.0448, 0.2856, 0.3001, 0.2363, 0.1333])
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
PAIRS = [(0, 1), (0, 2), (0, 4), (1, 2), (1, 4), (2, 4)]


def image(i, h, w, c):
    y, x, k = np.meshgrid(np.arange(h), np.arange(w), np.arange(c), indexing="ij")
    p, r = i // 2, i % 2
    wave = (5 + 3 * p) * y + (9 - 2 * p) * x + 60 * k * (1 + p) + 7 * p
    base = np.abs(wave % 510 - 255)
    base = 255 - base if p == 2 else base
    noise = byte(60 + i, h, 4 * w)[y, 4 * x + k]
    return np.clip(base + (1 + r) * noise // 4, 0, 255).astype(np.float64)


def gauss(size, deviation):
    at = np.arange(size) - (size - 1) / 2
    window = np.exp(-(at[:, None] ** 2 + at[None, :] ** 2) / (2 * deviation**2))
    return window / window.sum()


def maps(mean, x, y):
    mx, my = mean(x), mean(y)
    sxx, syy, sxy = mean(x * x) - mx * mx, mean(y * y) - my * my, mean(x * y) - mx * my
    structure = (2 * sxy + C2) / (sxx + syy + C2)
    return structure, structure * (2 * mx * my + C1) / (mx * mx + my * my + C1)


def combined(structures, last):
    return np.prod(np.maximum(np.array(structures[:-1] + [last]), 0) ** WEIGHTS)


def shrinking_filter(x, y):
    def of_channel(x, y):
        structures = []
        for scale in range(5):
            if scale:
                pads = [(0, n % 2) for n in x.shape]
                x, y = (np.pad(z, pads, mode="symmetric") for z in (x, y))
                x, y = (z.reshape(z.shape[0] // 2, 2, z.shape[1] // 2, 2).mean((1, 3)) for z in (x, y))
            window = gauss(min(11, *x.shape), 1.5)
            structure, both = maps(lambda z: convolve2d(z, window, mode="valid"), x, y)
            structures.append(structure.mean())
        return combined(structures, both.mean())

    return np.mean([of_channel(x[..., c], y[..., c]) for c in range(x.shape[2])])


def shrinking_width(x, y):
    structures = []
    for _ in range(5):
        size = min(11, *x.shape[:2])
        window = gauss(size, size * 1.5 / 11)[:, :, None]
        structure, both = maps(lambda z: fftconvolve(z, window, mode="valid"), x, y)
        structures.append(structure.mean())
        x, y = (convolve(z, np.ones((2, 2, 1)) / 4, mode="reflect")[::2, ::2] for z in (x, y))
    return combined(structures, both.mean())


def standard(x, y):
    x, y = (torch.tensor(z.transpose(2, 0, 1)[None]) for z in (x, y))
    return ms_ssim(x, y, data_range=255, size_average=False).item()


def main():
    assert PAIRS == sorted((a, b) for a, b in combinations([0, 1, 2, 4], 2))
    tensors = {}
    for size in SMALL + LARGE:
        name = ".".join(map(str, size))
        images = [image(i, *size) for i in range(6)]
        forms = {"shrinking-filter": shrinking_filter, "shrinking-width": shrinking_width}
        if size in LARGE:
            forms["standard"] = standard
        for form, similarity in forms.items():
            values = np.array([similarity(images[a], images[b]) for a, b in PAIRS])
            tensors[f"{name}.{form}"] = values
            print(size, form, values)
    save_file(tensors, Path(__file__).with_suffix(".safetensors"))


if __name__ == "__main__":
    main()
