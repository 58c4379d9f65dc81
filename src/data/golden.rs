//! Files that other tools made (tests/golden/archives.py), for tests.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};

use safetensors::SafeTensors;

/// Where a file of the folder `archives` lies.
pub(super) fn archive(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden/archives")
        .join(file)
}

/// What other tools made: arrays by name.
pub(super) struct Golden(Vec<u8>);

impl Golden {
    pub(super) fn read() -> Self {
        Self(std::fs::read(archive("").with_extension("safetensors")).unwrap())
    }

    /// The extents and bytes of an array.
    pub(super) fn bytes(&self, name: &str) -> (Vec<usize>, Vec<u8>) {
        let tensors = SafeTensors::deserialize(&self.0).unwrap();
        let tensor = tensors
            .tensor(name)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        (tensor.shape().to_vec(), tensor.data().to_vec())
    }

    pub(super) fn whole(&self, name: &str) -> Vec<i64> {
        let (_, bytes) = self.bytes(name);
        bytes
            .as_chunks()
            .0
            .iter()
            .map(|bytes| i64::from_le_bytes(*bytes))
            .collect()
    }

    pub(super) fn real(&self, name: &str) -> Vec<f32> {
        let (_, bytes) = self.bytes(name);
        bytes
            .as_chunks()
            .0
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes))
            .collect()
    }
}

/// The images of one rule of whole numbers that the scripts make too; [height, width].
pub(super) fn recipe(height: usize, width: usize) -> Vec<u8> {
    let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let value =
        |(x, y): (usize, usize)| (3 * x * x + 5 * y * y + 7 * x * y) / 11 + 90 * ((x / 9 + y / 7) % 2);
    pixels.map(|pixel| (value(pixel) % 256) as u8).collect()
}
