//! How well conditioned a generator is: how differently far it moves an image along different directions of its latent
//! (Odena et al. 2018).
//!
//! With J the Jacobian `[h w c, z]` of an image by its latent, the condition number is that of J' J, the largest over the smallest
//! of the squared singular values of J; its natural logarithm is averaged over latents. The generator is the one that is evaluated,
//! and its batch normalization uses running averages, so that an image depends on its own latent alone.
//!
//! Columns J v come from differentiating twice: J' w is the gradient of the sum of `w G(z)` by z, and the gradient of the sum of
//! `v J' w` by w is J v. A batch holds pairs of a latent and a unit vector. Singular values are taken in f64.

use gan_kernels::{Array, Device, ReadError};

use crate::autograd::{Variable, differentiable_gradients, gradients};
use crate::gan::{EvaluationLatents, GeneratorState, TrainingSettings};
use crate::metrics::{NoConvergence, singular_values};
use crate::nn::{Bound, Network, Normalizing, Weights};

/// Pairs of a latent and a direction in a batch; every batch is full, as in `evaluation.rs`.
const BATCH: usize = 64;

/// The smallest singular value that is told from 0, in proportion to the largest: eight roundings of f32, in which the
/// networks compute.
const RESOLUTION: f64 = 1.0 / (1 << 20) as f64;

/// The conditioning of a generator over some latents.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JacobianConditioning {
    /// Mean over the latents of the natural logarithm of the condition number of J' J, at least 0.
    pub mean_log_condition: f64,
    /// Standard deviation over the latents, with their number as divisor.
    pub standard_deviation: f64,
    /// How many latents there were.
    pub latents: usize,
    /// For how many of them the smallest singular value could not be told from 0. Each counts as 2 log 2^20 = 27.7, the most that
    /// can be told.
    pub unresolved: usize,
}

/// A generator without a conditioning.
#[derive(Clone, Debug, thiserror::Error)]
pub enum JacobianError {
    /// There is no latent.
    #[error("the conditioning of a generator needs at least 1 latent")]
    NoLatents,
    /// A derivative is infinite or not a number.
    #[error("the Jacobian at latent {latent} is not finite")]
    NonFinite {
        /// The latent, from 0.
        latent: usize,
    },
    /// Singular values were not found.
    #[error(transparent)]
    NoConvergence(#[from] NoConvergence),
    /// The device failed.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// The conditioning of a generator at the first `count` latents of a purpose.
///
/// `progress(done, total)` is told of every latent and ends the work by `false`, which gives `None`.
///
/// # Errors
/// Where there is no latent, a derivative is not finite, or the device fails.
pub fn jacobian_conditioning(
    device: &Device,
    settings: &TrainingSettings,
    generator: &GeneratorState,
    latents: EvaluationLatents,
    count: usize,
    mut progress: impl FnMut(usize, usize) -> bool,
) -> Result<Option<JacobianConditioning>, JacobianError> {
    if count == 0 {
        return Err(JacobianError::NoLatents);
    }
    let network = settings.generator();
    let weights = generator.evaluated(settings);
    let map = Map {
        network: &network,
        bound: &Bound::constants(&weights),
        averages: &generator.averages,
    };
    let mut logarithms = Vec::with_capacity(count);
    let mut unresolved = 0;
    for latent in 0..count {
        if !progress(latent, count) {
            return Ok(None);
        }
        let at = latents.draw(&Device::Cpu, latent, 1).to_f32()?;
        let columns = map.jacobian(device, &at)?;
        if columns.iter().any(|value| !value.is_finite()) {
            return Err(JacobianError::NonFinite { latent });
        }
        let ratio = condition(&columns, at.len())?;
        unresolved += usize::from(ratio.is_none());
        logarithms.push(2.0 * libm::log(ratio.unwrap_or(1.0 / RESOLUTION)));
    }
    let mean = logarithms.iter().sum::<f64>() / count as f64;
    let squares = logarithms.iter().map(|x| (x - mean) * (x - mean));
    Ok(Some(JacobianConditioning {
        mean_log_condition: mean,
        standard_deviation: (squares.sum::<f64>() / count as f64).sqrt(),
        latents: count,
        unresolved,
    }))
}

/// The largest over the smallest singular value of a Jacobian whose `z` columns lie one after the other; `None` where the
/// smallest cannot be told from 0.
fn condition(columns: &[f64], z: usize) -> Result<Option<f64>, NoConvergence> {
    let outputs = columns.len() / z;
    if outputs < z {
        return Ok(None);
    }
    let values = singular_values(faer::MatRef::from_column_major_slice(columns, outputs, z))?;
    let (largest, smallest) = (values[0], values[z - 1]);
    Ok((smallest > RESOLUTION * largest).then(|| largest / smallest))
}

/// A generator as a function of its latent.
struct Map<'a> {
    network: &'a Network,
    bound: &'a Bound,
    averages: &'a Weights,
}

impl Map<'_> {
    /// The columns of the Jacobian at a latent, one after the other, `[z, h w c]`.
    fn jacobian(&self, device: &Device, latent: &[f32]) -> Result<Vec<f64>, ReadError> {
        let z = latent.len();
        let mut columns = Vec::with_capacity(z * self.network.output().count());
        let latents: Vec<f32> = latent.iter().copied().cycle().take(BATCH * z).collect();
        let latents = Array::from_f32(device, [BATCH, z], &latents);
        for first in (0..z).step_by(BATCH) {
            let mut directions = vec![0.0; BATCH * z];
            for (row, unit) in (first..z).take(BATCH).enumerate() {
                directions[row * z + unit] = 1.0;
            }
            let directions = Array::from_f32(device, [BATCH, z], &directions);
            let found = self.along(&latents, &directions).to_f32()?;
            let own = BATCH.min(z - first) * (found.len() / BATCH);
            columns.extend(found[..own].iter().map(|&value| f64::from(value)));
        }
        Ok(columns)
    }

    /// The derivative of each image along a direction of its latent, `[n, h w c]`, for latents and directions `[n, z]`.
    fn along(&self, latents: &Array, directions: &Array) -> Array {
        let latents = Variable::leaf(latents.clone());
        let images = self
            .network
            .forward(&latents, self.bound, &mut Normalizing::Running(self.averages));
        let n = latents.shape().extents()[0];
        let images = images.reshape([n, images.shape().count() / n]);
        let weights = Variable::leaf(Array::full_like(images.value(), images.shape(), 0.0));
        let transposed = differentiable_gradients(&images.times(&weights), std::slice::from_ref(&latents));
        let along = transposed[0].times(&Variable::constant(directions.clone()));
        gradients(along, std::slice::from_ref(&weights)).remove(0)
    }
}

#[cfg(test)]
mod tests;
