//! Host memory of the CPU device, recycled: a training step asks for the same sizes again and again, and fresh pages
//! from the system cost more than most elementwise operations. Knows no shapes.

use std::any::TypeId;
use std::collections::HashMap;
use std::mem;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::element::Real;

/// Buffers below this many elements are not worth recycling.
const SMALLEST: usize = 1024;

/// Bytes that may lie unused before buffers are given back to the system.
const MOST_UNUSED: usize = 1 << 30;

/// Values in host memory; on drop the memory is kept for the next buffer of that length.
#[derive(Debug)]
pub(crate) struct Buffer<T: Real>(Vec<T>);

impl<T: Real> Buffer<T> {
    /// A buffer whose values are arbitrary numbers: for operations that write every element.
    pub(crate) fn scratch(length: usize) -> Self {
        Self(take(length).unwrap_or_else(|| vec![T::ZERO; length]))
    }

    pub(crate) fn zeros(length: usize) -> Self {
        Self::filled(length, T::ZERO)
    }

    pub(crate) fn filled(length: usize, value: T) -> Self {
        let mut buffer = Self::scratch(length);
        buffer.fill(value);
        buffer
    }

    pub(crate) fn from_slice(values: &[T]) -> Self {
        let mut buffer = Self::scratch(values.len());
        buffer.copy_from_slice(values);
        buffer
    }
}

impl<T: Real> Deref for Buffer<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: Real> DerefMut for Buffer<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}

impl<T: Real> Drop for Buffer<T> {
    fn drop(&mut self) {
        give_back(mem::take(&mut self.0));
    }
}

/// Unused memory by length, for each element type.
#[derive(Default)]
struct Unused {
    f32: HashMap<usize, Vec<Vec<f32>>>,
    f64: HashMap<usize, Vec<Vec<f64>>>,
    bytes: usize,
}

static UNUSED: Mutex<Option<Unused>> = Mutex::new(None);

fn unused() -> MutexGuard<'static, Option<Unused>> {
    // A panic elsewhere cannot leave the lists half-changed: each call below is one push or pop.
    UNUSED.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Unused {
    fn lists<T: Real>(&mut self) -> &mut HashMap<usize, Vec<Vec<T>>> {
        let lists: &mut dyn std::any::Any = if TypeId::of::<T>() == TypeId::of::<f32>() {
            &mut self.f32
        } else {
            &mut self.f64
        };
        lists
            .downcast_mut()
            .expect("Real is implemented for f32 and f64 only")
    }
}

fn take<T: Real>(length: usize) -> Option<Vec<T>> {
    if length < SMALLEST {
        return None;
    }
    let mut guard = unused();
    let all = guard.get_or_insert_default();
    let values = all.lists::<T>().get_mut(&length)?.pop()?;
    all.bytes -= size_of_val(values.as_slice());
    Some(values)
}

fn give_back<T: Real>(values: Vec<T>) {
    let bytes = size_of_val(values.as_slice());
    if values.len() < SMALLEST {
        return;
    }
    let mut guard = unused();
    let all = guard.get_or_insert_default();
    if all.bytes + bytes > MOST_UNUSED {
        *all = Unused::default();
    }
    all.bytes += bytes;
    all.lists::<T>().entry(values.len()).or_default().push(values);
}
