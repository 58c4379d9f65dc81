//! Operations on lists of arrays: the arrays of a list lie in one memory, so that one launch reaches all of them.
//!
//! The outputs of such an operation are parts of one allocation. The next operation finds them there and copies
//! nothing. Arrays from elsewhere are copied together first, as many allocations a launch as a kernel can be given.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use cubecl::prelude::BufferArg;

use super::allocation::Allocation;
use super::buffer::{CubeBuffer, Values};
use super::device::CubeDevice;
use super::pack::{self, Piece};
use crate::error::ReadError;

/// Arrays in one memory, not always side by side.
pub(crate) struct List {
    allocation: Arc<Allocation>,
    ranges: Vec<Range<usize>>,
}

/// Lists that `fill` writes on the device, made from lists on that device; where none has values nothing is launched.
///
/// Each output list has arrays of these counts. What is no list goes in as a list of one.
///
/// # Panics
/// When the operands are on different devices.
pub(crate) fn computed<const OPERANDS: usize, const OUTPUTS: usize>(
    operation: &str,
    device: &CubeDevice,
    operands: [&[&CubeBuffer]; OPERANDS],
    counts: [&[usize]; OUTPUTS],
    fill: impl FnOnce([&List; OPERANDS], [&List; OUTPUTS]),
) -> [Vec<CubeBuffer>; OUTPUTS] {
    for operand in operands.iter().copied().flatten() {
        operand.assert_on(device, operation);
    }
    let filled = || -> Result<[List; OUTPUTS], ReadError> {
        let operands = every(operands.map(values))?;
        let outputs = every(counts.map(|counts| List::empty(device, operation, counts)))?;
        if counts.iter().copied().flatten().any(|count| *count > 0) {
            let operands = every(operands.map(|list| List::gathered(device, operation, &list)))?;
            fill(operands.each_ref(), outputs.each_ref());
        }
        Ok(outputs)
    };
    match filled() {
        Ok(outputs) => outputs.map(|list| list.buffers(device)),
        Err(reason) => counts.map(|counts| {
            let missing = CubeBuffer::new(device, Err(reason.clone()));
            vec![missing; counts.len()]
        }),
    }
}

/// Cuts a list of arrays of these counts into parts that fit into one allocation each.
pub(crate) fn parts(device: &CubeDevice, counts: &[usize]) -> Vec<Range<usize>> {
    let room = usize::try_from(device.largest_buffer()).unwrap_or(usize::MAX) / size_of::<f32>();
    parts_of(counts, device.limits().alignment, room)
}

fn parts_of(counts: &[usize], alignment: usize, room: usize) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let (mut first, mut taken) = (0, 0_usize);
    for (index, count) in counts.iter().enumerate() {
        let needed = aligned(*count, alignment);
        if index > first && taken.saturating_add(needed) > room {
            parts.push(first..index);
            (first, taken) = (index, 0);
        }
        taken = taken.saturating_add(needed);
    }
    if first < counts.len() {
        parts.push(first..counts.len());
    }
    parts
}

impl List {
    /// A list whose values are arbitrary until a kernel writes them.
    fn empty(device: &CubeDevice, operation: &str, counts: &[usize]) -> Result<Self, ReadError> {
        let alignment = device.limits().alignment;
        let mut end = 0;
        let ranges: Vec<Range<usize>> = counts
            .iter()
            .map(|count| {
                let first = end;
                end += aligned(*count, alignment);
                first..first + count
            })
            .collect();
        Ok(Self {
            allocation: Arc::new(Allocation::empty(device, operation, end)?),
            ranges,
        })
    }

    /// These arrays in one memory: where they are, or else copied.
    fn gathered(device: &CubeDevice, operation: &str, arrays: &[&Values]) -> Result<Self, ReadError> {
        let mut memories: Vec<&Arc<Allocation>> = Vec::new();
        let mut numbers: HashMap<*const Allocation, usize> = HashMap::new();
        let memory_of: Vec<usize> = arrays
            .iter()
            .map(|array| {
                let memory = array.allocation();
                *numbers.entry(Arc::as_ptr(memory)).or_insert_with(|| {
                    memories.push(memory);
                    memories.len() - 1
                })
            })
            .collect();
        if let [memory] = memories[..] {
            return Ok(Self {
                allocation: memory.clone(),
                ranges: arrays.iter().map(|array| array.range().clone()).collect(),
            });
        }
        let counts: Vec<usize> = arrays.iter().map(|array| array.range().len()).collect();
        let packed = Self::empty(device, operation, &counts)?;
        let pieces: Vec<Piece> = memory_of
            .iter()
            .zip(arrays.iter().zip(&packed.ranges))
            .map(|(memory, (array, target))| Piece {
                memory: *memory,
                from: array.range().start,
                to: target.start,
                count: target.len(),
            })
            .collect();
        pack::copy(device, &memories, &pieces, &packed.allocation);
        Ok(packed)
    }

    /// The kernel argument for the whole memory, in which [`Self::first`] says where an array begins.
    pub(crate) fn argument(&self) -> BufferArg {
        self.allocation.whole()
    }

    /// Where in the memory the array begins, in values.
    pub(crate) fn first(&self, index: usize) -> usize {
        self.ranges[index].start
    }

    fn buffers(&self, device: &CubeDevice) -> Vec<CubeBuffer> {
        self.ranges
            .iter()
            .map(|range| CubeBuffer::new(device, Ok(Values::new(self.allocation.clone(), range.clone()))))
            .collect()
    }
}

/// What an array takes of a list's memory, with room for one value where there is none.
fn aligned(count: usize, alignment: usize) -> usize {
    count.max(1).next_multiple_of(alignment)
}

fn values<'a>(list: &[&'a CubeBuffer]) -> Result<Vec<&'a Values>, ReadError> {
    list.iter()
        .map(|buffer| buffer.values().map_err(Clone::clone))
        .collect()
}

/// All of them, or the first reason why not.
fn every<T, const COUNT: usize>(results: [Result<T, ReadError>; COUNT]) -> Result<[T; COUNT], ReadError> {
    let all: Vec<T> = results.into_iter().collect::<Result<_, _>>()?;
    Ok(all
        .try_into()
        .unwrap_or_else(|_| unreachable!("as many as there were")))
}

#[cfg(test)]
mod tests {
    use super::parts_of;

    #[test]
    fn a_list_is_cut_where_the_next_array_would_not_fit() {
        assert_eq!(parts_of(&[], 64, 1000), []);
        assert_eq!(parts_of(&[64, 64, 64], 64, 192), vec![0..3]);
        assert_eq!(parts_of(&[64, 65, 64], 64, 192), [0..2, 2..3]);
        assert_eq!(parts_of(&[0, 1, 1], 64, 128), [0..2, 2..3]);
    }

    #[test]
    fn an_array_that_fits_nowhere_is_a_part_of_its_own() {
        assert_eq!(parts_of(&[10, 2000, 10], 64, 1000), [0..1, 1..2, 2..3]);
    }
}
