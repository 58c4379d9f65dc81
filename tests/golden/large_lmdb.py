"""Writes an LMDB of over 1 GB, as the bedrooms of LSUN are distributed, to read in bounded memory; not kept in git.

    python -m venv golden-env && . golden-env/bin/activate
    pip install numpy==2.4.6 pillow==13.0.0 lmdb==3.0.0
    python tests/golden/large_lmdb.py FOLDER
    GAN_PIPE_LARGE_LMDB=FOLDER/bedroom_train_lmdb/data.mdb cargo test --workspace --lib -- --ignored a_database_of_over_a_gigabyte

There are 60,000 records of WebP images, 256 x 341. A key is a SHA-1; the number of its image is that of the first eight digits
modulo 400, and the image has the mean brightness 80 + number / 4.
"""

import hashlib
import sys
from io import BytesIO
from pathlib import Path

import lmdb
import numpy as np
from PIL import Image

RECORDS = 60_000
IMAGES = 400
RECORDS_AT_ONCE = 2_000


def image(number):
    noise = np.random.default_rng(number).normal(0, 22, (256, 341, 3))
    buffer = BytesIO()
    pixels = np.clip(80 + number / 4 + noise, 0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(buffer, "WEBP", quality=75)
    return buffer.getvalue()


def main():
    folder = Path(sys.argv[1]) / "bedroom_train_lmdb"
    folder.mkdir(parents=True)
    images = [image(number) for number in range(IMAGES)]
    with lmdb.open(str(folder), map_size=1 << 40) as database:
        for start in range(0, RECORDS, RECORDS_AT_ONCE):
            with database.begin(write=True) as transaction:
                for record in range(start, start + RECORDS_AT_ONCE):
                    key = hashlib.sha1(b"%d" % record).hexdigest()
                    transaction.put(key.encode(), images[int(key[:8], 16) % IMAGES])
    print(database, (folder / "data.mdb").stat().st_size, "bytes")


if __name__ == "__main__":
    main()
