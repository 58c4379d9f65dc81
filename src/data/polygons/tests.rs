//! Drawn polygons: what they show, and that they never change.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;

fn sum(pixels: &[u8]) -> u64 {
    pixels.iter().map(|&x| u64::from(x)).sum()
}

/// FNV-1a in 64 bits over bytes.
fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[test]
fn the_protocols_polygons_never_change() {
    let polygons = Polygons::default();
    let (train, test) = (polygons.generate(Split::Train), polygons.generate(Split::Test));
    assert_eq!((train.images.count, test.images.count), (10_000, 2_000));
    assert_eq!(
        (sum(&train.images.pixels), sum(&test.images.pixels)),
        (177_587_019, 35_704_729)
    );
    assert_eq!(
        [0, 1, 2, 3].map(|index| sum(train.images.image(index).unwrap())),
        [16_702, 37_021, 13_006, 50_119]
    );
    assert_eq!(
        (checksum(&train.images.pixels), checksum(&test.images.pixels)),
        (7_782_196_940_124_500_012, 8_383_034_036_012_887_376)
    );
}

#[test]
fn an_image_does_not_depend_on_how_many_there_are() {
    let few = Polygons {
        train: 5,
        ..Polygons::default()
    }
    .generate(Split::Train);
    let more = Polygons {
        train: 50,
        ..Polygons::default()
    }
    .generate(Split::Train);
    assert_eq!(few.images.pixels, more.images.pixels[..5 * 784]);
    assert_eq!(few.labels.unwrap(), more.labels.unwrap()[..5]);
}

#[test]
fn seed_and_split_change_every_image() {
    let draw = |seed, split| {
        Polygons {
            seed,
            train: 20,
            test: 20,
        }
        .generate(split)
        .images
    };
    let images = [draw(1, Split::Train), draw(2, Split::Train), draw(1, Split::Test)];
    for index in 0..20 {
        let [a, b, c] = [0, 1, 2].map(|set: usize| images[set].image(index).unwrap());
        assert!(a != b && a != c && b != c, "image {index}");
    }
}

#[test]
fn both_classes_are_equally_many() {
    let labels = Polygons::default().generate(Split::Test).labels.unwrap();
    assert_eq!(labels.iter().filter(|&&label| label == 0).count(), 1_000);
    assert_eq!(labels.iter().filter(|&&label| label == 1).count(), 1_000);
}

#[test]
fn a_pixels_brightness_is_the_part_of_it_that_is_covered() {
    let square = [[1.0, 1.25], [1.0, 3.0], [2.5, 3.0], [2.5, 1.25]];
    assert_eq!(coverage(&square, 1.0, 2.0), 1.0);
    assert_eq!(coverage(&square, 1.0, 1.0), 0.75);
    assert_eq!(coverage(&square, 2.0, 2.0), 0.5);
    assert_eq!(coverage(&square, 2.0, 1.0), 0.375);
    assert_eq!(coverage(&square, 0.0, 2.0), 0.0);
    assert_eq!(coverage(&square, 5.0, 5.0), 0.0);
}

#[test]
fn covered_parts_add_up_to_the_polygons_area() {
    for (label, of_square_radius) in [(0, 3.0 * 3.0_f64.sqrt() / 4.0), (1, 2.0)] {
        for index in 0..200 {
            let mut stream = Stream::new(3, 0, "areas", index);
            let corners = corners(&mut stream, label + 3);
            let [row, column] = corners[0];
            let middle = corners
                .iter()
                .fold([0.0, 0.0], |sum, p| [sum[0] + p[0], sum[1] + p[1]]);
            let middle = middle.map(|x| x / corners.len() as f64);
            let square_radius = (row - middle[0]).powi(2) + (column - middle[1]).powi(2);
            let covered: f64 = (0..784)
                .map(|at| coverage(&corners, (at / 28) as f64, (at % 28) as f64))
                .sum();
            assert!(
                (covered - of_square_radius * square_radius).abs() < 1e-9,
                "{label} {index}: {covered}"
            );
        }
    }
}

#[test]
fn shapes_vary_in_size_place_and_brightness_and_stay_inside() {
    let images = Polygons {
        train: 2_000,
        ..Polygons::default()
    }
    .generate(Split::Train)
    .images;
    let mut brightest = Vec::new();
    let mut rows = Vec::new();
    for index in 0..images.count {
        let image = images.image(index).unwrap();
        assert!(
            image[..28].iter().chain(&image[27 * 28..]).all(|&x| x < 255),
            "a shape reaches the edge"
        );
        brightest.push(f64::from(*image.iter().max().unwrap()));
        let moment: f64 = image
            .iter()
            .enumerate()
            .map(|(at, &x)| (at / 28) as f64 * f64::from(x))
            .sum();
        rows.push(moment / sum(image) as f64);
    }
    let spread = |values: &[f64]| {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        (
            mean,
            (values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt(),
        )
    };
    let (mean, deviation) = spread(&brightest);
    // U(0.4, 1) of 255: mean 178.5, standard deviation 44.2.
    assert!(
        (mean - 178.5).abs() < 4.0 && (deviation - 44.2).abs() < 2.0,
        "{mean} {deviation}"
    );
    // The middle is at 14 in pixel edges, so at 13.5 in pixel indices.
    let (mean, deviation) = spread(&rows);
    assert!((mean - 13.5).abs() < 0.3 && deviation > 3.0, "{mean} {deviation}");
}

#[test]
fn a_square_is_brighter_than_a_triangle_of_its_circle() {
    let split = Polygons {
        train: 4_000,
        ..Polygons::default()
    }
    .generate(Split::Train);
    let mean_sum = |label: usize| {
        let of_label = (0..4_000).filter(|index| index % 2 == label);
        of_label
            .map(|index| sum(split.images.image(index).unwrap()) as f64)
            .sum::<f64>()
            / 2_000.0
    };
    let ratio = mean_sum(1) / mean_sum(0);
    // 2 r^2 against 3 sqrt(3) / 4 r^2.
    assert!((ratio - 1.5396).abs() < 0.08, "{ratio}");
}
