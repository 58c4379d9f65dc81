//! Reading the files, and the numbers that both languages compute alike. Knows no network.

use gan_kernels::Array;
use serde_json::Value;

use crate::nn::Weights;

/// The entries of `tests/golden/landscape-<part>.json`.
pub(super) fn entries(part: &str) -> Vec<Value> {
    let path = format!("{}/tests/golden/landscape-{part}.json", env!("CARGO_MANIFEST_DIR"));
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    file["entries"].as_array().unwrap().clone()
}

/// `count` doubles in [0, 1): the upper 53 bits of splitmix64's outputs (Steele et al. 2014), seeded by FNV-1a of `name`.
pub(super) fn formula(name: &str, count: usize) -> Vec<f64> {
    let hash = |value: u64, byte: u8| (value ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
    let seed = name.bytes().fold(0xCBF2_9CE4_8422_2325, hash);
    let number = |index: usize| {
        let mut z = seed.wrapping_add((index as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        (z >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    };
    (0..count).map(number).collect()
}

/// The formula's numbers brought to [-1, 1).
pub(super) fn signed(name: &str, count: usize) -> Vec<f64> {
    formula(name, count).iter().map(|number| 2.0 * number - 1.0).collect()
}

/// How the array of this key, such as `generator/dense.weight`, starts.
pub(super) fn initial(key: &str, shape: &[usize], gain: f64) -> Array {
    let mut values = signed(key, shape.iter().product());
    let (_, last) = key.rsplit_once('.').unwrap();
    let fan: usize = shape[..shape.len() - 1].iter().product();
    let length = values.iter().map(|x| x * x).sum::<f64>().sqrt();
    for x in &mut values {
        *x = match last {
            "weight" => gain * (3.0 / fan as f64).sqrt() * *x,
            "gamma" | "variance" => 1.0 + 0.2 * *x,
            "u" => *x / length,
            _ => 0.1 * *x,
        };
    }
    Array::from_f64(shape, &values)
}

/// The largest deviation of all arrays' summaries from the expected ones: of the sum, the sum of squares and the product
/// with the formula's vector, each in proportion to the largest that it could be for an array of this length.
///
/// An entry of `expected` that is no array's name stands for all arrays below it, one after another by name.
pub(super) fn deviation_of_summaries(arrays: &Weights, expected: &Value) -> (f64, String) {
    let mut largest = (0.0, String::new());
    let mut seen = 0;
    for (key, expected) in expected.as_object().unwrap() {
        let below = format!("{key}.");
        let own = arrays.iter().filter(|(name, _)| *name == key || name.starts_with(&below));
        let mut values = Vec::new();
        for (_, array) in own {
            values.extend(array.to_f64().unwrap());
            seen += 1;
        }
        assert!(!values.is_empty(), "there is no array {key}");
        let deviation = deviation_of_summary(&values, expected);
        if deviation.is_nan() || deviation > largest.0 {
            largest = (deviation, key.clone());
        }
    }
    assert_eq!(seen, arrays.iter().count(), "arrays without a golden");
    largest
}

fn deviation_of_summary(values: &[f64], expected: &Value) -> f64 {
    let expected: Vec<f64> = expected.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
    let squares: f64 = values.iter().map(|x| x * x).sum();
    let product = signed("product", values.len());
    let found = [
        values.iter().sum(),
        squares,
        values.iter().zip(&product).map(|(x, y)| x * y).sum(),
    ];
    let length = (squares.max(expected[1]) * values.len() as f64).sqrt();
    let scales = [length, squares.max(expected[1]), length].map(|scale| scale.max(1e-12));
    (0..3).map(|i| (found[i] - expected[i]).abs() / scales[i]).fold(0.0, f64::max)
}

/// How far a number is off, in proportion to the expected one or to a thousandth.
pub(super) fn relative(found: f64, expected: f64) -> f64 {
    (found - expected).abs() / expected.abs().max(1e-3)
}
