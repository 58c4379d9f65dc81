"""Writes images/ and images.safetensors: small image files, and what Pillow makes of them.

    python -m venv golden-env && . golden-env/bin/activate
    pip install numpy==2.4.6 pillow==13.0.0 safetensors==0.8.0
    python tests/golden/images.py

`decoded.<file>` are the pixels of a file as this project wants them: upright, transparency laid on white, RGB. `gray.<file>`
are those of Pillow's conversion to L. Files of 16 bits are not here, because Pillow keeps only their upper halves.

`resized.<height>.<width>.<filter>.<fit>` are images of one recipe of integers, brought to 32 x 32: `float` by Pillow's
resizing of floating-point images, which rounds nothing and is what clean-fid uses, `bytes` by that of bytes, which rounds
between the two directions. The recipe, for row y and column x, is

    ((3 x x + 5 y y + 7 x y) / 11 + 90 ((x / 9 + y / 7) mod 2)) mod 256, with whole-number divisions
"""

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from safetensors.numpy import save_file

FOLDER = Path(__file__).with_suffix("")
SIZE = 32
FILTERS = {
    "box": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos3": Image.Resampling.LANCZOS,
}
SIZES = [(37, 45), (200, 301), (9, 11), (64, 64)]


def recipe(height, width):
    y, x = np.mgrid[:height, :width]
    return (((3 * x * x + 5 * y * y + 7 * x * y) // 11 + 90 * ((x // 9 + y // 7) % 2)) % 256).astype(np.uint8)


def smooth(height, width):
    y, x = np.mgrid[:height, :width]
    waves = [127.5 + 110 * np.sin(x / (5 + c) + c) * np.cos(y / (7 - c)) for c in range(3)]
    return np.stack(waves, -1).astype(np.uint8)


def on_white(image):
    pixels = np.asarray(image.convert("RGBA")).astype(np.int64)
    alpha = pixels[..., 3:]
    return ((pixels[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)


def write_files():
    rgb = Image.fromarray(smooth(24, 40))
    alpha = Image.fromarray(recipe(24, 40))
    rgba = rgb.copy()
    rgba.putalpha(alpha)
    gray_alpha = rgb.convert("L")
    gray_alpha.putalpha(alpha)
    palette = rgb.quantize(16)
    rgb.save(FOLDER / "rgb.png")
    rgba.save(FOLDER / "rgba.png")
    rgb.convert("L").save(FOLDER / "gray.png")
    gray_alpha.save(FOLDER / "gray_alpha.png")
    palette.save(FOLDER / "palette.png")
    palette.save(FOLDER / "palette_transparent.png", transparency=3)
    rgb.convert("1").save(FOLDER / "one_bit.png")
    rgb.save(FOLDER / "baseline.jpg", quality=92)
    rgb.save(FOLDER / "full_color.jpg", quality=92, subsampling=0)
    rgb.save(FOLDER / "progressive.jpg", quality=92, progressive=True)
    rgb.convert("L").save(FOLDER / "gray.jpg", quality=92)
    rgb.convert("CMYK").save(FOLDER / "cmyk.jpg", quality=92)
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        rgb.save(FOLDER / f"orientation_{orientation}.jpg", quality=92, subsampling=0, exif=exif)
    rgb.save(FOLDER / "lossy.webp", quality=92)
    rgb.save(FOLDER / "lossless.webp", lossless=True)
    rgba.save(FOLDER / "alpha.webp", lossless=True, exact=True)
    rgb.save(FOLDER / "animated.webp", lossless=True, save_all=True, append_images=[ImageOps.invert(rgb)])


def resized(pixels, filter, fit):
    height, width = pixels.shape
    if fit == "crop":
        side = min(height, width)
        top, left = (height - side) // 2, (width - side) // 2
        pixels = pixels[top : top + side, left : left + side]
    of_bytes = Image.fromarray(pixels).resize((SIZE, SIZE), filter)
    of_floats = Image.fromarray(pixels.astype(np.float32)).resize((SIZE, SIZE), filter)
    return np.asarray(of_floats), np.asarray(of_bytes)


def main():
    FOLDER.mkdir(exist_ok=True)
    write_files()
    tensors = {}
    for file in sorted(FOLDER.iterdir()):
        with Image.open(file) as image:
            image = ImageOps.exif_transpose(image)
            tensors[f"decoded.{file.name}"] = on_white(image)
            if image.mode == "RGB":
                tensors[f"gray.{file.name}"] = np.asarray(image.convert("L"))
    for height, width in SIZES:
        for name, filter in FILTERS.items():
            for fit in ["crop", "stretch"]:
                floats, of_bytes = resized(recipe(height, width), filter, fit)
                tensors[f"resized.{height}.{width}.{name}.{fit}.float"] = floats
                tensors[f"resized.{height}.{width}.{name}.{fit}.bytes"] = of_bytes
    save_file({name: np.ascontiguousarray(value) for name, value in tensors.items()}, FOLDER.with_suffix(".safetensors"))


if __name__ == "__main__":
    main()
