//! Streams: pinned numbers, independence of names, and the distributions they claim.

use super::*;

/// The largest distance between the empirical distribution of `values` and `cumulative` (Kolmogorov 1933).
fn kolmogorov_smirnov(mut values: Vec<f64>, cumulative: impl Fn(f64) -> f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let n = values.len() as f64;
    let distance = |(i, &x): (usize, &f64)| {
        let expected = cumulative(x);
        (expected - i as f64 / n)
            .abs()
            .max(((i + 1) as f64 / n - expected).abs())
    };
    values.iter().enumerate().map(distance).fold(0.0, f64::max)
}

/// Passes in 999 of 1,000 samples drawn from the right distribution; the streams are fixed, so it always does.
fn accepts(distance: f64, n: usize) -> bool {
    distance < 1.95 / (n as f64).sqrt()
}

fn normal_cumulative(x: f64) -> f64 {
    0.5 * libm::erfc(-x / std::f64::consts::SQRT_2)
}

#[test]
fn the_name_is_hashed_by_the_published_128_bit_fnv_1a() {
    assert_eq!(fnv1a(b""), 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d);
    assert_eq!(fnv1a(b"a"), 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964);
    assert_eq!(fnv1a(b"foobar"), 0x343e_1662_793c_64bf_6f0d_3597_ba44_6f18);
}

#[test]
fn equal_names_give_equal_numbers_and_every_part_of_the_name_matters() {
    let draw = |seed, run, name: &str, step| {
        let mut stream = Stream::new(seed, run, name, step);
        [(); 8].map(|()| stream.uniform().to_bits())
    };
    let names = [
        (1, 2, "latent", 3),
        (2, 1, "latent", 3),
        (1, 3, "latent", 2),
        (1, 2, "latent.generator", 3),
        (1, 2, "", 3),
        (1, 2, "latent", u64::MAX),
        (3, 2, "latent", 1),
    ];
    for (i, a) in names.iter().enumerate() {
        for (j, b) in names.iter().enumerate() {
            assert_eq!(
                draw(a.0, a.1, a.2, a.3) == draw(b.0, b.1, b.2, b.3),
                i == j,
                "{a:?} {b:?}"
            );
        }
    }
}

#[test]
fn numbers_of_a_name_never_change() {
    let mut stream = Stream::new(1, 2, "latent", 3);
    let mut single = [0.0; 2];
    stream.fill_uniform(&mut single, -1.0, 1.0);
    let drawn = (
        single.map(f32::to_bits),
        stream.uniform().to_bits(),
        stream.normal().to_bits(),
    );
    assert_eq!(
        drawn,
        (
            [1_063_876_110, 1_060_181_182],
            4_606_259_390_981_813_362,
            13_830_972_114_083_717_239
        )
    );
    assert_eq!(stream.permutation(8), [0, 1, 3, 6, 7, 5, 4, 2]);
}

#[test]
fn uniform_numbers_are_uniform() {
    let n = 20_000;
    let mut stream = Stream::new(7, 0, "uniform", 0);
    let values: Vec<f64> = (0..n).map(|_| stream.uniform()).collect();
    assert!(values.iter().all(|x| (0.0..1.0).contains(x)));
    assert!(accepts(kolmogorov_smirnov(values, |x| x), n));

    let mut values = vec![0.0; n];
    stream.fill_uniform(&mut values, -1.0, 1.0);
    let values = values.into_iter().map(f64::from).collect();
    assert!(accepts(kolmogorov_smirnov(values, |x| (x + 1.0) / 2.0), n));
}

#[test]
fn normal_numbers_are_normal_and_pairs_are_uncorrelated() {
    let n = 20_000;
    let mut stream = Stream::new(7, 0, "normal", 0);
    let values: Vec<f64> = (0..n).map(|_| stream.normal()).collect();
    let correlation = values.windows(2).map(|pair| pair[0] * pair[1]).sum::<f64>() / n as f64;
    assert!(correlation.abs() < 0.03, "{correlation}");
    assert!(accepts(kolmogorov_smirnov(values, normal_cumulative), n));

    let mut values = vec![0.0; n];
    stream.fill_normal(&mut values);
    let values = values.into_iter().map(f64::from).collect();
    assert!(accepts(kolmogorov_smirnov(values, normal_cumulative), n));
}

#[test]
fn first_numbers_of_consecutive_steps_are_uniform_and_uncorrelated() {
    let n = 20_000;
    let values: Vec<f64> = (0..n)
        .map(|step| Stream::new(7, 0, "steps", step as u64).uniform())
        .collect();
    let correlation = values
        .windows(2)
        .map(|pair| (pair[0] - 0.5) * (pair[1] - 0.5))
        .sum::<f64>()
        * 12.0
        / n as f64;
    assert!(correlation.abs() < 0.03, "{correlation}");
    assert!(accepts(kolmogorov_smirnov(values, |x| x), n));
}

#[test]
fn the_tests_above_reject_a_slightly_wrong_distribution() {
    let n = 20_000;
    let mut stream = Stream::new(7, 0, "uniform", 0);
    let values = (0..n).map(|_| stream.uniform() * 0.97).collect();
    assert!(!accepts(kolmogorov_smirnov(values, |x| x), n));
    let values = (0..n).map(|_| stream.normal() * 1.1).collect();
    assert!(!accepts(kolmogorov_smirnov(values, normal_cumulative), n));
}

#[test]
fn every_order_of_four_is_equally_likely() {
    let mut stream = Stream::new(7, 0, "orders", 0);
    let mut counts = std::collections::BTreeMap::new();
    for _ in 0..24_000 {
        *counts.entry(stream.permutation(4)).or_insert(0_u32) += 1;
    }
    assert_eq!(counts.len(), 24);
    let statistic: f64 = counts
        .values()
        .map(|&count| (f64::from(count) - 1000.0).powi(2) / 1000.0)
        .sum();
    assert!(
        statistic < 49.7,
        "chi-squared with 23 degrees of freedom exceeds {statistic} once in 1,000 samples"
    );
}

#[test]
fn integers_below_an_awkward_bound_are_equally_likely() {
    let mut stream = Stream::new(7, 0, "integers", 0);
    let bound = 3_u64 << 62;
    let low = (0..3000).filter(|_| stream.below(bound) < 1 << 62).count();
    // Taking the remainder instead would make the lowest third twice as likely as each of the others.
    assert!((900..1100).contains(&low), "{low}");
    assert_eq!(stream.below(0), 0);
    assert_eq!(stream.below(1), 0);
    assert!(stream.permutation(0).is_empty());
}
