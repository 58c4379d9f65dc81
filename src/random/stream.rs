//! One named stream of random numbers: ChaCha12 under a key made from the name.
//!
//! Key and nonce are an injective packing but for the name, which is hashed:
//!
//! ```text
//! key   = seed (8 bytes) | run (8 bytes) | FNV-1a of the name (16 bytes), each little-endian
//! nonce = step (8 bytes)
//! ```
//!
//! So two names meet only where their 128-bit FNV-1a hashes do, and steps of one name can never meet.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Offset basis and prime of the 128-bit FNV-1a hash (Fowler, Noll & Vo; RFC 9923, Section 5).
const FNV_OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const FNV_PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

/// A stream of random numbers that is a function of (study seed, run seed, name, step).
#[derive(Clone, Debug)]
pub struct Stream {
    generator: ChaCha12Rng,
    spare_normal: Option<f64>,
}

impl Stream {
    /// Opens the stream at its first number.
    ///
    /// `seed` is the study's (or a protocol's own), `run` the run's; `name` says what the numbers are for, such as
    /// `latent.generator`; `step` counts whatever the name is asked for anew: training steps, epochs, images.
    pub fn new(seed: u64, run: u64, name: &str, step: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&run.to_le_bytes());
        key[16..].copy_from_slice(&fnv1a(name.as_bytes()).to_le_bytes());
        let mut generator = ChaCha12Rng::from_seed(key);
        generator.set_stream(step);
        Self {
            generator,
            spare_normal: None,
        }
    }

    /// Draws from U[0, 1): a multiple of 2^-53, from the upper 53 of 64 bits.
    pub fn uniform(&mut self) -> f64 {
        const SCALE: f64 = 1.0 / (1_u64 << 53) as f64;
        (self.generator.next_u64() >> 11) as f64 * SCALE
    }

    /// Draws from N(0, 1) by the transform of Box & Muller (1958), whose second value the next call returns.
    pub fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare_normal.take() {
            return spare;
        }
        // 1 - U lies in (0, 1], where the logarithm is finite.
        let radius = (-2.0 * libm::log(1.0 - self.uniform())).sqrt();
        let angle = std::f64::consts::TAU * self.uniform();
        self.spare_normal = Some(radius * libm::sin(angle));
        radius * libm::cos(angle)
    }

    /// Draws an integer from 0..`bound`, each equally likely; 0 where `bound` is 0.
    ///
    /// The product of a 64-bit draw and the bound, whose upper half is the result; draws that would favour some
    /// results are rejected (Lemire 2019, Algorithm 5).
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 {
            return 0;
        }
        let threshold = bound.wrapping_neg() % bound;
        loop {
            let product = u128::from(self.generator.next_u64()) * u128::from(bound);
            if product as u64 >= threshold {
                return (product >> 64) as u64;
            }
        }
    }

    /// Fills `values` from U(`low`, `high`), each from 24 random bits.
    ///
    /// With `low` 0 and `high` 1 a value never reaches 1; other ranges may reach `high` by rounding to f32.
    pub fn fill_uniform(&mut self, values: &mut [f32], low: f32, high: f32) {
        const SCALE: f64 = 1.0 / (1_u64 << 24) as f64;
        let (low, width) = (f64::from(low), f64::from(high) - f64::from(low));
        for value in values {
            let unit = f64::from(self.generator.next_u32() >> 8) * SCALE;
            *value = (low + width * unit) as f32;
        }
    }

    /// Fills `values` from N(0, 1), computed in f64 and rounded to f32.
    pub fn fill_normal(&mut self, values: &mut [f32]) {
        for value in values {
            *value = self.normal() as f32;
        }
    }

    /// Draws an order of 0..`n`, each equally likely (Durstenfeld 1964, the Fisher-Yates shuffle in place).
    pub fn permutation(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        for last in (1..n).rev() {
            let chosen = self.below(last as u64 + 1) as usize;
            order.swap(last, chosen);
        }
        order
    }
}

fn fnv1a(bytes: &[u8]) -> u128 {
    bytes.iter().fold(FNV_OFFSET, |hash, &byte| {
        (hash ^ u128::from(byte)).wrapping_mul(FNV_PRIME)
    })
}

#[cfg(test)]
mod tests;
