//! The three convolutions on filters, strides, paddings and channel counts that no fast path is made for.

#[cfg(feature = "vulkan")]
use gan_kernels::activity;
use gan_kernels::convolution::{self as operation, Epilogue, Geometry, Padding};

use crate::target::{Expected, Sum, Target, Values, at};

/// One convolution's extents.
#[derive(Clone, Copy, Debug)]
struct Case {
    n: usize,
    image: [usize; 2],
    c: usize,
    k: usize,
    filter: [usize; 2],
    geometry: Geometry,
}

impl Case {
    fn output(&self) -> [usize; 2] {
        self.geometry.output(self.image, self.filter)
    }

    fn x(&self) -> [usize; 4] {
        [self.n, self.image[0], self.image[1], self.c]
    }

    fn f(&self) -> [usize; 4] {
        [self.filter[0], self.filter[1], self.c, self.k]
    }

    fn y(&self) -> [usize; 4] {
        let [p, q] = self.output();
        [self.n, p, q, self.k]
    }

    /// Whether the operation's documentation lets it filter minimally on this device.
    fn is_tiled(&self, target: &Target) -> bool {
        let form = (self.filter, self.geometry.stride);
        [([3, 3], [1, 1]), ([4, 4], [2, 2])].contains(&form) && self.c.min(self.k) >= 16 && target.is_cpu()
    }

    /// What the sums say, within the tolerance that the operation's documentation states.
    fn expected(&self, sums: &[Sum], target: &Target, values: Values) -> Vec<Expected> {
        if !self.is_tiled(target) {
            return sums.iter().map(|sum| sum.expected(target, values)).collect();
        }
        let tolerances = sums
            .iter()
            .map(|sum| sum.expected(target, Values::Reals).tolerance);
        let tolerance = tolerances.fold(0.0, f64::max);
        let expected = |sum: &Sum| Expected {
            value: sum.value,
            tolerance,
        };
        sums.iter().map(expected).collect()
    }

    /// Calls `visit(in x, in f, in y)` for every product that the definition of a convolution has.
    fn for_each_term(&self, mut visit: impl FnMut(usize, usize, usize)) {
        let Self {
            n,
            image,
            c,
            k,
            filter,
            geometry,
        } = *self;
        let [p, q] = self.output();
        let inside = |axis: usize, output: usize, tap: usize| {
            let padded = output * geometry.stride[axis] + tap;
            padded
                .checked_sub(geometry.padding[axis].before)
                .filter(|pixel| *pixel < image[axis])
        };
        for image in 0..n {
            for (row, column) in (0..p).flat_map(|row| (0..q).map(move |column| (row, column))) {
                for (r, s) in (0..filter[0]).flat_map(|r| (0..filter[1]).map(move |s| (r, s))) {
                    let (Some(y), Some(x)) = (inside(0, row, r), inside(1, column, s)) else {
                        continue;
                    };
                    for (c, k) in (0..c).flat_map(|c| (0..k).map(move |k| (c, k))) {
                        visit(
                            at(self.x(), [image, y, x, c]),
                            at(self.f(), [r, s, c, k]),
                            at(self.y(), [image, row, column, k]),
                        );
                    }
                }
            }
        }
    }
}

fn sides(top: usize, bottom: usize, left: usize, right: usize) -> [Padding; 2] {
    [
        Padding {
            before: top,
            after: bottom,
        },
        Padding {
            before: left,
            after: right,
        },
    ]
}

/// Filters of 1x1 to 7x7 with strides 1 to 3, padded as TensorFlow does; then what that leaves out.
fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for side in 1..=7 {
        for stride in 1..=3 {
            let image = [9, 11];
            cases.push(Case {
                n: 2,
                image,
                c: [1, 3, 5][side % 3],
                k: [7, 1, 4][stride % 3],
                filter: [side, side],
                geometry: Geometry::same(image, [side, side], stride),
            });
        }
    }
    let case = |n, image, c, k, filter, stride, padding| Case {
        n,
        image,
        c,
        k,
        filter,
        geometry: Geometry { stride, padding },
    };
    cases.extend([
        case(1, [8, 8], 3, 9, [4, 4], [2, 2], sides(1, 1, 1, 1)),
        case(33, [5, 4], 2, 3, [3, 3], [1, 1], sides(1, 1, 1, 1)),
        case(3, [7, 5], 3, 2, [3, 2], [2, 1], sides(0, 2, 1, 0)),
        case(2, [5, 6], 1, 3, [2, 3], [1, 3], sides(3, 0, 0, 4)),
        case(1, [3, 3], 4, 5, [7, 7], [1, 1], sides(3, 3, 3, 3)),
        case(2, [2, 1], 3, 2, [5, 6], [2, 2], sides(2, 4, 5, 3)),
        case(1, [1, 1], 1, 1, [1, 1], [1, 1], sides(0, 0, 0, 0)),
        case(2, [7, 7], 3, 2, [2, 2], [3, 3], sides(0, 0, 0, 0)),
        case(2, [8, 9], 5, 6, [1, 1], [1, 1], sides(0, 0, 0, 0)),
        case(2, [4, 4], 2, 3, [1, 1], [1, 1], sides(1, 2, 0, 1)),
        // Tiles: all whole, cut off on every side, of more than one chunk of images, and channels that fill no vector.
        case(2, [8, 8], 16, 16, [3, 3], [1, 1], sides(1, 1, 1, 1)),
        case(1, [6, 6], 17, 33, [3, 3], [1, 1], sides(5, 6, 7, 4)),
        case(3, [40, 38], 16, 19, [3, 3], [1, 1], sides(0, 2, 1, 1)),
        case(2, [16, 16], 16, 16, [4, 4], [2, 2], sides(1, 1, 1, 1)),
        case(1, [23, 18], 19, 17, [4, 4], [2, 2], sides(0, 3, 2, 1)),
        case(3, [80, 66], 16, 16, [4, 4], [2, 2], sides(1, 1, 1, 1)),
        case(2, [257, 3], 1, 1, [3, 3], [2, 2], sides(0, 1, 1, 1)),
        // A patch that is a whole number of memory pages.
        case(3, [6, 5], 64, 3, [4, 4], [2, 2], sides(1, 1, 1, 1)),
        // More patches than a task lays out at a time.
        case(1, [48, 48], 65, 2, [4, 4], [1, 1], sides(1, 2, 1, 2)),
        // The long and the uneven filters of Inception, padded and not.
        case(1, [9, 17], 4, 6, [1, 7], [1, 1], sides(0, 0, 3, 3)),
        case(1, [17, 9], 6, 4, [7, 1], [1, 1], sides(3, 3, 0, 0)),
        case(1, [11, 13], 8, 5, [5, 5], [1, 1], sides(0, 0, 0, 0)),
        case(1, [12, 10], 5, 8, [5, 3], [2, 1], sides(0, 0, 0, 0)),
        case(1, [7, 9], 12, 20, [1, 1], [2, 2], sides(0, 0, 0, 0)),
        // Odd extents under a stride: phases of unlike size, taps of unlike number.
        case(2, [7, 9], 4, 8, [4, 4], [2, 2], sides(1, 1, 1, 1)),
        case(1, [9, 7], 8, 12, [3, 3], [2, 2], sides(1, 1, 1, 1)),
        case(3, [5, 11], 20, 4, [5, 5], [2, 3], sides(2, 1, 0, 4)),
        // Sums that a GPU cuts into parts, where some phases have fewer parts than others.
        case(1, [5, 7], 3, 160, [3, 3], [2, 2], sides(1, 1, 1, 1)),
        case(1, [9, 8], 132, 4, [3, 3], [1, 1], sides(1, 1, 1, 1)),
        case(2, [24, 25], 3, 5, [3, 3], [1, 1], sides(1, 1, 1, 1)),
        // Outputs of the size that each tile of a GPU kernel is for: pixels by channels, and taps by channels.
        case(1, [126, 130], 1, 128, [3, 3], [1, 1], sides(1, 1, 1, 1)),
        case(1, [130, 126], 124, 1, [3, 3], [1, 1], sides(1, 1, 1, 1)),
        case(1, [90, 91], 4, 68, [1, 2], [1, 1], sides(0, 0, 1, 0)),
        case(1, [91, 90], 68, 4, [2, 1], [1, 1], sides(1, 0, 0, 0)),
        case(1, [2, 2], 508, 260, [4, 4], [2, 2], sides(1, 1, 1, 1)),
        // A phase for each pixel: more cubes than a grid is wide.
        case(1, [257, 257], 1, 1, [1, 1], [257, 257], sides(0, 0, 0, 0)),
        // Nothing to add up, or nowhere to put it.
        case(0, [5, 5], 2, 3, [3, 3], [1, 1], sides(1, 1, 1, 1)),
        case(2, [5, 5], 0, 3, [3, 3], [1, 1], sides(1, 1, 1, 1)),
        case(2, [5, 5], 0, 3, [1, 1], [1, 1], sides(0, 0, 0, 0)),
        case(2, [5, 5], 2, 0, [3, 3], [1, 1], sides(1, 1, 1, 1)),
        case(2, [5, 5], 2, 0, [1, 1], [1, 1], sides(0, 0, 0, 0)),
        case(2, [0, 4], 2, 3, [2, 2], [1, 1], sides(1, 1, 0, 0)),
        case(2, [4, 0], 2, 3, [2, 2], [1, 1], sides(0, 0, 2, 1)),
    ]);
    cases
}

pub(crate) fn convolution(target: &Target) {
    for case in cases() {
        for values in Values::BOTH {
            for (bias, negative_slope) in [
                (false, None),
                (true, None),
                (true, Some(0.25)),
                (false, Some(0.0)),
            ] {
                forward_agrees(target, case, values, bias, negative_slope);
            }
        }
    }
}

fn forward_agrees(target: &Target, case: Case, values: Values, with_bias: bool, negative_slope: Option<f64>) {
    let (x, f) = (draw(values, 1, case.x()), draw(values, 2, case.f()));
    let bias = values.draw(3, case.k);
    let mut sums = vec![Sum::default(); count(case.y())];
    let (a, b) = (target.operand(&x), target.operand(&f));
    case.for_each_term(|in_x, in_f, in_y| sums[in_y].add(a[in_x] * b[in_f]));
    if with_bias {
        sums.iter_mut()
            .zip(bias.iter().cycle())
            .for_each(|(sum, bias)| sum.add(*bias));
    }
    if let Some(slope) = negative_slope {
        for sum in &mut sums {
            sum.terms += 1.0;
            sum.value *= if sum.value > 0.0 { 1.0 } else { slope };
        }
    }
    let expected = case.expected(&sums, target, values);
    let bias = target.array([case.k], &bias);
    let epilogue = Epilogue {
        bias: with_bias.then_some(&bias),
        negative_slope,
    };
    let (x, f) = (target.array(case.x(), &x), target.array(case.f(), &f));
    let y = operation::convolution(&x, &f, case.geometry, epilogue);
    target.assert_close(
        &format!("{case:?}, {values:?}, slope {negative_slope:?}"),
        &y,
        case.y(),
        &expected,
    );
}

pub(crate) fn data_gradient(target: &Target) {
    for case in cases() {
        for values in Values::BOTH {
            data_gradient_agrees(target, case, values);
        }
    }
}

fn data_gradient_agrees(target: &Target, case: Case, values: Values) {
    let (g, f) = (draw(values, 1, case.y()), draw(values, 2, case.f()));
    let mut sums = vec![Sum::default(); count(case.x())];
    let (a, b) = (target.operand(&g), target.operand(&f));
    case.for_each_term(|in_x, in_f, in_y| sums[in_x].add(a[in_y] * b[in_f]));
    let expected = case.expected(&sums, target, values);
    let (g, f) = (target.array(case.y(), &g), target.array(case.f(), &f));
    let x = operation::data_gradient(&g, &f, case.geometry, case.image);
    target.assert_close(&format!("{case:?}, {values:?}"), &x, case.x(), &expected);
}

pub(crate) fn weight_gradient(target: &Target) {
    for case in cases() {
        for values in Values::BOTH {
            weight_gradient_agrees(target, case, values);
        }
    }
}

fn weight_gradient_agrees(target: &Target, case: Case, values: Values) {
    let (x, g) = (draw(values, 1, case.x()), draw(values, 2, case.y()));
    let mut sums = vec![Sum::default(); count(case.f())];
    let (a, b) = (target.operand(&x), target.operand(&g));
    case.for_each_term(|in_x, in_f, in_y| sums[in_f].add(a[in_x] * b[in_y]));
    let expected = case.expected(&sums, target, values);
    let (x, g) = (target.array(case.x(), &x), target.array(case.y(), &g));
    let f = operation::weight_gradient(&x, &g, case.geometry, case.filter);
    target.assert_close(&format!("{case:?}, {values:?}"), &f, case.f(), &expected);
}

/// The smaller cases of all three, for further precisions of one device.
#[cfg(feature = "vulkan")]
pub(crate) fn few_convolutions(target: &Target) {
    const MOST_TERMS: usize = 60_000;
    let small = |case: &Case| count(case.y()) * case.c * case.filter[0] * case.filter[1] < MOST_TERMS;
    for case in cases().into_iter().filter(small) {
        forward_agrees(target, case, Values::Reals, true, Some(0.25));
        data_gradient_agrees(target, case, Values::Reals);
        weight_gradient_agrees(target, case, Values::Reals);
    }
}

#[cfg(feature = "vulkan")]
#[test]
fn a_sum_cut_into_parts_is_two_launches_and_has_the_same_bits_each_time() {
    let target = Target::software_vulkan();
    let [x, gradient] =
        [1, 2].map(|seed| target.array([2, 24, 24, 4], &draw(Values::Reals, seed, [2, 24, 24, 4])));
    let before = activity::so_far();
    let bits = || {
        let filter = operation::weight_gradient(&x, &gradient, Geometry::square(1, 1), [3, 3]);
        filter
            .to_f32()
            .unwrap()
            .into_iter()
            .map(f32::to_bits)
            .collect::<Vec<_>>()
    };
    let first = bits();
    let counted = activity::so_far() - before;
    assert_eq!((counted.launches, counted.host_operations), (2, 0));
    assert_eq!(bits(), first);
}

#[cfg(feature = "vulkan")]
#[test]
fn a_convolution_with_bias_and_rectifier_is_one_launch_and_so_are_all_phases_of_a_data_gradient() {
    let target = Target::software_vulkan();
    let x = target.array([2, 8, 8, 4], &draw(Values::Reals, 1, [2, 8, 8, 4]));
    let filter = target.array([4, 4, 4, 4], &draw(Values::Reals, 2, [4, 4, 4, 4]));
    let bias = target.array([4], &Values::Reals.draw(3, 4));
    let before = activity::so_far();
    let epilogue = Epilogue {
        bias: Some(&bias),
        negative_slope: Some(0.1),
    };
    let y = operation::convolution(&x, &filter, Geometry::square(2, 1), epilogue);
    let _ = operation::data_gradient(&y, &filter, Geometry::square(2, 1), [8, 8]);
    assert_eq!((activity::so_far() - before).launches, 2);
}

#[cfg(feature = "vulkan")]
#[test]
#[should_panic(expected = "no kernel for images, filters, strides or paddings of 2^30 pixels or more")]
fn an_image_that_kernels_cannot_number_is_refused_by_name() {
    let target = Target::software_vulkan();
    let one = target.array([1, 1, 1, 1], &[1.0]);
    let _ = operation::convolution(&one, &one, Geometry::square(1 << 30, 0), Epilogue::default());
}

fn draw(values: Values, seed: u64, extents: [usize; 4]) -> Vec<f64> {
    values.draw(seed, count(extents))
}

fn count(extents: [usize; 4]) -> usize {
    extents.iter().product()
}
