//! The multi-scale structural similarity of two images (Wang et al. 2003, Equation 7; Wang et al. 2004 for one scale).
//!
//! ```text
//! luminance = (2 mx my + C1) / (mx^2 + my^2 + C1),     structure = (2 sxy + C2) / (sxx + syy + C2)
//! similarity = mean(luminance structure)^w5 at the smallest of five scales * product over the others of mean(structure)^w
//! ```
//!
//! with means m and covariances s under a Gaussian filter that stays within the image, C1 = (0.01 * 255)^2 and
//! C2 = (0.03 * 255)^2. A mean below 0 counts as 0. From scale to scale images are halved by means of 2 x 2 pixels. In f64.

use super::MsSsimForm;

/// How much each scale weighs, from the largest (Wang et al. 2003, section 3.2).
const WEIGHTS: [f64; 5] = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333];

/// C1 and C2.
const CONSTANTS: [f64; 2] = [0.01 * 255.0 * 0.01 * 255.0, 0.03 * 255.0 * 0.03 * 255.0];

/// Extent and standard deviation of the filter, in pixels.
const FILTER: (usize, f64) = (11, 1.5);

/// The five scales of images of one size.
#[derive(Clone, Debug)]
pub(super) struct Scales {
    form: MsSsimForm,
    channels: usize,
    scales: Vec<Scale>,
}

/// One scale.
#[derive(Clone, Debug)]
struct Scale {
    height: usize,
    width: usize,
    /// One axis of the filter, which is a product of two; sums to 1.
    filter: Vec<f64>,
}

/// Means over a scale.
struct Means {
    structure: f64,
    luminance_and_structure: f64,
}

impl Scales {
    /// The scales of images `[h, w, c]`.
    pub(super) fn new(form: MsSsimForm, [height, width, channels]: [usize; 3]) -> Self {
        let scale = |index: usize| {
            let (height, width) = (height.div_ceil(1 << index), width.div_ceil(1 << index));
            Scale {
                height,
                width,
                filter: gaussian(form, height.min(width)),
            }
        };
        Self {
            form,
            channels,
            scales: (0..WEIGHTS.len()).map(scale).collect(),
        }
    }

    /// The similarity of two images `[h, w, c]`, from 0 to 1.
    pub(super) fn similarity(&self, first: &[u8], second: &[u8]) -> f64 {
        let of_channels: Vec<Vec<Means>> = (0..self.channels)
            .map(|channel| self.means(self.channel(first, channel), self.channel(second, channel)))
            .collect();
        let channels = self.channels as f64;
        match self.form {
            MsSsimForm::ShrinkingFilter | MsSsimForm::Standard => {
                of_channels.iter().map(|means| product(means)).sum::<f64>() / channels
            }
            MsSsimForm::ShrinkingWidth => {
                let of_scale = |scale: usize| Means {
                    structure: of_channels
                        .iter()
                        .map(|means| means[scale].structure)
                        .sum::<f64>()
                        / channels,
                    luminance_and_structure: of_channels
                        .iter()
                        .map(|means| means[scale].luminance_and_structure)
                        .sum::<f64>()
                        / channels,
                };
                product(&(0..self.scales.len()).map(of_scale).collect::<Vec<_>>())
            }
        }
    }

    /// One channel of an image as a plane `[h, w]`.
    fn channel(&self, image: &[u8], channel: usize) -> Vec<f64> {
        let values = image.iter().skip(channel).step_by(self.channels);
        values.map(|&value| f64::from(value)).collect()
    }

    /// The means at each scale of two planes `[h, w]`.
    fn means(&self, mut first: Vec<f64>, mut second: Vec<f64>) -> Vec<Means> {
        let mut means = Vec::with_capacity(self.scales.len());
        for (index, scale) in self.scales.iter().enumerate() {
            if index > 0 {
                let before = &self.scales[index - 1];
                [first, second] = [first, second].map(|plane| match self.form {
                    MsSsimForm::Standard => before.halved_with_zeros(&plane),
                    MsSsimForm::ShrinkingFilter | MsSsimForm::ShrinkingWidth => before.halved(&plane),
                });
            }
            means.push(scale.compare(&first, &second));
        }
        means
    }
}

/// The similarity of means at all scales.
fn product(means: &[Means]) -> f64 {
    let last = means.len() - 1;
    let of_scale = |(scale, means): (usize, &Means)| {
        let base = if scale == last {
            means.luminance_and_structure
        } else {
            means.structure
        };
        libm::pow(base.max(0.0), WEIGHTS[scale])
    };
    means.iter().enumerate().map(of_scale).product()
}

/// One axis of the filter for an image whose smaller extent this is.
fn gaussian(form: MsSsimForm, extent: usize) -> Vec<f64> {
    let (most, deviation) = FILTER;
    let size = most.min(extent);
    let deviation = match form {
        MsSsimForm::ShrinkingFilter | MsSsimForm::Standard => deviation,
        MsSsimForm::ShrinkingWidth => deviation * size as f64 / most as f64,
    };
    let weight = |index: usize| {
        let from_middle = index as f64 - (size - 1) as f64 / 2.0;
        libm::exp(-from_middle * from_middle / (2.0 * deviation * deviation))
    };
    let weights: Vec<f64> = (0..size).map(weight).collect();
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / sum).collect()
}

impl Scale {
    /// The means of two planes `[h, w]` of this scale.
    fn compare(&self, first: &[f64], second: &[f64]) -> Means {
        let squares: Vec<f64> = first.iter().zip(second).map(|(x, y)| x * x + y * y).collect();
        let products: Vec<f64> = first.iter().zip(second).map(|(x, y)| x * y).collect();
        let [first, second, squares, products] =
            [first, second, &squares, &products].map(|plane| self.filtered(plane));
        let (mut structure_sum, mut both_sum) = (0.0, 0.0);
        let [c1, c2] = CONSTANTS;
        for (index, (x, y)) in first.iter().zip(&second).enumerate() {
            let (means_squared, means_product) = (x * x + y * y, 2.0 * x * y);
            let structure =
                (2.0 * products[index] - means_product + c2) / (squares[index] - means_squared + c2);
            structure_sum += structure;
            both_sum += (means_product + c1) / (means_squared + c1) * structure;
        }
        let count = first.len() as f64;
        Means {
            structure: structure_sum / count,
            luminance_and_structure: both_sum / count,
        }
    }

    /// A plane `[h, w]` under the filter, `[h - s + 1, w - s + 1]`.
    fn filtered(&self, plane: &[f64]) -> Vec<f64> {
        let size = self.filter.len();
        let (height, width) = (self.height - size + 1, self.width - size + 1);
        let mut rows = vec![0.0; self.height * width];
        for (row, plane) in rows.chunks_exact_mut(width).zip(plane.chunks_exact(self.width)) {
            for (weight, shifted) in self.filter.iter().zip(plane.windows(width)) {
                row.iter_mut()
                    .zip(shifted)
                    .for_each(|(sum, x)| *sum += weight * x);
            }
        }
        let mut result = vec![0.0; height * width];
        for (y, row) in result.chunks_exact_mut(width).enumerate() {
            for (weight, shifted) in self.filter.iter().zip(rows[y * width..].chunks_exact(width)) {
                row.iter_mut()
                    .zip(shifted)
                    .for_each(|(sum, x)| *sum += weight * x);
            }
        }
        result
    }

    /// A plane `[h, w]` at half the size, rounded up: means of 2 x 2 pixels, the last row and column repeated where they are odd.
    fn halved(&self, plane: &[f64]) -> Vec<f64> {
        let at = |y: usize, x: usize| plane[y.min(self.height - 1) * self.width + x.min(self.width - 1)];
        let mean = |y: usize, x: usize| {
            let (y, x) = (2 * y, 2 * x);
            0.25 * (at(y, x) + at(y, x + 1) + at(y + 1, x) + at(y + 1, x + 1))
        };
        self.halves(mean)
    }

    /// As [`Self::halved`], but along an odd axis with zeros before the first and after the last.
    fn halved_with_zeros(&self, plane: &[f64]) -> Vec<f64> {
        let (above, before) = (self.height % 2, self.width % 2);
        let at = |y: usize, x: usize| match (y.checked_sub(above), x.checked_sub(before)) {
            (Some(y), Some(x)) if y < self.height && x < self.width => plane[y * self.width + x],
            _ => 0.0,
        };
        let mean = |y: usize, x: usize| {
            let (y, x) = (2 * y, 2 * x);
            0.25 * (at(y, x) + at(y, x + 1) + at(y + 1, x) + at(y + 1, x + 1))
        };
        self.halves(mean)
    }

    fn halves(&self, value: impl Fn(usize, usize) -> f64) -> Vec<f64> {
        let (height, width) = (self.height.div_ceil(2), self.width.div_ceil(2));
        let row = |y: usize| (0..width).map(move |x| (y, x));
        (0..height).flat_map(row).map(|(y, x)| value(y, x)).collect()
    }
}
