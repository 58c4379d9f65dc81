//! Every rule against the program that it is named after. The numbers are made by tests/golden/resize.py.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;

use safetensors::SafeTensors;

use super::*;

/// Height, width, channels, side.
type Case = [usize; 4];

/// The sides of the networks, from the sizes of images that are compared most.
const LARGE: [Case; 6] = [
    [32, 32, 3, 299],
    [32, 32, 1, 224],
    [301, 200, 3, 299],
    [640, 480, 1, 299],
    [28, 28, 1, 299],
    [299, 299, 3, 299],
];
const SMALL: [Case; 6] = [
    [37, 45, 1, 20],
    [9, 11, 3, 24],
    [200, 301, 1, 32],
    [1, 7, 3, 16],
    [5, 1, 1, 12],
    [1, 1, 3, 7],
];

/// The recipe of the golden's script.
fn recipe([height, width, channels, _]: Case) -> Images {
    let value = |y: usize, x: usize| (3 * x * x + 5 * y * y + 7 * x * y) / 11 + 90 * ((x / 9 + y / 7) % 2);
    let places = (0..height).flat_map(|y| (0..width).map(move |x| value(y, x) % 256));
    let pixels = places.flat_map(|r| (0..channels).map(move |k| ((r * (k + 1) + 31 * k) % 256) as u8));
    Images::new([1, height, width, channels], pixels.collect()).unwrap()
}

/// The largest difference to the rows that the golden holds.
fn largest_difference(rule: InputResize, case: Case) -> f32 {
    let [height, width, channels, side] = case;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/resize.safetensors");
    let bytes = std::fs::read(path).unwrap();
    let golden = SafeTensors::deserialize(&bytes).unwrap();
    let name = format!("{}.{height}.{width}.{channels}.{side}", rule.name());
    let expected = golden.tensor(&name).unwrap();
    let expected = expected.data().as_chunks().0;
    let found = resize(&recipe(case), rule, side);
    assert_eq!(found.len(), side * side * channels, "{name}");
    let rows: Vec<&[f32]> = found.chunks(side * channels).collect();
    let rows = match side > 100 {
        true => vec![rows[0], rows[149], rows[side - 1]],
        false => rows,
    };
    assert_eq!(rows.concat().len(), expected.len(), "{name}");
    let pairs = rows.concat().into_iter().zip(expected);
    pairs.fold(0.0, |largest, (found, expected)| {
        f32::max(largest, (found - f32::from_le_bytes(*expected)).abs())
    })
}

#[test]
fn tensorflows_interpolation_is_that_of_torch_fidelity_to_the_bit() {
    for case in LARGE.into_iter().chain(SMALL) {
        let difference = largest_difference(InputResize::TensorflowBilinear, case);
        assert_eq!(difference.to_bits(), 0, "{case:?}");
    }
}

/// PyTorch takes other kernels for the smallest images, and sums in other groups where many pixels make one.
#[test]
fn pytorchs_interpolation_is_pytorchs_to_the_bit_at_the_sides_of_networks_and_to_a_digit_of_a_position_elsewhere()
 {
    for rule in [InputResize::TorchBilinear, InputResize::TorchAntialias] {
        for case in LARGE.into_iter().chain(SMALL) {
            let [height, width, ..] = case;
            // A position's last digit, times the steepest slope between two bytes.
            let digit = 255.0 * height.max(width) as f32 * f32::EPSILON;
            let allowed = if LARGE.contains(&case) { 0.0 } else { digit };
            let difference = largest_difference(rule, case);
            assert!(
                difference <= allowed,
                "{} of {case:?}: off by {difference}",
                rule.name()
            );
        }
    }
}

/// Two roundings to f32, of values that a bicubic filter brings to less than twice a byte's range.
#[test]
fn pillows_bicubic_filter_is_that_of_clean_fid() {
    for case in LARGE.into_iter().chain(SMALL) {
        let difference = largest_difference(InputResize::PillowBicubic, case);
        assert!(
            difference <= 2.0 * 510.0 * f32::EPSILON,
            "{case:?}: off by {difference}"
        );
    }
}

#[test]
fn one_color_stays_that_color_and_the_right_size_stays_as_it_is() {
    let color = [0, 141, 255];
    for rule in InputResize::ALL {
        for (height, width) in [(7, 90), (90, 7), (1, 1)] {
            let image = Images::new([1, height, width, 3], color.repeat(height * width)).unwrap();
            for pixel in resize(&image, rule, 16).chunks(3) {
                let off = pixel.iter().zip(color).map(|(x, y)| (x - f32::from(y)).abs());
                assert!(off.fold(0.0, f32::max) <= 255.0 * 4.0 * f32::EPSILON, "{pixel:?}");
            }
        }
        let image = recipe([40, 40, 3, 40]);
        let same: Vec<f32> = image.pixels.iter().map(|&byte| f32::from(byte)).collect();
        assert_eq!(resize(&image, rule, 40), same, "{}", rule.name());
    }
}

#[test]
#[should_panic(expected = "an image of 0 x 4 x 3 cannot be brought to a side of 8")]
fn an_image_without_pixels_is_refused() {
    let image = Images::new([1, 0, 4, 3], Vec::new()).unwrap();
    let _ = resize(&image, InputResize::TorchBilinear, 8);
}
