"""Writes resize.safetensors: images brought to a network's side by the programs whose numbers are published.

    python -m venv golden-env && . golden-env/bin/activate
    pip install numpy==2.4.6 pillow==13.0.0 safetensors==0.8.0 torch==2.15.0
    pip install --no-deps torch-fidelity==0.4.0 clean-fid==0.1.35
    python tests/golden/resize.py

`<rule>.<height>.<width>.<channels>.<side>` is an image of one recipe of integers as float32 [rows, side, channels], where rows are
all rows, or of a side above 100 those of ROWS. By rule:

tensorflow-bilinear   torch-fidelity's interpolate_bilinear_2d_like_tensorflow1x
torch-bilinear        torch.nn.functional.interpolate(mode="bilinear", align_corners=False), as pytorch-fid calls it
torch-antialias       the same with antialias=True, as torchmetrics calls it
pillow-bicubic        clean-fid's make_resizer("PIL", False, "bicubic", ...), its mode "clean"

The recipe, for row y, column x and channel k, is

    (r (k + 1) + 31 k) mod 256, where r = ((3 x x + 5 y y + 7 x y) / 11 + 90 ((x / 9 + y / 7) mod 2)) mod 256

with whole-number divisions. PyTorch ran on a processor with AVX-512.
"""

from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file

# Height, width, channels, side.
CASES = [
    (32, 32, 3, 299),
    (32, 32, 1, 224),
    (301, 200, 3, 299),
    (640, 480, 1, 299),
    (28, 28, 1, 299),
    (299, 299, 3, 299),
    (37, 45, 1, 20),
    (9, 11, 3, 24),
    (200, 301, 1, 32),
    (1, 7, 3, 16),
    (5, 1, 1, 12),
    (1, 1, 3, 7),
]
ROWS = [0, 149, -1]


def module_of(package, file):
    """One file of a package, without what the package imports."""
    path = Path(find_spec(package).origin).with_name(file)
    spec = spec_from_file_location(path.stem, path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TENSORFLOW = module_of("torch_fidelity", "interpolate_compat_tensorflow.py")
CLEAN = module_of("cleanfid", "resize.py")


def recipe(height, width, channels):
    y, x = np.mgrid[:height, :width]
    r = ((3 * x * x + 5 * y * y + 7 * x * y) // 11 + 90 * ((x // 9 + y // 7) % 2)) % 256
    return np.stack([(r * (k + 1) + 31 * k) % 256 for k in range(channels)], -1).astype(np.uint8)


def by_torch(image, resized):
    channels_first = torch.from_numpy(image.astype(np.float32)).permute(2, 0, 1)[None].contiguous()
    return resized(channels_first)[0].permute(1, 2, 0).numpy()


def by_pillow(image, side):
    # clean-fid knows three channels.
    three = image if image.shape[2] == 3 else image.repeat(3, 2)
    return CLEAN.make_resizer("PIL", False, "bicubic", (side, side))(three)[..., : image.shape[2]]


def main():
    arrays = {}
    for height, width, channels, side in CASES:
        image = recipe(height, width, channels)
        size = (side, side)
        made = {
            "tensorflow-bilinear": by_torch(
                image, lambda x: TENSORFLOW.interpolate_bilinear_2d_like_tensorflow1x(x, size, align_corners=False)
            ),
            "torch-bilinear": by_torch(
                image, lambda x: F.interpolate(x, size, mode="bilinear", align_corners=False)
            ),
            "torch-antialias": by_torch(
                image, lambda x: F.interpolate(x, size, mode="bilinear", align_corners=False, antialias=True)
            ),
            "pillow-bicubic": by_pillow(image, side),
        }
        for rule, values in made.items():
            kept = values[ROWS] if side > 100 else values
            arrays[f"{rule}.{height}.{width}.{channels}.{side}"] = np.ascontiguousarray(kept, dtype=np.float32)
    save_file(arrays, Path(__file__).with_suffix(".safetensors"))


if __name__ == "__main__":
    main()
