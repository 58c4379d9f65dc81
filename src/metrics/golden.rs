//! What other programs' own code found, from `tests/golden/distances.safetensors`, and the features that they were given.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use safetensors::{Dtype, SafeTensors};

use super::fid::tests::features;

/// The numbers of one name, in f64.
pub(super) fn numbers(name: &str) -> Vec<f64> {
    let bytes = bytes(name, Dtype::F64);
    let values = bytes.chunks_exact(8);
    values
        .map(|bytes| f64::from_le_bytes(bytes.try_into().unwrap()))
        .collect()
}

/// The only number of a name.
pub(super) fn number(name: &str) -> f64 {
    let numbers = numbers(name);
    assert_eq!(numbers.len(), 1);
    numbers[0]
}

/// Rows that another program's generator drew.
pub(super) fn rows(name: &str) -> Vec<usize> {
    let bytes = bytes(name, Dtype::U16);
    let values = bytes.chunks_exact(2);
    values
        .map(|bytes| usize::from(u16::from_le_bytes(bytes.try_into().unwrap())))
        .collect()
}

fn bytes(name: &str, dtype: Dtype) -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/distances.safetensors");
    let file = std::fs::read(path).unwrap();
    let golden = SafeTensors::deserialize(&file).unwrap();
    let tensor = golden.tensor(name).unwrap();
    assert_eq!(tensor.dtype(), dtype);
    tensor.data().to_vec()
}

/// Features of set `s`, [n, d], as large as those of Inception-v3.
pub(super) fn inception_like(s: usize, n: usize, d: usize) -> Vec<f32> {
    features(s, n, d).iter().map(|value| value / 8.0).collect()
}
