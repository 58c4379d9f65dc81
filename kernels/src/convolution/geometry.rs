//! How a filter moves over an image, and the extents that follow. Knows no values.

use crate::shape::Shape;

/// Zeros added before and after an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Padding {
    /// Zeros above (or left of) the image.
    pub before: usize,
    /// Zeros below (or right of) the image.
    pub after: usize,
}

/// Stride and padding, each for height and width.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Geometry {
    /// Pixels the filter moves by, at least 1.
    pub stride: [usize; 2],
    /// Zeros around the image.
    pub padding: [Padding; 2],
}

impl Geometry {
    /// The same stride on both axes and the same number of zeros on all four sides.
    #[must_use]
    pub fn square(stride: usize, padding: usize) -> Self {
        let padding = Padding {
            before: padding,
            after: padding,
        };
        Self {
            stride: [stride; 2],
            padding: [padding; 2],
        }
    }

    /// TensorFlow's `SAME`: output extents `ceil(input / stride)`, the odd zero below and to the right.
    #[must_use]
    pub fn same(input: [usize; 2], kernel: [usize; 2], stride: usize) -> Self {
        let padding = [0, 1].map(|axis| {
            let output = input[axis].div_ceil(stride);
            let total = (output.saturating_sub(1) * stride + kernel[axis]).saturating_sub(input[axis]);
            Padding {
                before: total / 2,
                after: total - total / 2,
            }
        });
        Self {
            stride: [stride; 2],
            padding,
        }
    }

    /// Output extents for an input and a filter.
    ///
    /// # Panics
    /// When the filter is empty or larger than the padded input, or a stride is 0.
    #[must_use]
    pub fn output(&self, input: [usize; 2], kernel: [usize; 2]) -> [usize; 2] {
        assert!(
            self.stride.iter().all(|stride| *stride >= 1),
            "a filter moves by at least one pixel, not by {:?}",
            self.stride
        );
        [0, 1].map(|axis| {
            let padded = input[axis] + self.padding[axis].before + self.padding[axis].after;
            assert!(
                kernel[axis] >= 1 && padded >= kernel[axis],
                "a filter of extents {kernel:?} does not fit into an image of {input:?} with padding {:?}",
                self.padding
            );
            (padded - kernel[axis]) / self.stride[axis] + 1
        })
    }
}

/// All extents of one convolution; the letters are those of the folder's documentation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Problem {
    pub(super) n: usize,
    pub(super) h: usize,
    pub(super) w: usize,
    pub(super) c: usize,
    pub(super) p: usize,
    pub(super) q: usize,
    pub(super) k: usize,
    pub(super) r: usize,
    pub(super) s: usize,
    pub(super) geometry: Geometry,
}

impl Problem {
    pub(super) fn forward(x: Shape, filter: Shape, geometry: Geometry) -> Self {
        let ([n, h, w, c], [r, s, c_of_filter, k]) = (x.four(), filter.four());
        assert!(
            c == c_of_filter,
            "an image of shape {x} has {c} channels, the filter {filter} wants {c_of_filter}"
        );
        let [p, q] = geometry.output([h, w], [r, s]);
        Self {
            n,
            h,
            w,
            c,
            p,
            q,
            k,
            r,
            s,
            geometry,
        }
    }

    pub(super) fn data_gradient(
        gradient: Shape,
        filter: Shape,
        geometry: Geometry,
        input: [usize; 2],
    ) -> Self {
        let ([n, p, q, k], [r, s, c, k_of_filter]) = (gradient.four(), filter.four());
        assert!(
            k == k_of_filter,
            "a gradient {gradient} has {k} channels, the filter {filter} gives {k_of_filter}"
        );
        Self {
            n,
            h: input[0],
            w: input[1],
            c,
            p,
            q,
            k,
            r,
            s,
            geometry,
        }
        .checked()
    }

    pub(super) fn weight_gradient(x: Shape, gradient: Shape, geometry: Geometry, kernel: [usize; 2]) -> Self {
        let ([n, h, w, c], [n_of_gradient, p, q, k]) = (x.four(), gradient.four());
        assert!(
            n == n_of_gradient,
            "{n} images in {x}, but {n_of_gradient} in the gradient {gradient}"
        );
        Self {
            n,
            h,
            w,
            c,
            p,
            q,
            k,
            r: kernel[0],
            s: kernel[1],
            geometry,
        }
        .checked()
    }

    fn checked(self) -> Self {
        let expected = self.geometry.output([self.h, self.w], [self.r, self.s]);
        assert!(
            [self.p, self.q] == expected,
            "a gradient of extents {:?} where {expected:?} fit",
            [self.p, self.q]
        );
        self
    }

    pub(super) fn input_shape(&self) -> Shape {
        [self.n, self.h, self.w, self.c].into()
    }

    pub(super) fn output_shape(&self) -> Shape {
        [self.n, self.p, self.q, self.k].into()
    }

    pub(super) fn filter_shape(&self) -> Shape {
        [self.r, self.s, self.c, self.k].into()
    }

    /// Elements of the image patch under the filter: `r s c`, the rows of the filter as a matrix.
    pub(super) fn patch(&self) -> usize {
        self.r * self.s * self.c
    }

    /// Whether patches are the image itself: a 1x1 filter that visits every pixel.
    pub(super) fn is_pointwise(&self) -> bool {
        let none = Padding { before: 0, after: 0 };
        self.r == 1 && self.s == 1 && self.geometry.stride == [1, 1] && self.geometry.padding == [none, none]
    }
}
