//! Similarities against pytorch-msssim, NumPy and SciPy, and the choice of pairs.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::HashSet;

use super::super::neighbours::golden::{Golden, under_any_threads};
use super::*;

const SETTINGS: MsSsimSettings = MsSsimSettings {
    form: MsSsimForm::ShrinkingFilter,
    pairs: 100,
    seed: 0,
};
const PAIRS: [[usize; 2]; 6] = [[0, 1], [0, 2], [0, 4], [1, 2], [1, 4], [2, 4]];

/// The recipe's byte (`tests/golden/fid.py`).
fn byte(stream: u64, i: u64, j: u64) -> i64 {
    let mut x = (stream << 48 | i << 24 | j).wrapping_add(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^= x >> 31;
    (x >> 56) as i64 - 128
}

/// Image `i` of the recipe (`tests/golden/ms_ssim.py`).
fn image(i: u64, [height, width, channels]: [usize; 3]) -> Vec<u8> {
    let (pattern, noise) = ((i / 2) as i64, (i % 2) as i64);
    let pixel = |y: i64, x: i64, c: i64| {
        let wave = (5 + 3 * pattern) * y + (9 - 2 * pattern) * x + 60 * c * (1 + pattern) + 7 * pattern;
        let base = (wave.rem_euclid(510) - 255).abs();
        let base = if pattern == 2 { 255 - base } else { base };
        let noise = ((1 + noise) * byte(60 + i, y as u64, (4 * x + c) as u64)).div_euclid(4);
        (base + noise).clamp(0, 255) as u8
    };
    let (h, w, k) = (height as i64, width as i64, channels as i64);
    (0..h)
        .flat_map(|y| (0..w).flat_map(move |x| (0..k).map(move |c| (y, x, c))))
        .map(|(y, x, c)| pixel(y, x, c))
        .collect()
}

fn largest_difference(form: MsSsimForm) -> f64 {
    let golden = Golden::read("ms_ssim");
    let mut largest: f64 = 0.0;
    for case in golden.names(&format!(".{}", form.name())) {
        let size: Vec<usize> = case.split('.').map(|extent| extent.parse().unwrap()).collect();
        let size: [usize; 3] = size.try_into().unwrap();
        let scales = Scales::new(form, size);
        let expected = golden.values(&format!("{case}.{}", form.name()));
        for ([a, b], expected) in PAIRS.into_iter().zip(expected) {
            let found = scales.similarity(&image(a as u64, size), &image(b as u64, size));
            largest = largest.max((found - expected).abs());
        }
    }
    largest
}

#[test]
fn the_standard_form_is_that_of_pytorch_msssim() {
    // Its filter is in f32.
    let difference = largest_difference(MsSsimForm::Standard);
    assert!(difference < 1e-5, "{difference}");
}

#[test]
fn the_forms_that_shrink_the_filter_are_those_of_numpy_and_scipy() {
    for form in [MsSsimForm::ShrinkingFilter, MsSsimForm::ShrinkingWidth] {
        let difference = largest_difference(form);
        assert!(difference < 1e-10, "{form:?}: {difference}");
    }
}

#[test]
fn an_image_is_like_itself_in_every_form_and_at_every_size() {
    let cases = [
        (MsSsimForm::ShrinkingFilter, [32, 32, 3]),
        (MsSsimForm::ShrinkingFilter, [1, 1, 1]),
        (MsSsimForm::ShrinkingWidth, [7, 50, 2]),
        (MsSsimForm::Standard, [161, 161, 1]),
    ];
    for (form, [h, w, c]) in cases {
        let image = image(3, [h, w, c]);
        let twice = [&image[..], &image].concat();
        let found = ms_ssim(&twice, [2, h, w, c], &MsSsimSettings { form, ..SETTINGS }).unwrap();
        assert!((found.mean - 1.0).abs() < 1e-12, "{form:?}: {found:?}");
        assert_eq!([found.standard_deviation, found.pairs as f64], [0.0, 1.0]);
    }
}

#[test]
fn black_and_white_are_as_unlike_as_the_constants_let_them_be() {
    // Both have no structure, so only the luminance at the smallest scale differs: C1 / (255^2 + C1).
    let images = [[0; 1024], [255; 1024]].concat();
    let found = ms_ssim(&images, [2, 32, 32, 1], &SETTINGS).unwrap().mean;
    let luminance: f64 = 6.5025 / (65025.0 + 6.5025);
    assert!((found - luminance.powf(0.1333)).abs() < 1e-9, "{found}");
}

#[test]
fn gray_is_the_same_as_color_with_three_equal_channels() {
    let gray: Vec<u8> = (0..5).flat_map(|i| image(i, [20, 24, 1])).collect();
    let color: Vec<u8> = gray.iter().flat_map(|&x| [x; 3]).collect();
    for form in [MsSsimForm::ShrinkingFilter, MsSsimForm::ShrinkingWidth] {
        let settings = MsSsimSettings { form, ..SETTINGS };
        let one = ms_ssim(&gray, [5, 20, 24, 1], &settings).unwrap();
        let three = ms_ssim(&color, [5, 20, 24, 3], &settings).unwrap();
        assert!((one.mean - three.mean).abs() < 1e-12, "{one:?} {three:?}");
    }
}

#[test]
fn few_images_give_all_their_pairs_with_mean_and_deviation() {
    let size = [16, 16, 1];
    let images: Vec<u8> = (0..4).flat_map(|i| image(i, size)).collect();
    let scales = Scales::new(SETTINGS.form, size);
    let pairs = [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)];
    let each = pairs.map(|(a, b)| scales.similarity(&image(a, size), &image(b, size)));
    let mean = each.iter().sum::<f64>() / 6.0;
    let deviation = (each.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 6.0).sqrt();
    let found = ms_ssim(&images, [4, 16, 16, 1], &SETTINGS).unwrap();
    assert_eq!(found.pairs, 6);
    assert!((found.mean - mean).abs() < 1e-14 && (found.standard_deviation - deviation).abs() < 1e-14);
}

#[test]
fn every_number_is_a_pair_of_its_own() {
    let all: Vec<[usize; 2]> = (0..50 * 49 / 2).map(pair).collect();
    assert!(all.iter().all(|[a, b]| a < b && *b < 50));
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
    let large = 100_000_000_u64;
    assert_eq!(pair(large * (large - 1) / 2), [0, large as usize]);
    assert_eq!(
        pair(large * (large - 1) / 2 - 1),
        [large as usize - 2, large as usize - 1]
    );
}

#[test]
fn pairs_are_different_ones_and_a_function_of_the_seed() {
    let of = |seed| {
        pairs(
            1000,
            &MsSsimSettings {
                pairs: 5000,
                seed,
                ..SETTINGS
            },
        )
    };
    let first = of(0);
    assert_eq!(first, of(0));
    assert_ne!(first, of(1));
    assert_eq!(first.iter().collect::<HashSet<_>>().len(), 5000);
    let mean = first.iter().flatten().sum::<usize>() as f64 / 10_000.0;
    assert!(
        (mean - 499.5).abs() < 10.0,
        "images are drawn equally often: {mean}"
    );
}

#[test]
fn threads_do_not_change_a_bit() {
    let images: Vec<u8> = (0..30).flat_map(|i| image(i, [16, 16, 3])).collect();
    under_any_threads(|| ms_ssim(&images, [30, 16, 16, 3], &SETTINGS).unwrap());
}

#[test]
fn images_without_a_similarity_are_refused() {
    let refusal = |bytes, extents, settings| {
        ms_ssim(&vec![0; bytes], extents, &settings)
            .unwrap_err()
            .to_string()
    };
    let short = "2 images of 8 x 8 x 1 need as many bytes, found 127";
    assert_eq!(refusal(127, [2, 8, 8, 1], SETTINGS), short);
    assert!(refusal(0, [2, 0, 8, 1], SETTINGS).contains("found 0"));
    assert!(refusal(0, [usize::MAX, 2, 8, 1], SETTINGS).contains("found 0"));
    assert_eq!(
        refusal(64, [1, 8, 8, 1], SETTINGS),
        "a pair needs at least 2 images, found 1"
    );
    let none = MsSsimSettings { pairs: 0, ..SETTINGS };
    assert_eq!(
        refusal(128, [2, 8, 8, 1], none),
        "the number of pairs is 0, expected at least 1"
    );
    let standard = MsSsimSettings {
        form: MsSsimForm::Standard,
        ..SETTINGS
    };
    let small = "images of 8 x 8 are too small for the standard form, which needs at least 161 x 161";
    assert_eq!(refusal(128, [2, 8, 8, 1], standard), small);
}
