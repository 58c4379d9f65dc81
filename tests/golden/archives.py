"""Writes archives/ and archives.safetensors: pieces of data sets in the files of their distributions, made by other tools.

    python -m venv golden-env && . golden-env/bin/activate
    pip install numpy==2.4.6 pillow==13.0.0 safetensors==0.8.0 lmdb==3.0.0 tensorflow-cpu==2.21.0
    python tests/golden/archives.py

- `bedroom_train_lmdb/data.mdb`: an LMDB of WebP and JPEG images, 256 pixels on the shorter side, by Python's lmdb (LMDB
  0.9.36) and Pillow. `lmdb.<file>.keys` are the keys as lmdb iterates them, `.lengths` those of the values, `.sums` the sum
  of (position x byte), positions from 1, modulo 2^32. `cropped.<number>` is the centre of an image, 128 x 128.
- `tree.mdb`: long keys, so that the tree has three levels, written and deleted in several transactions.
- `celebahq-r03.tfrecords`, `celebahq-r07.tfrecords`: records of 8 x 8 and of 128 x 128 by TensorFlow's TFRecordWriter, with the
  features `shape` and `data` that progressive_growing_of_gans describes, channels first. `records.r03` are their pixels,
  channels last; those of `-r07` follow the recipe of images.py, plus 50 for each channel, modulo 256.
- `imgHQ00000.png`: 1024 x 1024. `reduced` is what repeated means of 2 x 2 pixels, rounded by numpy.rint, make of it.
- `img_align_celeba/`, `list_eval_partition.txt`: three images of 178 x 218. `celeba.<number>` is what TensorFlow 1 makes of it:
  resize_image_with_crop_or_pad to 160 x 160 and bilinear to 64 x 64, corners not aligned, rounded halves up to bytes.
- `center.<height>.<width>`: what resize_image_with_crop_or_pad to 128 x 128 makes of the recipe of images.py.
- `interpolated.<side>.<resolution>`: what the bilinear resizing of TensorFlow 1 makes of it, not rounded.
"""

import hashlib
import os
import shutil
from io import BytesIO
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import lmdb
import numpy as np
import tensorflow as tf
from PIL import Image
from safetensors.numpy import save_file

FOLDER = Path(__file__).with_suffix("")


def recipe(height, width):
    y, x = np.mgrid[:height, :width]
    return (((3 * x * x + 5 * y * y + 7 * x * y) // 11 + 90 * ((x // 9 + y // 7) % 2)) % 256).astype(np.uint8)


def smooth(height, width, phase):
    y, x = np.mgrid[:height, :width]
    waves = [127.5 + 110 * np.sin(x / (35 + 9 * c) + c + phase) * np.cos(y / (47 - 9 * c) - phase) for c in range(3)]
    return np.stack(waves, -1).astype(np.uint8)


def encoded(pixels, format, **how):
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, format, **how)
    return buffer.getvalue()


def key(number):
    return hashlib.sha1(str(number).encode()).hexdigest().encode()


def write_lmdb(folder, transactions, map_size=1 << 24):
    """Writes the records of each transaction; a value of None deletes."""
    folder.mkdir(parents=True)
    with lmdb.open(str(folder), map_size=map_size, lock=False) as database:
        for records in transactions:
            with database.begin(write=True) as transaction:
                for name, value in records:
                    if value is None:
                        transaction.delete(name)
                    else:
                        transaction.put(name, value)
        with database.begin() as transaction:
            return list(transaction.cursor())


def describe(tensors, file, records):
    width = max(len(name) for name, _ in records)
    names = [np.frombuffer(name.ljust(width, b" "), np.uint8) for name, _ in records]
    values = [np.frombuffer(value, np.uint8).astype(np.uint64) for _, value in records]
    sums = [int((value * np.arange(1, len(value) + 1, dtype=np.uint64)).sum() % 2**32) for value in values]
    tensors[f"lmdb.{file}.keys"] = np.stack(names)
    tensors[f"lmdb.{file}.lengths"] = np.array([len(value) for value in values], np.int64)
    tensors[f"lmdb.{file}.sums"] = np.array(sums, np.int64)


def bedrooms(tensors):
    sizes = [(256, 341), (256, 256), (384, 256), (256, 300), (341, 256), (256, 455)]
    images = []
    for number in range(18):
        height, width = sizes[number % len(sizes)]
        pixels = smooth(height, width, number)
        if number == 7:
            pixels = pixels // 2 + np.random.default_rng(7).integers(0, 64, pixels.shape, np.uint8)
        format = "JPEG" if number == 3 else "WEBP"
        images.append((key(number), encoded(pixels, format, quality=20 if number == 7 else 60)))
    folder = FOLDER / "bedroom_train_lmdb"
    records = write_lmdb(folder, [images[:11], images[11:]])
    describe(tensors, "bedroom_train_lmdb", records)
    for number in (0, len(records) - 1):
        pixels = np.asarray(Image.open(BytesIO(records[number][1])).convert("RGB"))
        tensors[f"cropped.{number}"] = tf.compat.v1.image.resize_image_with_crop_or_pad(pixels, 128, 128).numpy()


def tree(tensors):
    def name(number):
        return (b"%05d." % (number * 7919 % 10007)).ljust(500, b"k")

    first = [(name(number), b"%d" % number * (number % 40)) for number in range(72)]
    second = [(name(number), None) for number in range(0, 72, 3)]
    third = [(name(number), bytes([number]) * 5000) for number in range(72, 75)]
    folder = FOLDER / "tree"
    describe(tensors, "tree", write_lmdb(folder, [first, second, third]))
    shutil.move(folder / "data.mdb", FOLDER / "tree.mdb")
    shutil.rmtree(folder)


def write_records(level, images):
    with tf.io.TFRecordWriter(str(FOLDER / f"celebahq-r{level:02}.tfrecords")) as writer:
        for pixels in images:
            features = {
                "shape": tf.train.Feature(int64_list=tf.train.Int64List(value=pixels.shape)),
                "data": tf.train.Feature(bytes_list=tf.train.BytesList(value=[pixels.tobytes()])),
            }
            example = tf.train.Example(features=tf.train.Features(feature=features))
            writer.write(example.SerializeToString())


def records(tensors):
    small = np.random.default_rng(3).integers(0, 256, (20, 3, 8, 8), np.uint8)
    write_records(3, small)
    tensors["records.r03"] = small.transpose(0, 2, 3, 1)
    large = np.stack([recipe(128, 128) + np.uint8(50 * channel) for channel in range(3)])
    write_records(7, [large])


def reduced(tensors):
    tile = np.stack([recipe(8, 64), recipe(64, 8).T, 255 - recipe(8, 64)], -1)
    pixels = np.tile(tile, (128, 16, 1))
    pixels[:40, :50] = smooth(40, 50, 0)
    Image.fromarray(pixels).save(FOLDER / "imgHQ00000.png", optimize=True)
    values = pixels.astype(np.float32)
    for _ in range(3):
        values = (values[0::2, 0::2] + values[0::2, 1::2] + values[1::2, 0::2] + values[1::2, 1::2]) * np.float32(0.25)
    tensors["reduced"] = np.rint(values).clip(0, 255).astype(np.uint8)


def celeba(tensors):
    folder = FOLDER / "img_align_celeba"
    folder.mkdir()
    lines = []
    for number in range(3):
        name = f"{number + 1:06}.jpg"
        Image.fromarray(smooth(218, 178, number)).save(folder / name, quality=75, subsampling=0)
        lines.append(f"{name} {number}\n")
        pixels = np.asarray(Image.open(folder / name).convert("RGB"))
        square = tf.compat.v1.image.resize_image_with_crop_or_pad(pixels, 160, 160)
        values = tf.compat.v1.image.resize_images(square, [64, 64]).numpy()
        tensors[f"celeba.{number}"] = np.floor(values + 0.5).astype(np.uint8)
    (FOLDER / "list_eval_partition.txt").write_text("".join(lines))


def squares(tensors):
    for height, width in [(256, 341), (101, 300), (300, 101), (90, 131), (128, 128)]:
        pixels = recipe(height, width)[..., None]
        square = tf.compat.v1.image.resize_image_with_crop_or_pad(pixels, 128, 128)
        tensors[f"center.{height}.{width}"] = square.numpy()
    for side, resolution in [(160, 64), (160, 32), (37, 20), (20, 37)]:
        values = tf.compat.v1.image.resize_images(recipe(side, side)[..., None], [resolution, resolution])
        tensors[f"interpolated.{side}.{resolution}"] = values.numpy()


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    tensors = {}
    for part in (bedrooms, tree, records, reduced, celeba, squares):
        part(tensors)
    save_file({name: np.ascontiguousarray(value) for name, value in tensors.items()}, FOLDER.with_suffix(".safetensors"))


if __name__ == "__main__":
    main()
