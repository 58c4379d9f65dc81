//! Losses that are still on the device: read several steps at a time, so that a GPU is not waited for at each of them.

use std::time::{Duration, Instant};

use gan_kernels::{Device, ReadError};

use super::state_file::LossCurves;
use crate::gan::UnreadLosses;

/// Most steps whose losses are read together.
const MOST_STEPS: usize = 50;

/// About how long a device works between two readings: until then a request to stop waits, and progress is not told.
const INTERVAL: Duration = Duration::from_millis(500);

/// The losses of the last steps, which nobody has read.
pub(super) struct LossBlock {
    unread: Vec<UnreadLosses>,
    /// The step of the first of them.
    first: u64,
    /// Steps after which they are to be read.
    length: usize,
    /// The longest that a block may become.
    longest: usize,
    /// When the last ones were read.
    since: Instant,
}

impl LossBlock {
    /// An empty block before step `first`. On the CPU device losses are there at once, and read at each step.
    pub(super) fn new(device: &Device, first: u64) -> Self {
        Self {
            unread: Vec::new(),
            first,
            length: 1,
            longest: match device {
                Device::Cpu => 1,
                Device::Cube(_) => MOST_STEPS,
            },
            since: Instant::now(),
        }
    }

    /// Adds the losses of the next step.
    pub(super) fn push(&mut self, losses: UnreadLosses) {
        self.unread.push(losses);
    }

    /// Whether it is time to read.
    pub(super) fn is_full(&self) -> bool {
        self.unread.len() >= self.length
    }

    /// Waits for the device and moves the losses to the curves, up to the first that is not finite; tells whether all are.
    pub(super) fn read_into(&mut self, curves: &mut LossCurves) -> Result<bool, ReadError> {
        let steps = self.unread.len();
        for losses in self.unread.drain(..) {
            let losses = losses.read()?;
            curves.push(self.first, losses);
            if !losses.is_finite() {
                return Ok(false);
            }
            self.first += 1;
        }
        self.length = length(self.since.elapsed(), steps).min(self.longest);
        self.since = Instant::now();
        Ok(true)
    }
}

/// Steps that the device does between two readings, if so many took so long.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a quotient of positive numbers, clamped"
)]
fn length(elapsed: Duration, steps: usize) -> usize {
    let steps = steps as f64 * INTERVAL.as_secs_f64() / elapsed.as_secs_f64().max(1e-9);
    steps.clamp(1.0, MOST_STEPS as f64) as usize
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use gan_kernels::Array;

    use super::*;

    #[test]
    fn a_fast_device_is_waited_for_seldom_and_a_slow_one_at_each_step() {
        let millis = Duration::from_millis;
        let lengths = [(1, 10), (50, 1), (1, 100), (4, 1000), (1, 9000)]
            .map(|(steps, elapsed)| length(millis(elapsed), steps));
        assert_eq!(lengths, [50, 50, 5, 2, 1]);
    }

    #[test]
    fn reading_ends_at_the_first_loss_that_is_not_finite_and_names_its_step() {
        let losses = |discriminator: f64| UnreadLosses {
            discriminator: Array::from_f64([1, 1], &[discriminator]),
            penalty: None,
            generator: Some(Array::from_f64([1, 1], &[0.5])),
        };
        let mut curves = LossCurves::starting_after(7);
        let mut block = LossBlock::new(&Device::Cpu, 8);
        for value in [1.0, 2.0, f64::NAN, 3.0] {
            block.push(losses(value));
        }
        assert!(block.is_full());
        assert!(!block.read_into(&mut curves).unwrap());
        assert_eq!(curves.diverged_at(), Some(10));
        assert_eq!(curves.discriminator.len(), 3);
    }
}
