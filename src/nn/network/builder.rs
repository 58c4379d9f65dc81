//! Writes down a network layer by layer; keeps track of extents, so that a layer says only what is its own.

use super::{Extents, GlobalPooling, Layer, Network, Placed, Upsampling, Weighted};
use crate::nn::{BatchNorm, Initial};

/// A network that is being written down.
#[derive(Clone, Debug)]
pub struct Builder(Network);

impl Builder {
    /// A network whose input has these extents.
    #[must_use]
    pub fn new(input: Extents) -> Self {
        Self(Network {
            input,
            layers: Vec::new(),
        })
    }

    /// The extents that the next layer takes.
    #[must_use]
    pub fn extents(&self) -> Extents {
        self.0.output()
    }

    /// The network as it is now.
    #[must_use]
    pub fn finish(self) -> Network {
        self.0
    }

    /// A dense layer.
    #[must_use]
    pub fn dense(self, name: &str, outputs: usize, bias: bool, initial: Initial) -> Self {
        let weighted = Weighted {
            name: name.to_owned(),
            weight: vec![self.extents().count(), outputs],
            biases: bias.then_some(outputs),
            initial,
        };
        self.layer(Layer::Dense(weighted), Extents::Vector(outputs))
    }

    /// A convolution with square filters.
    #[must_use]
    pub fn convolution(
        self,
        name: &str,
        side: usize,
        stride: usize,
        outputs: usize,
        initial: Initial,
    ) -> Self {
        let [h, w, c] = self.image();
        let weighted = Weighted {
            name: name.to_owned(),
            weight: vec![side, side, c, outputs],
            biases: Some(outputs),
            initial,
        };
        let layer = Layer::Convolution {
            weighted,
            stride,
            slope: None,
        };
        let extents = Extents::Image([h.div_ceil(stride), w.div_ceil(stride), outputs]);
        self.layer(layer, extents)
    }

    /// A transposed convolution with square filters and stride 2, to `extent` pixels on each side.
    #[must_use]
    pub fn transposed_convolution(
        self,
        name: &str,
        side: usize,
        extent: usize,
        outputs: usize,
        initial: Initial,
    ) -> Self {
        let [_, _, c] = self.image();
        let weighted = Weighted {
            name: name.to_owned(),
            weight: vec![side, side, outputs, c],
            biases: Some(outputs),
            initial,
        };
        self.layer(
            Layer::TransposedConvolution(weighted),
            Extents::Image([extent, extent, outputs]),
        )
    }

    /// Batch normalization.
    #[must_use]
    pub fn batch_norm(self, name: &str, constants: BatchNorm) -> Self {
        let layer = Layer::BatchNorm {
            name: name.to_owned(),
            channels: self.extents().channels(),
            constants,
        };
        self.keeping(layer)
    }

    /// Layer normalization.
    #[must_use]
    pub fn layer_norm(self, name: &str, epsilon: f64) -> Self {
        let layer = Layer::LayerNorm {
            name: name.to_owned(),
            channels: self.extents().channels(),
            epsilon,
        };
        self.keeping(layer)
    }

    /// A leaky rectifier; behind a convolution it is part of that.
    #[must_use]
    pub fn leaky_relu(mut self, slope: f64) -> Self {
        if let Some(Placed {
            layer: Layer::Convolution {
                slope: own @ None, ..
            },
            ..
        }) = self.0.layers.last_mut()
        {
            *own = Some(slope);
            return self;
        }
        self.keeping(Layer::LeakyRelu(slope))
    }

    /// A layer that changes no extents and has no weights.
    #[must_use]
    pub fn keeping(self, layer: Layer) -> Self {
        let extents = self.extents();
        self.layer(layer, extents)
    }

    /// The same numbers as an image.
    ///
    /// # Panics
    /// When there are more or fewer.
    #[must_use]
    pub fn reshape(self, image: [usize; 3]) -> Self {
        let before = self.extents();
        let after = Extents::Image(image);
        assert!(before.count() == after.count(), "{before:?} cannot be {after:?}");
        self.layer(Layer::Reshape, after)
    }

    /// Twice the height and width.
    #[must_use]
    pub fn upsample(self, upsampling: Upsampling) -> Self {
        let [h, w, c] = self.image();
        self.layer(Layer::Upsample(upsampling), Extents::Image([2 * h, 2 * w, c]))
    }

    /// Half the height and width, rounded up.
    #[must_use]
    pub fn average_pool(self) -> Self {
        let [h, w, c] = self.image();
        self.layer(
            Layer::AveragePool,
            Extents::Image([h.div_ceil(2), w.div_ceil(2), c]),
        )
    }

    /// One value a channel.
    #[must_use]
    pub fn global_pool(self, pooling: GlobalPooling) -> Self {
        let channels = self.extents().channels();
        self.layer(Layer::GlobalPool(pooling), Extents::Vector(channels))
    }

    /// Two branches that are added; each is written on a builder that starts here.
    ///
    /// # Panics
    /// When they end in different extents.
    #[must_use]
    pub fn residual(
        self,
        main: impl FnOnce(Builder) -> Builder,
        shortcut: impl FnOnce(Builder) -> Builder,
    ) -> Self {
        let start = || Builder::new(self.extents());
        let (main, shortcut) = (main(start()).finish(), shortcut(start()).finish());
        let extents = main.output();
        assert!(
            extents == shortcut.output(),
            "branches end in {extents:?} and {:?}",
            shortcut.output()
        );
        self.layer(Layer::Residual { main, shortcut }, extents)
    }

    fn layer(mut self, layer: Layer, output: Extents) -> Self {
        self.0.layers.push(Placed { layer, output });
        self
    }

    /// The extents of the image that the next layer takes.
    fn image(&self) -> [usize; 3] {
        match self.extents() {
            Extents::Image(extents) => extents,
            Extents::Vector(units) => panic!("the layer takes an image, not a vector of {units}"),
        }
    }
}
