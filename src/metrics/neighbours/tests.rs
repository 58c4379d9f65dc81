//! Neighbours against loops over all pairs.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::golden::{normal, shuffled, under_any_threads};
use super::*;

fn points(features: &[f32], d: usize) -> Points<'_> {
    Points::new(FeatureSet::Reference, features, d, 1).unwrap()
}

/// Sets that a distance from products of rows gets wrong: normal ones, many duplicates and ties, and points that are close
/// to each other and far from 0.
fn hard_sets() -> Vec<(&'static str, Vec<f32>, usize)> {
    let d = 19;
    let rounded = |scale: f32| {
        normal("rounded", 600, 3)
            .iter()
            .map(|x| (scale * x).round())
            .collect()
    };
    let far = normal("far", 600, d).iter().map(|x| 4096.0 + x / 256.0).collect();
    let near_duplicates = normal("twice", 300, d);
    let moved = near_duplicates.iter().map(|x| x * (1.0 + f32::EPSILON));
    let twice = near_duplicates.iter().copied().chain(moved).collect();
    vec![
        ("normal", normal("normal", 600, d), d),
        ("ties", rounded(1.5), 3),
        ("far from 0", far, d),
        ("near duplicates", twice, d),
        ("one point", vec![0.1; 600 * d], d),
    ]
}

/// The distances of a row to all others, by a sum from the first feature to the last.
fn by_loops(features: &[f32], d: usize, row: usize) -> Vec<(f64, usize)> {
    let a = &features[row * d..][..d];
    let mut all: Vec<(f64, usize)> = features
        .chunks_exact(d)
        .enumerate()
        .filter(|&(column, _)| column != row)
        .map(|(column, b)| (squared_distance(a, b), column))
        .collect();
    all.sort_by(|x, y| x.0.total_cmp(&y.0).then(x.1.cmp(&y.1)));
    all
}

#[test]
fn a_distance_is_the_sum_of_squared_differences() {
    for d in [1, 2, 15, 16, 17, 48, 100] {
        let (a, b) = (normal("a", 1, d), normal("b", 1, d));
        let expected: f64 = a
            .iter()
            .zip(&b)
            .map(|(x, y)| (f64::from(*x) - f64::from(*y)).powi(2))
            .sum();
        let found = squared_distance(&a, &b);
        assert!(
            (found - expected).abs() <= 1e-15 * expected,
            "{d}: {found} {expected}"
        );
        assert_eq!(found, squared_distance(&b, &a));
    }
}

#[test]
fn neighbours_are_those_of_the_distances_themselves_with_ties_and_duplicates_in_their_order() {
    for (name, features, d) in hard_sets() {
        let (points, k) = (points(&features, d), 4);
        let found = nearest(&points, &points, k, Some);
        for (row, list) in found.chunks_exact(k).enumerate() {
            let expected = by_loops(&features, d, row);
            let found: Vec<(f64, usize)> = list.iter().map(|near| (near.distance, near.index)).collect();
            assert_eq!(found, expected[..k], "{name}, row {row}");
        }
    }
}

#[test]
fn an_estimate_is_never_farther_from_the_distance_than_its_bounds_say() {
    let scales = [1e-30_f32, 1.0, 1e30];
    let scaled = |(_, features, d): (&str, Vec<f32>, usize)| {
        scales.map(|scale| (features.iter().map(|x| x * scale).collect::<Vec<f32>>(), d))
    };
    for (features, d) in hard_sets().into_iter().flat_map(scaled) {
        let points = points(&features, d);
        let visit = |seen: &mut usize, tile: &Tile<'_>| {
            for (row, column) in tile.rows().flat_map(|row| tile.columns().map(move |c| (row, c))) {
                let (low, high) = tile.bounds(row, column);
                let distance = tile.distance(row, column);
                assert!(low <= distance && distance <= high, "{low} {distance} {high}");
                *seen += 1;
            }
        };
        let seen: usize = sweep(&points, &points, |_| 0, visit).iter().sum();
        assert_eq!(seen, 600 * 600);
    }
}

#[test]
fn comparisons_with_a_limit_are_those_of_the_distance_itself() {
    for (name, features, d) in hard_sets() {
        let points = points(&features, d);
        let visit = |(): &mut (), tile: &Tile<'_>| {
            for (row, column) in tile.rows().zip(tile.columns().rev()) {
                let distance = tile.distance(row, column);
                let below = distance.next_down().max(0.0);
                for limit in [0.0, below, distance, distance.next_up(), 2.0 * distance] {
                    let place = format!("{name}, {row} {column}, {limit}");
                    assert_eq!(tile.is_at_most(row, column, limit), distance <= limit, "{place}");
                    assert_eq!(tile.is_less(row, column, limit), distance < limit, "{place}");
                    let expected = (distance < limit).then_some(distance);
                    assert_eq!(tile.distance_below(row, column, limit), expected, "{place}");
                }
            }
        };
        sweep(&points, &points, |_| (), visit);
    }
}

#[test]
fn a_duplicate_is_a_neighbour_at_distance_zero_and_a_sample_is_none_of_its_own() {
    let features = [0.1, 0.1, 0.1, 5.0];
    let points = points(&features, 1);
    assert_eq!(squared_radii(&points, 1)[..3], [0.0; 3]);
    assert_eq!(squared_radii(&points, 2)[..3], [0.0; 3]);
    let far = squared_distance(&[0.1_f32], &[5.0_f32]);
    assert_eq!(squared_radii(&points, 3), [far; 4]);
    assert_eq!(squared_radii(&points, 1)[3], far);
}

#[test]
fn neither_threads_nor_the_order_of_samples_move_a_bit_of_a_radius() {
    for (name, features, d) in hard_sets() {
        let radii = |features: &[f32]| squared_radii(&points(features, d), 3);
        let found = under_any_threads(|| radii(&features));
        let sorted = |mut radii: Vec<f64>| {
            radii.sort_by(f64::total_cmp);
            radii
        };
        assert_eq!(sorted(found), sorted(radii(&shuffled(&features, d))), "{name}");
    }
}

#[test]
fn features_that_have_no_neighbours_are_refused_by_set_and_place() {
    let refusal = |features: &[f32], d, needed| {
        let points = Points::new(FeatureSet::Samples, features, d, needed);
        points.err().unwrap().to_string()
    };
    let partial = "of the samples, 5 values do not fill whole rows of 2 features";
    assert_eq!(refusal(&[1.0; 5], 2, 1), partial);
    assert_eq!(
        refusal(&[1.0; 5], 0, 1),
        "of the samples, 5 values do not fill whole rows of 0 features"
    );
    assert_eq!(
        refusal(&[1.0; 6], 2, 4),
        "of the samples there are 3, and at least 4 are needed"
    );
    let nan = "feature 1 of sample 2 of the samples is NaN, expected a finite number";
    assert_eq!(refusal(&[1.0, 1.0, 1.0, 1.0, 1.0, f32::NAN], 2, 1), nan);
    let infinite = Points::new(FeatureSet::Train, &[1.0, f32::INFINITY], 1, 1)
        .err()
        .unwrap();
    assert!(
        infinite
            .to_string()
            .contains("feature 0 of sample 1 of the training images is inf")
    );
}
