//! The extents of an array: up to four axes, copied like a number. Knows no memory and no element type.

use std::fmt;

/// Most axes an array can have: batch, height, width, channels.
pub(crate) const MAXIMUM_RANK: usize = 4;

/// The extents of an array, outermost axis first; row-major, so the last axis is contiguous in memory.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shape {
    extents: [usize; MAXIMUM_RANK],
    rank: usize,
}

impl Shape {
    /// The shape with these extents; rank 0 (no extents) is a scalar.
    ///
    /// # Panics
    /// With more than four extents.
    #[must_use]
    pub fn new(extents: &[usize]) -> Self {
        assert!(
            extents.len() <= MAXIMUM_RANK,
            "a shape has at most {MAXIMUM_RANK} axes, not {extents:?}"
        );
        let mut all = [1; MAXIMUM_RANK];
        all[..extents.len()].copy_from_slice(extents);
        Self {
            extents: all,
            rank: extents.len(),
        }
    }

    /// The extents, outermost first.
    #[must_use]
    pub fn extents(&self) -> &[usize] {
        &self.extents[..self.rank]
    }

    /// Number of axes.
    #[must_use]
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// Number of elements; 1 for a scalar, 0 when any extent is 0.
    #[must_use]
    pub fn count(&self) -> usize {
        self.extents().iter().product()
    }

    /// Whether an array of this shape can be repeated along its axes of extent 1 to fill `target`.
    #[must_use]
    pub fn broadcasts_to(&self, target: &Shape) -> bool {
        self.rank == target.rank
            && self
                .extents()
                .iter()
                .zip(target.extents())
                .all(|(own, other)| own == other || *own == 1)
    }

    /// The smallest shape that both broadcast to, if there is one.
    #[must_use]
    pub fn broadcast_with(&self, other: &Shape) -> Option<Shape> {
        if self.rank != other.rank {
            return None;
        }
        let mut extents = [1; MAXIMUM_RANK];
        for (axis, (&a, &b)) in self.extents().iter().zip(other.extents()).enumerate() {
            extents[axis] = match (a, b) {
                (a, b) if a == b => a,
                (1, b) => b,
                (a, 1) => a,
                _ => return None,
            };
        }
        Some(Shape {
            extents,
            rank: self.rank,
        })
    }

    /// The four extents of an activation or filter.
    ///
    /// # Panics
    /// Unless the rank is 4.
    #[must_use]
    pub fn four(&self) -> [usize; 4] {
        assert!(self.rank == 4, "expected four axes, found shape {self}");
        self.extents
    }

    /// The two extents of a matrix.
    ///
    /// # Panics
    /// Unless the rank is 2.
    #[must_use]
    pub fn two(&self) -> [usize; 2] {
        assert!(self.rank == 2, "expected two axes, found shape {self}");
        [self.extents[0], self.extents[1]]
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}", self.extents())
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl<const N: usize> From<[usize; N]> for Shape {
    fn from(extents: [usize; N]) -> Self {
        Self::new(&extents)
    }
}

impl From<&[usize]> for Shape {
    fn from(extents: &[usize]) -> Self {
        Self::new(extents)
    }
}
