//! Some neighbouring channels, transformed together. Knows no images and no filters.

use std::ops::{Add, Mul, Sub};

use crate::element::Real;

/// Channels that are transformed together.
pub(super) const LANES: usize = 8;

/// One value of each of [`LANES`] channels.
#[derive(Clone, Copy)]
pub(super) struct Lanes<T>([T; LANES]);

impl<T: Real> Lanes<T> {
    pub(super) const ZERO: Self = Self([T::ZERO; LANES]);

    /// The first values of a slice; what the slice lacks is 0.
    #[inline(always)]
    pub(super) fn load(values: &[T]) -> Self {
        match values.first_chunk() {
            Some(whole) => Self(*whole),
            None => {
                let mut lanes = Self::ZERO;
                lanes.0[..values.len()].copy_from_slice(values);
                lanes
            }
        }
    }

    /// Writes as many values as the slice has room for.
    #[inline(always)]
    pub(super) fn store(self, values: &mut [T]) {
        match values.first_chunk_mut() {
            Some(whole) => *whole = self.0,
            None => values.copy_from_slice(&self.0[..values.len()]),
        }
    }

    #[inline(always)]
    pub(super) fn map(mut self, f: impl Fn(T) -> T) -> Self {
        for value in &mut self.0 {
            *value = f(*value);
        }
        self
    }
}

impl<T: Real> Add for Lanes<T> {
    type Output = Self;
    #[inline(always)]
    fn add(mut self, other: Self) -> Self {
        for i in 0..LANES {
            self.0[i] += other.0[i];
        }
        self
    }
}

impl<T: Real> Sub for Lanes<T> {
    type Output = Self;
    #[inline(always)]
    fn sub(mut self, other: Self) -> Self {
        for i in 0..LANES {
            self.0[i] = self.0[i] - other.0[i];
        }
        self
    }
}

impl<T: Real> Mul<f64> for Lanes<T> {
    type Output = Self;
    #[inline(always)]
    fn mul(mut self, factor: f64) -> Self {
        let factor = T::from_f64(factor);
        for value in &mut self.0 {
            *value = factor * *value;
        }
        self
    }
}

/// Calls `work(first, count)` for all channels, [`LANES`] or fewer at a time.
#[inline(always)]
pub(super) fn for_each_lanes(channels: usize, mut work: impl FnMut(usize, usize)) {
    let whole = channels / LANES * LANES;
    for first in (0..whole).step_by(LANES) {
        work(first, LANES);
    }
    if whole < channels {
        work(whole, channels - whole);
    }
}
