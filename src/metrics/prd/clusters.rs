//! Two sets of features clustered together, as their shares of the clusters: k-means on small batches (Sculley 2010,
//! Algorithm 1), which the authors of precision and recall for distributions use too.
//!
//! Centres start by k-means++ (Arthur & Vassilvitskii 2007) on a part of the images, the best of ten starts. A batch's images
//! each draw their nearest centre towards them by one over the number of images that the centre has seen. After a fixed number
//! of batches every image goes to its nearest centre. Everything is a function of the features, the seed and the run: which
//! centre is nearest is decided by the distance itself where the estimate from a product of matrices leaves a doubt.

use std::ops::Range;

use crate::metrics::neighbours::{Points, multiply, slack, squared_distance, squared_length, tiles};
use crate::random::Stream;

/// Images of a batch.
const BATCH: usize = 1024;

/// Images that a start is chosen from.
const START: usize = 3 * BATCH;

/// Starts that are tried.
const STARTS: usize = 10;

/// Batches that centres move by.
const BATCHES: u64 = 100;

/// Centres `[k, d]` of clusters.
#[derive(Clone, Debug)]
struct Centres {
    values: Vec<f64>,
    d: usize,
}

/// The share of each cluster in each of two sets, of run `run` of a seed. Where fewer than `clusters` different images were
/// seen, there are fewer clusters.
pub(super) fn histograms(sets: [&Points<'_>; 2], clusters: usize, seed: u64, run: u64) -> [Vec<f64>; 2] {
    let counts = sets.map(Points::count);
    let draw = |stream: &mut Stream, most: usize| -> Vec<usize> {
        let total = counts[0] + counts[1];
        (0..most.min(total))
            .map(|_| stream.below(total as u64) as usize)
            .collect()
    };
    let row = |index: usize| match index < counts[0] {
        true => sets[0].row(index),
        false => sets[1].row(index - counts[0]),
    };
    let d = sets[0].dimension();
    let mut stream = Stream::new(seed, run, "prd.start", 0);
    let mut order = stream.permutation(counts[0] + counts[1]);
    order.truncate(START);
    let part: Vec<f32> = order.into_iter().flat_map(row).copied().collect();
    let part = Points::of_finite(&part, d);
    let starts = (0..STARTS).map(|_| start(&part, clusters, &mut stream));
    let better = |best: (Centres, f64), other: (Centres, f64)| if other.1 < best.1 { other } else { best };
    let (mut centres, _) = starts.reduce(better).expect("there is more than one start");
    let mut seen = vec![0.0; centres.count()];
    for step in 0..BATCHES {
        let mut stream = Stream::new(seed, run, "prd.batch", step);
        let batch: Vec<f32> = draw(&mut stream, BATCH)
            .into_iter()
            .flat_map(row)
            .copied()
            .collect();
        let batch = Points::of_finite(&batch, d);
        let nearest = centres.nearest(&batch);
        centres.follow(&batch, &nearest, &mut seen);
    }
    sets.map(|set| {
        let mut shares = vec![0.0; centres.count()];
        for cluster in centres.nearest(set) {
            shares[cluster] += 1.0;
        }
        shares.iter_mut().for_each(|share| *share /= set.count() as f64);
        shares
    })
}

/// Centres by k-means++, and the sum of the squared distances to them: each is a point, chosen in proportion to the squared
/// distance to the centres before it.
fn start(points: &Points<'_>, clusters: usize, stream: &mut Stream) -> (Centres, f64) {
    let mut centres = Centres {
        values: Vec::new(),
        d: points.dimension(),
    };
    let mut distances = vec![f64::INFINITY; points.count()];
    let mut chosen = stream.below(points.count() as u64) as usize;
    loop {
        let centre = points.row(chosen);
        centres
            .values
            .extend(centre.iter().map(|&value| f64::from(value)));
        for (index, distance) in distances.iter_mut().enumerate() {
            *distance = distance.min(squared_distance(points.row(index), centre));
        }
        let total: f64 = distances.iter().sum();
        if centres.count() == clusters || total == 0.0 {
            return (centres, total);
        }
        chosen = in_proportion(&distances, stream.uniform() * total);
    }
}

/// The first index whose running sum of weights is past `target`; the last with a weight where rounding leaves none.
fn in_proportion(weights: &[f64], target: f64) -> usize {
    let mut sum = 0.0;
    let past = |&weight: &f64| {
        sum += weight;
        weight > 0.0 && sum > target
    };
    let last = || weights.iter().rposition(|&weight| weight > 0.0);
    weights.iter().position(past).or_else(last).unwrap_or(0)
}

impl Centres {
    fn count(&self) -> usize {
        self.values.len() / self.d
    }

    fn row(&self, index: usize) -> &[f64] {
        &self.values[index * self.d..][..self.d]
    }

    /// The nearest centre of each point; of equally near ones the first.
    fn nearest(&self, points: &Points<'_>) -> Vec<usize> {
        let count = self.count();
        let squares: Vec<f64> = (0..count)
            .map(|centre| squared_length(self.row(centre)))
            .collect();
        let (mut rows, mut products) = (Vec::new(), Vec::new());
        let mut found = Vec::with_capacity(points.count());
        let mut of_tile = |range: Range<usize>| {
            points.widen(range.clone(), &mut rows);
            products.resize(range.len() * count, 0.0);
            multiply(&rows, &self.values, self.d, &mut products);
            for (point, products) in range.zip(products.chunks_exact(count)) {
                found.push(self.nearest_of(points, point, products, &squares));
            }
        };
        tiles(points.count()).for_each(&mut of_tile);
        found
    }

    /// The nearest centre of a point, from its products with all centres.
    fn nearest_of(&self, points: &Points<'_>, point: usize, products: &[f64], squares: &[f64]) -> usize {
        let slack = slack(self.d);
        let bounds = products.iter().zip(squares).map(|(product, square)| {
            let squares = points.square(point) + square;
            let (estimate, slack) = (squares - 2.0 * product, slack * squares);
            (estimate - slack, estimate + slack)
        });
        let least = bounds.clone().map(|(_, high)| high).fold(f64::INFINITY, f64::min);
        let mut possible = bounds.enumerate().filter(|(_, (low, _))| *low <= least);
        let (first, _) = possible.next().expect("the nearest centre is possible");
        let distance = |centre: usize| squared_distance(points.row(point), self.row(centre));
        let nearer = |best: (usize, f64), (centre, _): (usize, (f64, f64))| {
            let distance = distance(centre);
            if distance < best.1 {
                (centre, distance)
            } else {
                best
            }
        };
        match possible.next() {
            None => first,
            Some(second) => {
                std::iter::once(second)
                    .chain(possible)
                    .fold((first, distance(first)), nearer)
                    .0
            }
        }
    }

    /// Moves each point's centre towards it by one over the number of points that the centre has seen.
    fn follow(&mut self, points: &Points<'_>, nearest: &[usize], seen: &mut [f64]) {
        for (point, &centre) in nearest.iter().enumerate() {
            seen[centre] += 1.0;
            let rate = 1.0 / seen[centre];
            let values = &mut self.values[centre * self.d..][..self.d];
            for (value, &feature) in values.iter_mut().zip(points.row(point)) {
                *value += rate * (f64::from(feature) - *value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_centre_is_the_mean_of_the_points_that_it_has_seen() {
        let mut centres = Centres {
            values: vec![100.0, 100.0, -7.0, -7.0],
            d: 2,
        };
        let mut seen = vec![0.0; 2];
        for batch in [&[1.0, 2.0, 3.0, 6.0][..], &[5.0, 4.0]] {
            let points = Points::of_finite(batch, 2);
            centres.follow(&points, &vec![0; points.count()], &mut seen);
        }
        assert_eq!(seen, [3.0, 0.0]);
        let distance = squared_distance(centres.row(0), &[3.0, 4.0]);
        assert!(distance < 1e-28, "{centres:?}");
        assert_eq!(centres.row(1), [-7.0; 2], "nobody is nearest to it");
    }

    #[test]
    fn every_point_goes_to_the_centre_that_is_nearest_by_the_distance_itself() {
        let d = 21;
        let mut values = vec![0.0; 500 * d];
        Stream::new(3, 0, "points", 0).fill_normal(&mut values);
        // Far from 0, where products of rows lose digits, and with centres that are points, and one of them twice.
        values
            .iter_mut()
            .for_each(|x| *x = 4096.0 + (*x * 8.0).round() / 8.0);
        let points = Points::of_finite(&values, d);
        let chosen = [3, 77, 77, 400];
        let centres = Centres {
            values: chosen
                .iter()
                .flat_map(|&row| points.row(row))
                .map(|&x| f64::from(x))
                .collect(),
            d,
        };
        for (point, found) in centres.nearest(&points).into_iter().enumerate() {
            let distances: Vec<f64> = (0..4)
                .map(|centre| squared_distance(points.row(point), centres.row(centre)))
                .collect();
            let least = distances.iter().copied().fold(f64::INFINITY, f64::min);
            let expected = distances.iter().position(|&distance| distance == least);
            assert_eq!(Some(found), expected, "point {point}");
        }
    }

    #[test]
    fn a_start_chooses_among_points_by_their_squared_distance_to_the_centres_before() {
        let points = Points::of_finite(&[0.0, 0.0, 0.0, 1000.0, 1001.0, -5000.0], 1);
        for seed in 0..20 {
            let (centres, left) = start(&points, 3, &mut Stream::new(seed, 0, "start", 0));
            let mut of: Vec<f64> = centres.values.iter().map(|x| (x / 100.0).round()).collect();
            of.sort_by(f64::total_cmp);
            assert_eq!(of, [-50.0, 0.0, 10.0], "seed {seed}");
            assert_eq!(left, 1.0);
        }
    }

    #[test]
    fn a_choice_in_proportion_never_falls_on_a_weight_of_zero() {
        let weights = [0.0, 1.0, 0.0, 3.0, 0.0];
        let chosen = [0.0, 0.5, 1.0, 3.9, 4.0].map(|target| in_proportion(&weights, target));
        assert_eq!(chosen, [1, 1, 3, 3, 3]);
    }
}
