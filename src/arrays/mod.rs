//! Arrays as NumPy writes them, alone (`.npy`) or several in an archive (`.npz`), read from their files row by row.
//!
//! The formats are those of NumPy's enhancement proposal 1 (`numpy.lib.format`). Objects, which would be pickled, are refused;
//! memory is that of the rows asked for. Knows no image and no feature.

mod element;
mod error;
mod header;
mod npy;
mod npz;
#[cfg(test)]
mod tests;

pub(crate) use element::half;

pub use element::Element;
pub use error::ArrayError;
pub use npy::ArrayFile;
pub use npz::{is_array_file, names, open_named};
