//! VGG-16 (Simonyan & Zisserman 2015, "Very Deep Convolutional Networks for Large-Scale Image Recognition", table 1,
//! column D). Knows no weights. Names are those of torchvision's file.

use gan_kernels::convolution::Geometry;

use super::network::{Follower, Module, Pool, Step};

/// Pixels a side that images are brought to.
pub(super) const SIDE: usize = 224;
/// Channels of images.
pub(super) const CHANNELS: usize = 3;
/// Numbers that a dense layer leaves.
pub(super) const FEATURES: usize = 4096;
/// Rows, columns and channels that the last module leaves.
pub(super) const LAST: [usize; 3] = [7, 7, 512];
/// What follows each convolution.
pub(super) const FOLLOWER: Follower = Follower::Bias;
/// Names of the dense layers.
pub(super) const DENSE: [&str; 2] = ["classifier.0", "classifier.3"];

/// The five modules; beside each the activation that it leaves of 224 x 224 pixels.
pub(super) fn modules() -> Vec<Module> {
    vec![
        module("block1", 64, &["features.0", "features.2"]), // 112 x 112 x 64
        module("block2", 128, &["features.5", "features.7"]), // 56 x 56 x 128
        module("block3", 256, &["features.10", "features.12", "features.14"]), // 28 x 28 x 256
        module("block4", 512, &["features.17", "features.19", "features.21"]), // 14 x 14 x 512
        module("block5", 512, &["features.24", "features.26", "features.28"]), // 7 x 7 x 512
    ]
}

/// Convolutions of 3 x 3, and the largest of each 2 x 2 positions.
fn module(name: &'static str, outputs: usize, convolutions: &[&str]) -> Module {
    let convolutions = convolutions.iter().map(|name| Step::Convolution {
        name: (*name).to_owned(),
        outputs,
        kernel: [3, 3],
        geometry: Geometry::square(1, 1),
    });
    let pool = Step::Pool {
        pool: Pool::Maximum,
        side: 2,
        geometry: Geometry::square(2, 0),
    };
    Module {
        name,
        steps: convolutions.chain([pool]).collect(),
    }
}

/// Where row `index` of the first dense layer's weights stands in the file, whose network numbers channels first.
pub(super) fn row_in_file(index: usize) -> usize {
    let [h, w, c] = LAST;
    let (pixel, channel) = (index / c, index % c);
    channel * h * w + pixel
}
