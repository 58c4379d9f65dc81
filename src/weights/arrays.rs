//! The arrays of the known networks, by how the networks are built. Names and shapes are those of the published files.

/// An array: its name and its shape as PyTorch has it, filters [out, in, height, width] and dense layers [out, in].
pub(super) struct KnownArray {
    pub(super) name: String,
    pub(super) shape: Vec<usize>,
}

/// The arrays of Inception-v3 (Szegedy et al. 2016, "Rethinking the Inception Architecture", as torchvision builds it).
pub(super) fn inception(classes: usize) -> Vec<KnownArray> {
    let mut arrays = Arrays(Vec::new());
    arrays.units(
        "",
        &[
            ("Conv2d_1a_3x3", 32, 3, [3, 3]),
            ("Conv2d_2a_3x3", 32, 32, [3, 3]),
            ("Conv2d_2b_3x3", 64, 32, [3, 3]),
            ("Conv2d_3b_1x1", 80, 64, [1, 1]),
            ("Conv2d_4a_3x3", 192, 80, [3, 3]),
        ],
    );
    for (block, input, pool) in [
        ("Mixed_5b.", 192, 32),
        ("Mixed_5c.", 256, 64),
        ("Mixed_5d.", 288, 64),
    ] {
        arrays.units(
            block,
            &[
                ("branch1x1", 64, input, [1, 1]),
                ("branch5x5_1", 48, input, [1, 1]),
                ("branch5x5_2", 64, 48, [5, 5]),
                ("branch3x3dbl_1", 64, input, [1, 1]),
                ("branch3x3dbl_2", 96, 64, [3, 3]),
                ("branch3x3dbl_3", 96, 96, [3, 3]),
                ("branch_pool", pool, input, [1, 1]),
            ],
        );
    }
    arrays.units(
        "Mixed_6a.",
        &[
            ("branch3x3", 384, 288, [3, 3]),
            ("branch3x3dbl_1", 64, 288, [1, 1]),
            ("branch3x3dbl_2", 96, 64, [3, 3]),
            ("branch3x3dbl_3", 96, 96, [3, 3]),
        ],
    );
    for (block, c) in [
        ("Mixed_6b.", 128),
        ("Mixed_6c.", 160),
        ("Mixed_6d.", 160),
        ("Mixed_6e.", 192),
    ] {
        arrays.units(
            block,
            &[
                ("branch1x1", 192, 768, [1, 1]),
                ("branch7x7_1", c, 768, [1, 1]),
                ("branch7x7_2", c, c, [1, 7]),
                ("branch7x7_3", 192, c, [7, 1]),
                ("branch7x7dbl_1", c, 768, [1, 1]),
                ("branch7x7dbl_2", c, c, [7, 1]),
                ("branch7x7dbl_3", c, c, [1, 7]),
                ("branch7x7dbl_4", c, c, [7, 1]),
                ("branch7x7dbl_5", 192, c, [1, 7]),
                ("branch_pool", 192, 768, [1, 1]),
            ],
        );
    }
    arrays.units(
        "Mixed_7a.",
        &[
            ("branch3x3_1", 192, 768, [1, 1]),
            ("branch3x3_2", 320, 192, [3, 3]),
            ("branch7x7x3_1", 192, 768, [1, 1]),
            ("branch7x7x3_2", 192, 192, [1, 7]),
            ("branch7x7x3_3", 192, 192, [7, 1]),
            ("branch7x7x3_4", 192, 192, [3, 3]),
        ],
    );
    for (block, input) in [("Mixed_7b.", 1280), ("Mixed_7c.", 2048)] {
        arrays.units(
            block,
            &[
                ("branch1x1", 320, input, [1, 1]),
                ("branch3x3_1", 384, input, [1, 1]),
                ("branch3x3_2a", 384, 384, [1, 3]),
                ("branch3x3_2b", 384, 384, [3, 1]),
                ("branch3x3dbl_1", 448, input, [1, 1]),
                ("branch3x3dbl_2", 384, 448, [3, 3]),
                ("branch3x3dbl_3a", 384, 384, [1, 3]),
                ("branch3x3dbl_3b", 384, 384, [3, 1]),
                ("branch_pool", 192, input, [1, 1]),
            ],
        );
    }
    arrays.with_bias("fc", &[classes, 2048]);
    arrays.0
}

/// The arrays of VGG-16 (Simonyan & Zisserman 2014, table 1, column D): thirteen convolutions and three dense layers.
pub(super) fn vgg16() -> Vec<KnownArray> {
    let mut arrays = Arrays(Vec::new());
    let mut input = 3;
    // Places among the layers, where activations and pools count too.
    let places = [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28];
    let channels = [64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512];
    for (place, channels) in places.into_iter().zip(channels) {
        arrays.with_bias(&format!("features.{place}"), &[channels, input, 3, 3]);
        input = channels;
    }
    arrays.with_bias("classifier.0", &[4096, 512 * 7 * 7]);
    arrays.with_bias("classifier.3", &[4096, 4096]);
    arrays.with_bias("classifier.6", &[1000, 4096]);
    arrays.0
}

struct Arrays(Vec<KnownArray>);

impl Arrays {
    fn push(&mut self, name: String, shape: &[usize]) {
        let shape = shape.to_vec();
        self.0.push(KnownArray { name, shape });
    }

    fn with_bias(&mut self, layer: &str, shape: &[usize]) {
        self.push(format!("{layer}.weight"), shape);
        self.push(format!("{layer}.bias"), &shape[..1]);
    }

    /// Convolutions without bias, each followed by batch normalization: name, channels out and in, height and width.
    fn units(&mut self, block: &str, units: &[(&str, usize, usize, [usize; 2])]) {
        for (unit, output, input, [height, width]) in units {
            let unit = format!("{block}{unit}");
            self.push(format!("{unit}.conv.weight"), &[*output, *input, *height, *width]);
            for array in ["weight", "bias", "running_mean", "running_var"] {
                self.push(format!("{unit}.bn.{array}"), &[*output]);
            }
        }
    }
}
