//! NumPy's batches as Python pickled them: plain data, and arrays of bytes.
//!
//! Of names this vocabulary has three: NumPy's two constructors of an array and its type, and `_codecs.encode`, with which
//! Python 3 writes bytes in protocol 2. Memory is that of the file, which is limited.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::rc::Rc;

use crate::data::error::DataError;
use crate::pickle::Vocabulary;

/// The longest file: twice the largest of CIFAR-10.
const LARGEST_BYTES: u64 = 64 << 20;
/// The most axes of an array, which is NumPy's.
const MOST_AXES: usize = 32;

/// The longest name of an element type.
const LONGEST_TYPE: usize = 16;

/// What was pickled.
pub(super) type Value = crate::pickle::Value<Name, Object>;

/// What NumPy's pickles have besides plain data.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Object {
    /// An array of bytes.
    Array { shape: Vec<usize>, bytes: Rc<[u8]> },
    /// An element type of NumPy.
    ElementType(Rc<str>),
}

/// What may be named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    Reconstruct,
    Array,
    ElementType,
    Encode,
}

/// The value of a dictionary's key.
pub(super) fn field<'v>(value: &'v Value, name: &str, path: &Path) -> Result<&'v Value, DataError> {
    if !matches!(value, Value::Dictionary(_)) {
        return Err(unexpected(path, "it holds no dictionary"));
    }
    value
        .field(name)
        .ok_or_else(|| unexpected(path, &format!("it has no {name:?}")))
}

/// A file that is not pickled as it should be.
pub(super) fn unexpected(path: &Path, reason: &str) -> DataError {
    DataError::NotPickled {
        path: path.to_owned(),
        reason: reason.to_owned(),
    }
}

/// Reads a file.
///
/// # Errors
/// [`DataError::Read`], and [`DataError::NotPickled`] where it holds anything but plain data.
pub(super) fn read(path: &Path) -> Result<Value, DataError> {
    let unreadable = |source| DataError::Read {
        path: path.to_owned(),
        source,
    };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(LARGEST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > LARGEST_BYTES {
        return Err(unexpected(path, "it is longer than any batch"));
    }
    parse(&bytes).map_err(|reason| unexpected(path, &reason))
}

/// The value that a pickle leaves, or why it is refused.
fn parse(bytes: &[u8]) -> Result<Value, String> {
    let mut numpy = NumPy { left: bytes.len() };
    crate::pickle::parse(bytes, &mut numpy).map(|(value, _)| value)
}

struct NumPy {
    /// Bytes that may still be encoded: as many as the file has, so that a text that is used twice costs no memory.
    left: usize,
}

impl Vocabulary for NumPy {
    type Name = Name;
    type Object = Object;

    fn name(&self, module: &str, name: &str) -> Option<Name> {
        match (module, name) {
            ("numpy.core.multiarray" | "numpy._core.multiarray", "_reconstruct") => Some(Name::Reconstruct),
            ("numpy", "ndarray") => Some(Name::Array),
            ("numpy", "dtype") => Some(Name::ElementType),
            ("_codecs", "encode") => Some(Name::Encode),
            _ => None,
        }
    }

    fn call(&mut self, name: Name, arguments: &[Value]) -> Result<Value, String> {
        match (name, arguments) {
            (Name::Reconstruct, [Value::Name(Name::Array), ..]) => Ok(Value::Object(Object::Array {
                shape: Vec::new(),
                bytes: Rc::from([]),
            })),
            (Name::ElementType, [name, ..]) => {
                let name = name.text().filter(|name| name.len() <= LONGEST_TYPE);
                let name = name.ok_or("an element type has no name")?;
                Ok(Value::Object(Object::ElementType(name.into())))
            }
            (Name::Encode, [Value::Text(text), encoding]) if encoding.text() == Some("latin1") => {
                self.left = (self.left.checked_sub(text.len())).ok_or("a text is encoded more than once")?;
                let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
                Ok(Value::Bytes(
                    bytes.ok_or("bytes are encoded that are none")?.into(),
                ))
            }
            _ => Err("a call is not one of those that make an array".to_owned()),
        }
    }

    /// Gives an array its content; of a type, which has its name already, nothing else counts.
    fn fill(&mut self, value: &mut Value, state: Value) -> Result<(), String> {
        match (value, state) {
            (Value::Object(Object::ElementType(_)), Value::Tuple(_)) => Ok(()),
            (Value::Object(Object::Array { shape, bytes }), Value::Tuple(state)) => {
                let [
                    _,
                    extents,
                    Value::Object(Object::ElementType(element)),
                    order,
                    Value::Bytes(content),
                ] = &state[..]
                else {
                    return Err("an array is not written as NumPy does".to_owned());
                };
                if &**element != "u1" || *order != Value::Integer(0) {
                    return Err(format!("its array is of {element}, expected rows of bytes (u1)"));
                }
                let extents = extents.counts(MOST_AXES).ok_or("an array has no extents")?;
                let count = extents
                    .iter()
                    .try_fold(1_usize, |all, &extent| all.checked_mul(extent));
                if count != Some(content.len()) {
                    return Err(format!("its array holds {} bytes", content.len()));
                }
                (*shape, *bytes) = (extents, Rc::clone(content));
                Ok(())
            }
            _ => Err("something is filled that is no array".to_owned()),
        }
    }

    /// An array gets its content later; in a batch nothing asks for one again.
    fn is_complete(&self, object: &Object) -> bool {
        matches!(object, Object::ElementType(_))
    }
}

#[cfg(test)]
mod tests;
