//! Cuts a sum over axes into sums over one group of neighbouring axes each. Knows no values.

use crate::shape::Shape;

/// A sum of `[outer, middle, inner]` to `[outer, inner]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) outer: usize,
    pub(crate) middle: usize,
    pub(crate) inner: usize,
}

/// The sums that take `shape` to `target`, one after the other, the innermost axes first.
pub(crate) fn groups(shape: Shape, target: Shape) -> Vec<Group> {
    let mut extents = shape.extents().to_vec();
    let mut groups = Vec::new();
    let mut end = extents.len();
    while end > 0 {
        let reduced = |axis: usize| extents[axis] != target.extents()[axis];
        let mut first = end - 1;
        if !reduced(first) {
            end -= 1;
            continue;
        }
        while first > 0 && reduced(first - 1) {
            first -= 1;
        }
        groups.push(Group {
            outer: extents[..first].iter().product(),
            middle: extents[first..end].iter().product(),
            inner: extents[end..].iter().product(),
        });
        extents[first..end].fill(1);
        end = first;
    }
    groups
}
