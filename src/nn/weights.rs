//! Named arrays, and their form on disk: a safetensors file, which every peer reads.

use std::collections::BTreeMap;

use gan_kernels::elementwise::{self, Binary, Unary};
use gan_kernels::{Array, Device, Element, ReadError, Shape};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use thiserror::Error;

/// Arrays by name, in the order of their names; a network's weights, or its running averages.
#[derive(Clone, Debug, Default)]
pub struct Weights(BTreeMap<String, Array>);

/// Weights could not be written or read.
#[derive(Debug, Error)]
pub enum WeightsError {
    /// The bytes are no safetensors file.
    #[error("not a safetensors file: {0}")]
    Format(#[from] safetensors::SafeTensorError),
    /// An array is of a type that weights do not have.
    #[error("array {name:?} has element type {found:?}; expected F32 or F64")]
    ElementType {
        /// The array.
        name: String,
        /// Its type in the file.
        found: Dtype,
    },
    /// An array has more axes than a weight can have.
    #[error("array {name:?} has {rank} axes; expected at most 4")]
    Rank {
        /// The array.
        name: String,
        /// Its axes in the file.
        rank: usize,
    },
    /// An array that must be there is not.
    #[error("there is no array {name:?}")]
    Missing {
        /// The array.
        name: String,
    },
    /// An array has other extents than the network's.
    #[error("array {name:?} has shape {}; expected {}", shapes[0], shapes[1])]
    Shape {
        /// The array.
        name: String,
        /// Its shape, and the network's.
        shapes: Box<[Shape; 2]>,
    },
    /// The device failed while values were read back.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl Weights {
    /// The array of that name.
    ///
    /// # Panics
    /// When there is none: names come from the network's own specification.
    #[must_use]
    pub fn get(&self, name: &str) -> &Array {
        self.0
            .get(name)
            .unwrap_or_else(|| panic!("no array named {name:?} among {:?}", self.0.keys()))
    }

    /// Every number times a factor.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        let scale = Unary::Affine {
            scale: factor,
            shift: 0.0,
        };
        let scaled = |(name, array): (&str, &Array)| (name.to_owned(), elementwise::unary(scale, array));
        self.iter().map(scaled).collect()
    }

    /// The sum of two lists of arrays with the same names and shapes.
    ///
    /// # Panics
    /// When they differ in names or shapes.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        let add = |(name, array): (&str, &Array)| {
            let sum = elementwise::binary(Binary::Add, array, other.get(name));
            (name.to_owned(), sum)
        };
        self.iter().map(add).collect()
    }

    /// The array of that name in weights that came from a file.
    ///
    /// # Errors
    /// [`WeightsError::Missing`].
    pub fn find(&self, name: &str) -> Result<&Array, WeightsError> {
        self.0.get(name).ok_or_else(|| WeightsError::Missing {
            name: name.to_owned(),
        })
    }

    /// As [`Self::find`], for an array that must have these extents.
    ///
    /// # Errors
    /// [`WeightsError::Missing`] and [`WeightsError::Shape`].
    pub fn find_shaped(&self, name: &str, extents: &[usize]) -> Result<&Array, WeightsError> {
        let (array, expected) = (self.find(name)?, Shape::from(extents));
        match array.shape() == expected {
            true => Ok(array),
            false => Err(WeightsError::Shape {
                name: name.to_owned(),
                shapes: Box::new([array.shape(), expected]),
            }),
        }
    }

    /// Adds an array, or replaces the one of that name.
    pub fn insert(&mut self, name: impl Into<String>, array: Array) {
        self.0.insert(name.into(), array);
    }

    /// Names and arrays, in the order of names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Array)> {
        self.0.iter().map(|(name, array)| (name.as_str(), array))
    }

    /// The device of the arrays, which is one for all; the CPU device without any.
    #[must_use]
    pub fn device(&self) -> Device {
        self.0.values().next().map_or(Device::Cpu, Array::device)
    }

    /// Whether every number of every array is finite.
    ///
    /// # Errors
    /// [`ReadError`] when the device fails.
    pub fn is_finite(&self) -> Result<bool, ReadError> {
        for array in self.0.values() {
            if !array.to_f64()?.iter().all(|value| value.is_finite()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The arrays whose names start with `prefix`, without it.
    #[must_use]
    pub fn under(&self, prefix: &str) -> Self {
        self.iter()
            .filter_map(|(name, array)| Some((name.strip_prefix(prefix)?, array.clone())))
            .collect()
    }

    /// Adds every array of `other` under `prefix`.
    pub fn extend_under(&mut self, prefix: &str, other: &Self) {
        for (name, array) in other.iter() {
            self.insert(format!("{prefix}{name}"), array.clone());
        }
    }

    /// The arrays as a safetensors file; the same arrays give the same bytes.
    ///
    /// # Errors
    /// [`WeightsError::Read`] when the device fails.
    pub fn to_safetensors(&self) -> Result<Vec<u8>, WeightsError> {
        let bytes: Vec<(&str, Dtype, Vec<usize>, Vec<u8>)> = self
            .iter()
            .map(|(name, array)| {
                let extents = array.shape().extents().to_vec();
                Ok(match array.element() {
                    Element::F32 => {
                        let values = array.to_f32()?;
                        (
                            name,
                            Dtype::F32,
                            extents,
                            values.iter().flat_map(|value| value.to_le_bytes()).collect(),
                        )
                    }
                    Element::F64 => {
                        let values = array.to_f64()?;
                        (
                            name,
                            Dtype::F64,
                            extents,
                            values.iter().flat_map(|value| value.to_le_bytes()).collect(),
                        )
                    }
                })
            })
            .collect::<Result<_, ReadError>>()?;
        let views = bytes
            .iter()
            .map(|(name, element, extents, bytes)| {
                Ok((*name, TensorView::new(*element, extents.clone(), bytes)?))
            })
            .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()?;
        Ok(safetensors::serialize(views, None)?)
    }

    /// The arrays of a safetensors file, on a device.
    ///
    /// # Errors
    /// [`WeightsError`] when the bytes are no such file or hold arrays of other types than F32 and F64.
    pub fn from_safetensors(device: &Device, bytes: &[u8]) -> Result<Self, WeightsError> {
        let file = SafeTensors::deserialize(bytes)?;
        file.iter()
            .map(|(name, view)| Ok((name.to_owned(), read(device, name, &view)?)))
            .collect()
    }
}

fn read(device: &Device, name: &str, view: &TensorView<'_>) -> Result<Array, WeightsError> {
    if view.shape().len() > 4 {
        return Err(WeightsError::Rank {
            name: name.to_owned(),
            rank: view.shape().len(),
        });
    }
    let shape = Shape::from(view.shape());
    match view.dtype() {
        Dtype::F32 => {
            let values: Vec<f32> = view
                .data()
                .as_chunks()
                .0
                .iter()
                .map(|bytes| f32::from_le_bytes(*bytes))
                .collect();
            Ok(Array::from_f32(device, shape, &values))
        }
        Dtype::F64 => {
            let values: Vec<f64> = view
                .data()
                .as_chunks()
                .0
                .iter()
                .map(|bytes| f64::from_le_bytes(*bytes))
                .collect();
            Ok(Array::from_f64(shape, &values))
        }
        found => Err(WeightsError::ElementType {
            name: name.to_owned(),
            found,
        }),
    }
}

impl<N: Into<String>> FromIterator<(N, Array)> for Weights {
    fn from_iter<I: IntoIterator<Item = (N, Array)>>(arrays: I) -> Self {
        Self(
            arrays
                .into_iter()
                .map(|(name, array)| (name.into(), array))
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn a_file_gives_back_the_same_arrays_and_the_same_bytes() {
        let weights = Weights::from_iter([
            ("b", Array::from_f32(&Device::Cpu, [2, 1], &[1.5, -0.0])),
            ("a", Array::from_f64([3], &[1.0, f64::MIN_POSITIVE, -7.25])),
        ]);
        let bytes = weights.to_safetensors().unwrap();
        let read = Weights::from_safetensors(&Device::Cpu, &bytes).unwrap();
        assert_eq!(read.to_safetensors().unwrap(), bytes);
        assert_eq!(read.get("a").to_f64().unwrap(), [1.0, f64::MIN_POSITIVE, -7.25]);
        assert_eq!(read.get("b").shape(), Shape::new(&[2, 1]));
    }

    #[test]
    fn bytes_that_are_no_file_are_an_error() {
        assert!(matches!(
            Weights::from_safetensors(&Device::Cpu, b"weights"),
            Err(WeightsError::Format(_))
        ));
    }
}
