//! Numbers that other programs have stored, and what tests of several metrics do with features. Knows no metric.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use safetensors::SafeTensors;

use crate::random::Stream;

/// A file of `tests/golden`.
pub(in crate::metrics) struct Golden(Vec<u8>);

impl Golden {
    pub(in crate::metrics) fn read(file: &str) -> Self {
        let path = format!("{}/tests/golden/{file}.safetensors", env!("CARGO_MANIFEST_DIR"));
        Self(std::fs::read(path).unwrap())
    }

    fn tensors(&self) -> SafeTensors<'_> {
        SafeTensors::deserialize(&self.0).unwrap()
    }

    /// Names of all arrays that end so, without the ending.
    pub(in crate::metrics) fn names(&self, ending: &str) -> Vec<String> {
        let tensors = self.tensors();
        let mut names: Vec<String> = tensors
            .names()
            .into_iter()
            .filter_map(|name| name.strip_suffix(ending).map(str::to_owned))
            .collect();
        names.sort();
        assert!(!names.is_empty(), "nothing ends in {ending}");
        names
    }

    /// Features `[n, d]`, and d.
    pub(in crate::metrics) fn features(&self, name: &str) -> (Vec<f32>, usize) {
        let tensors = self.tensors();
        let tensor = tensors.tensor(name).unwrap();
        let bytes = tensor.data().chunks_exact(4);
        let values = bytes.map(|b| f32::from_le_bytes(b.try_into().unwrap()));
        (values.collect(), tensor.shape()[1])
    }

    pub(in crate::metrics) fn values(&self, name: &str) -> Vec<f64> {
        let tensors = self.tensors();
        let bytes = tensors.tensor(name).unwrap();
        let bytes = bytes.data().chunks_exact(8);
        bytes.map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect()
    }

    pub(in crate::metrics) fn value(&self, name: &str) -> f64 {
        self.values(name)[0]
    }
}

/// Normal features of `count` samples, drawn for a name.
pub(in crate::metrics) fn normal(name: &str, count: usize, d: usize) -> Vec<f32> {
    let mut values = vec![0.0; count * d];
    Stream::new(7, 0, name, 0).fill_normal(&mut values);
    values
}

/// The rows in another order.
pub(in crate::metrics) fn shuffled(features: &[f32], d: usize) -> Vec<f32> {
    let order = Stream::new(7, 0, "order", 0).permutation(features.len() / d);
    let row = |index: usize| features[index * d..][..d].iter().copied();
    order.into_iter().flat_map(row).collect()
}

/// What `work` returns under 1, 2, 3 and 8 threads, which must be equal.
pub(in crate::metrics) fn under_any_threads<T: PartialEq + std::fmt::Debug + Send>(
    work: impl Fn() -> T + Send + Sync,
) -> T {
    let under = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build().unwrap().install(&work)
    };
    let first = under(1);
    for threads in [2, 3, 8] {
        assert_eq!(first, under(threads), "under {threads} threads");
    }
    first
}
