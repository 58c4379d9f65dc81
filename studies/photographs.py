"""Cuts the photographs of two Debian packages into a folder of images for studies/photographs.yaml.

    apt-get install mate-backgrounds lomiri-wallpapers-16.04 python3-pil
    python3 studies/photographs.py [FOLDER]

FOLDER is where the packages install their pictures, /usr/share/backgrounds. Each of the 27 photographs becomes a folder of
20 images in studies/photographs: the cells of a grid of 5 by 4, or 4 by 5 of an upright one, in the photograph's own
resolution, so that sizes are mixed. Cells are stored as JPEG, PNG and WebP in turn. Only photographs are taken, no drawings.
"""

import sys
from pathlib import Path

from PIL import Image

PATTERNS = ["mate/nature/*.jpg", "*_by_*.jpg"]
# Photographs of lomiri-wallpapers-16.04; a later release of that package lies in the same folder and has drawings too.
OTHERS = {"Fossa_by_Jasper_Roks", "Infinite-Sea_by_Aury88", "Kleiber_by_Lukas_Baubkus", "Painting-Colors_by__herobrine7gamer"}
PHOTOGRAPHS = 27
TARGET = Path(__file__).with_suffix("")
FORMATS = [("jpg", {"quality": 95}), ("png", {}), ("webp", {"quality": 95})]


def cells(photograph):
    width, height = photograph.size
    columns, rows = (5, 4) if width >= height else (4, 5)
    for index in range(rows * columns):
        row, column = divmod(index, columns)
        box = (
            width * column // columns,
            height * row // rows,
            width * (column + 1) // columns,
            height * (row + 1) // rows,
        )
        yield index, photograph.crop(box)


def main():
    source = Path(sys.argv[1] if len(sys.argv) > 1 else "/usr/share/backgrounds")
    files = sorted(file for pattern in PATTERNS for file in source.glob(pattern) if file.stem not in OTHERS)
    if len(files) != PHOTOGRAPHS:
        sys.exit(f"{source} holds {len(files)} of the {PHOTOGRAPHS} photographs; hint: apt-get install mate-backgrounds lomiri-wallpapers-16.04")
    for file in files:
        folder = TARGET / file.stem
        folder.mkdir(parents=True, exist_ok=True)
        with Image.open(file) as photograph:
            for index, cell in cells(photograph.convert("RGB")):
                extension, options = FORMATS[index % len(FORMATS)]
                cell.save(folder / f"{index:02}.{extension}", **options)
    print(f"{TARGET}: {20 * len(files)} images of {len(files)} photographs")


if __name__ == "__main__":
    main()
