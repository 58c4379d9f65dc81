//! Inception-v3 (Szegedy et al. 2016, "Rethinking the Inception Architecture for Computer Vision", section 6) in its two
//! published forms. Knows no weights.
//!
//! The network that TensorFlow published in 2015, and that the Fréchet Inception distance and the Inception score are
//! defined by, differs from the one that torchvision trained: averages in it do not count padding, the pool of its last
//! block takes the largest value, and it tells 1008 classes. Names of modules and branches are those of both files.

use gan_kernels::convolution::{Geometry, Padding};

use super::network::{Follower, Module, Pool, Step};

/// Pixels a side that images are brought to.
pub(super) const SIDE: usize = 299;
/// Channels of images.
pub(super) const CHANNELS: usize = 3;
/// Numbers that the last block leaves of each image.
pub(super) const FEATURES: usize = 2048;

/// What distinguishes one published network from the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    /// The pool of all blocks but the last.
    pub(super) pool: Pool,
    /// The pool of the last block.
    pub(super) last_pool: Pool,
    /// Added to variances.
    pub(super) epsilon: f64,
    /// Logits.
    pub(super) classes: usize,
}

/// `inception-2015-12-05` of TensorFlow.
pub(super) const OF_2015: Form = Form {
    pool: Pool::Average,
    last_pool: Pool::Maximum,
    epsilon: 1e-3,
    classes: 1008,
};

/// `inception_v3_google-0cc3c7bd` of torchvision.
pub(super) const OF_TORCHVISION: Form = Form {
    pool: Pool::AverageWithPadding,
    last_pool: Pool::AverageWithPadding,
    epsilon: 1e-3,
    classes: 1000,
};

impl Form {
    /// What follows each convolution.
    pub(super) fn follower(&self) -> Follower {
        Follower::BatchNormalization {
            epsilon: self.epsilon,
        }
    }

    /// The modules in order; beside each the activation that it leaves of 299 x 299 pixels.
    pub(super) fn modules(&self) -> Vec<Module> {
        vec![
            stem("Conv2d_1a_3x3", 32, 3, Geometry::square(2, 0)), // 149 x 149 x 32
            stem("Conv2d_2a_3x3", 32, 3, Geometry::square(1, 0)), // 147 x 147 x 32
            stem("Conv2d_2b_3x3", 64, 3, Geometry::square(1, 1)), // 147 x 147 x 64
            module("MaxPool_1", halved()),                        // 73 x 73 x 64
            stem("Conv2d_3b_1x1", 80, 1, Geometry::square(1, 0)), // 73 x 73 x 80
            stem("Conv2d_4a_3x3", 192, 3, Geometry::square(1, 0)), // 71 x 71 x 192
            module("MaxPool_2", halved()),                        // 35 x 35 x 192
            block("Mixed_5b", |at| self.wide_as(at, 32)),         // 35 x 35 x 256
            block("Mixed_5c", |at| self.wide_as(at, 64)),         // 35 x 35 x 288
            block("Mixed_5d", |at| self.wide_as(at, 64)),         // 35 x 35 x 288
            block("Mixed_6a", smaller_to_17),                     // 17 x 17 x 768
            block("Mixed_6b", |at| self.factorized(at, 128)),     // 17 x 17 x 768
            block("Mixed_6c", |at| self.factorized(at, 160)),     // 17 x 17 x 768
            block("Mixed_6d", |at| self.factorized(at, 160)),     // 17 x 17 x 768
            block("Mixed_6e", |at| self.factorized(at, 192)),     // 17 x 17 x 768
            block("Mixed_7a", smaller_to_8),                      // 8 x 8 x 1280
            block("Mixed_7b", |at| expanded(at, self.pool)),      // 8 x 8 x 2048
            block("Mixed_7c", |at| expanded(at, self.last_pool)), // 8 x 8 x 2048
        ]
    }

    /// Figure 5, with the 5 x 5 filters that it replaces in one branch; `pooled` channels of the pool's branch.
    fn wide_as(&self, at: At, pooled: usize) -> Vec<Vec<Step>> {
        vec![
            vec![at.same("branch1x1", 64, [1, 1])],
            vec![
                at.same("branch5x5_1", 48, [1, 1]),
                at.same("branch5x5_2", 64, [5, 5]),
            ],
            vec![
                at.same("branch3x3dbl_1", 64, [1, 1]),
                at.same("branch3x3dbl_2", 96, [3, 3]),
                at.same("branch3x3dbl_3", 96, [3, 3]),
            ],
            vec![around(self.pool), at.same("branch_pool", pooled, [1, 1])],
        ]
    }

    /// Figure 6, with n = 7 and `c` channels inside.
    fn factorized(&self, at: At, c: usize) -> Vec<Vec<Step>> {
        vec![
            vec![at.same("branch1x1", 192, [1, 1])],
            vec![
                at.same("branch7x7_1", c, [1, 1]),
                at.same("branch7x7_2", c, [1, 7]),
                at.same("branch7x7_3", 192, [7, 1]),
            ],
            vec![
                at.same("branch7x7dbl_1", c, [1, 1]),
                at.same("branch7x7dbl_2", c, [7, 1]),
                at.same("branch7x7dbl_3", c, [1, 7]),
                at.same("branch7x7dbl_4", c, [7, 1]),
                at.same("branch7x7dbl_5", 192, [1, 7]),
            ],
            vec![around(self.pool), at.same("branch_pool", 192, [1, 1])],
        ]
    }
}

/// Figure 10, from 35 x 35 to 17 x 17 positions.
fn smaller_to_17(at: At) -> Vec<Vec<Step>> {
    vec![
        vec![at.halved("branch3x3", 384)],
        vec![
            at.same("branch3x3dbl_1", 64, [1, 1]),
            at.same("branch3x3dbl_2", 96, [3, 3]),
            at.halved("branch3x3dbl_3", 96),
        ],
        vec![halved()],
    ]
}

/// Figure 10, from 17 x 17 to 8 x 8 positions.
fn smaller_to_8(at: At) -> Vec<Vec<Step>> {
    vec![
        vec![at.same("branch3x3_1", 192, [1, 1]), at.halved("branch3x3_2", 320)],
        vec![
            at.same("branch7x7x3_1", 192, [1, 1]),
            at.same("branch7x7x3_2", 192, [1, 7]),
            at.same("branch7x7x3_3", 192, [7, 1]),
            at.halved("branch7x7x3_4", 192),
        ],
        vec![halved()],
    ]
}

/// Figure 7.
fn expanded(at: At, pool: Pool) -> Vec<Vec<Step>> {
    vec![
        vec![at.same("branch1x1", 320, [1, 1])],
        vec![
            at.same("branch3x3_1", 384, [1, 1]),
            Step::Branches(vec![
                vec![at.same("branch3x3_2a", 384, [1, 3])],
                vec![at.same("branch3x3_2b", 384, [3, 1])],
            ]),
        ],
        vec![
            at.same("branch3x3dbl_1", 448, [1, 1]),
            at.same("branch3x3dbl_2", 384, [3, 3]),
            Step::Branches(vec![
                vec![at.same("branch3x3dbl_3a", 384, [1, 3])],
                vec![at.same("branch3x3dbl_3b", 384, [3, 1])],
            ]),
        ],
        vec![around(pool), at.same("branch_pool", 192, [1, 1])],
    ]
}

/// The block that convolutions belong to.
#[derive(Clone, Copy)]
struct At(&'static str);

impl At {
    /// A convolution that keeps height and width.
    fn same(self, branch: &str, outputs: usize, kernel: [usize; 2]) -> Step {
        let padding = kernel.map(|extent| Padding {
            before: extent / 2,
            after: extent / 2,
        });
        let stride = [1, 1];
        self.convolution(branch, outputs, kernel, Geometry { stride, padding })
    }

    /// A convolution of 3 x 3 that halves height and width.
    fn halved(self, branch: &str, outputs: usize) -> Step {
        self.convolution(branch, outputs, [3, 3], Geometry::square(2, 0))
    }

    fn convolution(self, branch: &str, outputs: usize, kernel: [usize; 2], geometry: Geometry) -> Step {
        Step::Convolution {
            name: format!("{}.{branch}", self.0),
            outputs,
            kernel,
            geometry,
        }
    }
}

fn block(name: &'static str, branches: impl FnOnce(At) -> Vec<Vec<Step>>) -> Module {
    module(name, Step::Branches(branches(At(name))))
}

fn stem(name: &'static str, outputs: usize, side: usize, geometry: Geometry) -> Module {
    let convolution = Step::Convolution {
        name: name.to_owned(),
        outputs,
        kernel: [side; 2],
        geometry,
    };
    module(name, convolution)
}

fn module(name: &'static str, step: Step) -> Module {
    Module {
        name,
        steps: vec![step],
    }
}

/// The largest of 3 x 3 positions, at every second one.
fn halved() -> Step {
    Step::Pool {
        pool: Pool::Maximum,
        side: 3,
        geometry: Geometry::square(2, 0),
    }
}

/// A pool of the 3 x 3 positions around each.
fn around(pool: Pool) -> Step {
    Step::Pool {
        pool,
        side: 3,
        geometry: Geometry::square(1, 1),
    }
}
