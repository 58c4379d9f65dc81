//! The part of the table that says where images come from.

use std::ops::Bound::Excluded;

use super::table::{default, optional, refused, required, whole, word};
use super::{Field, Literal, Shape};

/// The section `data`.
pub(super) const DATA: &[Field] = &[
    required(
        "dataset",
        "The set of images.",
        Shape::Choice(&[
            word(
                "fashion-mnist",
                "Fashion-MNIST: 28 x 28 gray, 60,000 for training.",
            ),
            word("mnist", "MNIST: 28 x 28 gray, 60,000 for training."),
            word(
                "polygons",
                "Polygons that the program draws itself; nothing to download.",
            ),
            word(
                "image-folder",
                "Your own images: a folder of PNG, JPEG and WebP files, also in folders below it.",
            ),
            word("cifar10", "CIFAR-10: 32 x 32 RGB, 50,000 for training."),
            word(
                "stl10",
                "STL-10: 96 x 96 RGB, reduced to 48 x 48, 100,000 for training.",
            ),
            word("celeba", "CelebA: aligned faces, RGB, 162,770 for training."),
            word("celeba-hq-128", "CelebA-HQ: 128 x 128 RGB, 27,000 for training."),
            refused(
                "celeba-hq",
                "its size is in the name of the set: it is called celeba-hq-128 here",
            ),
            word(
                "lsun-bedroom",
                "The bedrooms of LSUN: RGB, 3,002,712 for training.",
            ),
        ]),
    ),
    optional(
        "path",
        "The folder with the files, beside the study file unless absolute.",
        Shape::Folder,
    ),
    optional(
        "as",
        "The form of a published set's files; the one whose files are there where left out.",
        Shape::Choice(&[
            word("idx", "IDX files, plain or compressed: mnist, fashion-mnist."),
            word("binary", "The binary version: cifar10, stl10."),
            word("python", "The Python version: cifar10."),
            word(
                "images",
                "Image files of the set's own size: in train/ and test/, in folders of the classes; of celeba, \
                 celeba-hq-128 and lsun-bedroom as their page says.",
            ),
            word("images-1024", "Image files of 1024 x 1024: celeba-hq-128."),
            word("lmdb", "The database as it is distributed: lsun-bedroom."),
            word(
                "tfrecords",
                "The TFRecords of progressive_growing_of_gans: celeba-hq-128.",
            ),
        ]),
    ),
    optional(
        "training",
        "Of stl10 and celeba: which images are trained on; unlabeled or train where left out.",
        Shape::Choice(&[
            word("unlabeled", "The 100,000 without labels, as is usual for GANs."),
            word(
                "train",
                "Of stl10 the 5,000 with labels, of celeba the training images.",
            ),
            word("train+unlabeled", "Of stl10: both, without labels."),
            word(
                "train+validation",
                "Of celeba: the training images and behind them the 19,867 validation images.",
            ),
        ]),
    ),
    optional(
        "preparation",
        "Of celeba and lsun-bedroom: how images become squares; compare-gan and center-crop where left out.",
        Shape::Choice(&[
            word(
                "compare-gan",
                "Of celeba: the middle 160 x 160, reduced as TensorFlow 1 does, not antialiased.",
            ),
            word("center-160", "Of celeba: the middle 160 x 160, resized."),
            word("center-178", "Of celeba: the middle 178 x 178, resized."),
            word(
                "center-crop",
                "Of lsun-bedroom: the middle 128 x 128, not resized, as the GAN Landscape takes it.",
            ),
            word(
                "crop-resize",
                "Of lsun-bedroom: the largest square in the middle, resized, as is usual.",
            ),
        ]),
    ),
    optional(
        "validation",
        "How many of the last training images are held out, so that a model can be chosen without the test images; none \
         where left out.",
        whole(2, 1_000_000),
    ),
    optional(
        "resolution",
        "Pixels on each side of an image; where left out 32, for stl10 48, for celeba 64, for celeba-hq-128 and lsun-bedroom 128.",
        whole(8, 1024),
    ),
    optional(
        "padding",
        "How a smaller image reaches the resolution; zero for the sets of 28 pixels.",
        Shape::Choice(&[
            word("zero", "Zeros, the same number on every side."),
            refused(
                "resize",
                "images are padded, never resampled: that would change what is compared",
            ),
        ]),
    ),
    optional(
        "count",
        "Images in the training split of polygons; 10,000 where left out.",
        whole(2, 1_000_000),
    ),
    optional(
        "color",
        "Of an image-folder: the colors of every image; rgb where left out.",
        Shape::Choice(&[
            word("gray", "One channel: ITU-R BT.601 luma of colored images."),
            word("rgb", "Red, green and blue."),
        ]),
    ),
    optional(
        "resize",
        "Of an image-folder, and where the preparation resizes: how images of every size are brought to the resolution.",
        Shape::Fields(RESIZE),
    ),
    optional(
        "test_fraction",
        "Of an image-folder: the share of images that are test images, chosen by their content; 0.2 where left out.",
        Shape::Number {
            low: Excluded(0.0),
            high: Excluded(1.0),
        },
    ),
    optional(
        "labels",
        "Of an image-folder: where classes come from; none where left out.",
        Shape::Choice(&[
            word("none", "There are no classes."),
            word("folder", "Each folder directly below the path is a class."),
        ]),
    ),
    optional(
        "corrupt",
        "Of an image-folder: what becomes of images that cannot be decoded; refuse where left out.",
        Shape::Choice(&[
            word("refuse", "They are an error that names them."),
            word("skip", "They are left out and counted."),
        ]),
    ),
];

const RESIZE: &[Field] = &[
    default(
        "filter",
        "The filter; every one is antialiased.",
        Literal::Word("bicubic"),
        Shape::Choice(&[
            word("box", "The mean of the pixels that a new one covers."),
            word("bilinear", "A triangle."),
            word(
                "bicubic",
                "The cubic of Keys (1981) with a = -0.5, as clean-fid resizes.",
            ),
            word("lanczos3", "A windowed sinc of three lobes."),
            refused("nearest", "single pixels stand for many, which aliases"),
            refused("area", "area is called box here"),
            refused(
                "lanczos",
                "lanczos has a number of lobes: it is called lanczos3 here",
            ),
        ]),
    ),
    default(
        "fit",
        "What becomes of an image that is not a square.",
        Literal::Word("crop"),
        Shape::Choice(&[
            word("crop", "The largest square in its middle is taken."),
            word("stretch", "All of it is taken, its sides scaled differently."),
        ]),
    ),
];
