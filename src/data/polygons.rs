//! Triangles and squares: images that are drawn, not read, so that a study runs with nothing installed.
//!
//! After the convex polygons of Lucic et al. 2018 ("Are GANs Created Equal?", Section 5), whose manifold is known.
//! Image i of a split is a function of (seed, split, i) alone: a filled regular triangle or square, 28 x 28 x 1, of
//! random size, place, rotation and brightness on black, each pixel as bright as the part of it that is covered.
//! Reads no file.

use crate::random::Stream;

use super::images::{Images, Labelled, Split};

/// The seed that all studies share, so that their results can be compared; the paper's number on arXiv.
const PROTOCOL_SEED: u64 = 171_110_337;
const SIZE: usize = 28;
const CLASSES: usize = 2;
/// Range of the radius of the circle through the corners, in pixels.
const RADIUS: (f64, f64) = (4.0, 11.0);
/// Range of the brightness, of 1.
const BRIGHTNESS: (f64, f64) = (0.4, 1.0);
/// Pixels between the circle through the corners and the image's edge, at least.
const MARGIN: f64 = 0.5;

type Point = [f64; 2];

/// A data set of triangles (label 0) and squares (label 1), alternating.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Polygons {
    /// What the images are drawn from.
    pub seed: u64,
    /// Number of images in the training split.
    pub train: usize,
    /// Number of images in the test split.
    pub test: usize,
}

impl Default for Polygons {
    /// The protocol's polygons: its own seed, 10,000 images to train on and 2,000 to test with.
    fn default() -> Self {
        Self {
            seed: PROTOCOL_SEED,
            train: 10_000,
            test: 2_000,
        }
    }
}

impl Polygons {
    /// Number of classes.
    pub const CLASSES: usize = CLASSES;

    /// Number of images in a split.
    pub fn count(&self, split: Split) -> usize {
        match split {
            Split::Train => self.train,
            Split::Test => self.test,
        }
    }

    /// Draws a split: 28 x 28 x 1 pixels, labels 0 and 1.
    pub fn generate(&self, split: Split) -> Labelled {
        let count = self.count(split);
        let mut pixels = Vec::with_capacity(count * SIZE * SIZE);
        for index in 0..count {
            self.draw(split, index, &mut pixels);
        }
        let labels = (0..count).map(|index| label(index) as u8).collect();
        let images = Images {
            count,
            height: SIZE,
            width: SIZE,
            channels: 1,
            pixels: pixels.into(),
        };
        Labelled {
            images,
            labels: Some(labels),
            classes: CLASSES,
        }
    }

    /// Appends the pixels of one image, row by row.
    fn draw(&self, split: Split, index: usize, pixels: &mut Vec<u8>) {
        let name = match split {
            Split::Train => "polygons.train",
            Split::Test => "polygons.test",
        };
        let mut stream = Stream::new(self.seed, 0, name, index as u64);
        let corners = corners(&mut stream, label(index) + 3);
        let brightness = 255.0 * between(&mut stream, BRIGHTNESS);
        for row in 0..SIZE {
            for column in 0..SIZE {
                let covered = coverage(&corners, row as f64, column as f64);
                pixels.push((brightness * covered + 0.5) as u8);
            }
        }
    }
}

fn label(index: usize) -> usize {
    index % CLASSES
}

fn between(stream: &mut Stream, (low, high): (f64, f64)) -> f64 {
    low + (high - low) * stream.uniform()
}

/// Corners of a regular polygon inside the image, as [row, column], so ordered that the inside is to one side.
fn corners(stream: &mut Stream, count: usize) -> Vec<Point> {
    let radius = between(stream, RADIUS);
    let room = (radius + MARGIN, SIZE as f64 - radius - MARGIN);
    let centre = [between(stream, room), between(stream, room)];
    let turn = std::f64::consts::TAU * stream.uniform();
    let corner = |i| {
        let angle = turn + std::f64::consts::TAU * i as f64 / count as f64;
        [
            centre[0] + radius * libm::sin(angle),
            centre[1] + radius * libm::cos(angle),
        ]
    };
    (0..count).map(corner).collect()
}

/// The part, 0 to 1, of the pixel at (`row`, `column`) that lies in a convex polygon.
fn coverage(corners: &[Point], row: f64, column: f64) -> f64 {
    /// More than half a pixel's diagonal.
    const REACH: f64 = 0.708;
    let middle = [row + 0.5, column + 0.5];
    let nearest = edges(corners)
        .map(|edge| distance(edge, middle))
        .fold(f64::INFINITY, f64::min);
    if nearest <= -REACH {
        return 0.0;
    }
    if nearest >= REACH {
        return 1.0;
    }
    let pixel = vec![
        [row, column],
        [row, column + 1.0],
        [row + 1.0, column + 1.0],
        [row + 1.0, column],
    ];
    area(&edges(corners).fold(pixel, |rest, edge| clip(&rest, edge))).clamp(0.0, 1.0)
}

fn edges(corners: &[Point]) -> impl Iterator<Item = [Point; 2]> {
    corners
        .iter()
        .zip(corners.iter().cycle().skip(1))
        .map(|(&from, &to)| [from, to])
}

/// Distance of a point from an edge's line in pixels, positive on the polygon's side.
fn distance([from, to]: [Point; 2], point: Point) -> f64 {
    let (along_row, along_column) = (to[0] - from[0], to[1] - from[1]);
    let cross = along_column * (point[0] - from[0]) - along_row * (point[1] - from[1]);
    cross / (along_row * along_row + along_column * along_column).sqrt()
}

/// The part of a convex polygon on the inner side of an edge's line (Sutherland & Hodgman 1974).
fn clip(corners: &[Point], edge: [Point; 2]) -> Vec<Point> {
    let mut kept = Vec::with_capacity(corners.len() + 1);
    for [from, to] in edges(corners) {
        let (before, after) = (distance(edge, from), distance(edge, to));
        if before >= 0.0 {
            kept.push(from);
        }
        if (before > 0.0 && after < 0.0) || (before < 0.0 && after > 0.0) {
            let part = before / (before - after);
            kept.push([
                from[0] + part * (to[0] - from[0]),
                from[1] + part * (to[1] - from[1]),
            ]);
        }
    }
    kept
}

/// Area of a polygon by the sum of cross products of its edges.
fn area(corners: &[Point]) -> f64 {
    let doubled: f64 = edges(corners)
        .map(|[from, to]| from[0] * to[1] - to[0] * from[1])
        .sum();
    doubled.abs() / 2.0
}

#[cfg(test)]
mod tests;
