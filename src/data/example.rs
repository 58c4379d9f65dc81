//! A `tf.train.Example`: named lists of bytes or numbers, as a protocol buffer.
//!
//! Reads exactly this message, `Example { Features { map<string, Feature> } }` (TensorFlow, `tensorflow/core/example`), of which
//! a feature is a list of bytes, of whole numbers, or of 32-bit numbers that are skipped here. Unknown fields are skipped, as
//! protocol buffers want it; what does not end where it says is an error. Knows no file and no image.

/// An example that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExampleError {
    /// The bytes are no protocol buffer, or end too early.
    #[error("it is no tf.train.Example: {0}")]
    Malformed(&'static str),
    /// There is no feature of this name.
    #[error("it has no feature {name:?}; it has {found}")]
    Missing {
        /// The name.
        name: &'static str,
        /// Names that there are.
        found: String,
    },
    /// A feature holds something else than it should.
    #[error("its feature {name:?} is not {expected}")]
    WrongKind {
        /// The name.
        name: &'static str,
        /// What it should hold.
        expected: &'static str,
    },
}

/// The values of a feature.
#[derive(Clone, Debug, PartialEq)]
enum Feature<'e> {
    Bytes(Vec<&'e [u8]>),
    Whole(Vec<i64>),
    /// Numbers of 32 bits, which nothing here needs.
    Real,
    /// A list of no kind.
    Nothing,
}

/// The features of an example, in their order.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Example<'e> {
    features: Vec<(&'e str, Feature<'e>)>,
}

impl<'e> Example<'e> {
    /// Reads an example from its bytes.
    ///
    /// # Errors
    /// [`ExampleError::Malformed`].
    pub(super) fn read(bytes: &'e [u8]) -> Result<Self, ExampleError> {
        let mut features = Vec::new();
        each(bytes, |field| {
            if let (1, Content::Bytes(bytes)) = field {
                each(bytes, |field| {
                    if let (1, Content::Bytes(entry)) = field {
                        features.push(feature_of_entry(entry)?);
                    }
                    Ok(())
                })?;
            }
            Ok(())
        })?;
        Ok(Self { features })
    }

    /// The one value of bytes of a feature.
    ///
    /// # Errors
    /// [`ExampleError::Missing`] and [`ExampleError::WrongKind`].
    pub(super) fn bytes(&self, name: &'static str) -> Result<&'e [u8], ExampleError> {
        match self.feature(name)? {
            Feature::Bytes(values) if values.len() == 1 => Ok(values[0]),
            _ => Err(ExampleError::WrongKind {
                name,
                expected: "one value of bytes",
            }),
        }
    }

    /// The whole numbers of a feature.
    ///
    /// # Errors
    /// [`ExampleError::Missing`] and [`ExampleError::WrongKind`].
    pub(super) fn whole(&self, name: &'static str) -> Result<&[i64], ExampleError> {
        match self.feature(name)? {
            Feature::Whole(values) => Ok(values),
            _ => Err(ExampleError::WrongKind {
                name,
                expected: "whole numbers",
            }),
        }
    }

    /// The last feature of a name, as the last entry of a map counts.
    fn feature(&self, name: &'static str) -> Result<&Feature<'e>, ExampleError> {
        let found = self.features.iter().rfind(|(found, _)| *found == name);
        found.map(|(_, feature)| feature).ok_or_else(|| {
            let names: Vec<String> = self
                .features
                .iter()
                .map(|(name, _)| format!("{name:?}"))
                .collect();
            ExampleError::Missing {
                name,
                found: if names.is_empty() {
                    "none".to_owned()
                } else {
                    names.join(", ")
                },
            }
        })
    }
}

fn feature_of_entry(entry: &[u8]) -> Result<(&str, Feature<'_>), ExampleError> {
    let (mut name, mut value) = ("", Feature::Nothing);
    each(entry, |field| {
        match field {
            (1, Content::Bytes(bytes)) => {
                name = std::str::from_utf8(bytes)
                    .map_err(|_| ExampleError::Malformed("the name of a feature is no text"))?;
            }
            (2, Content::Bytes(bytes)) => value = feature(bytes)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok((name, value))
}

fn feature(bytes: &[u8]) -> Result<Feature<'_>, ExampleError> {
    let mut feature = Feature::Nothing;
    each(bytes, |field| {
        match field {
            (1, Content::Bytes(list)) => feature = Feature::Bytes(values_of_bytes(list)?),
            (2, Content::Bytes(_)) => feature = Feature::Real,
            (3, Content::Bytes(list)) => feature = Feature::Whole(whole_values(list)?),
            _ => {}
        }
        Ok(())
    })?;
    Ok(feature)
}

fn values_of_bytes(list: &[u8]) -> Result<Vec<&[u8]>, ExampleError> {
    let mut values = Vec::new();
    each(list, |field| {
        if let (1, Content::Bytes(value)) = field {
            values.push(value);
        }
        Ok(())
    })?;
    Ok(values)
}

/// Whole numbers stand one by one, or many in one field.
fn whole_values(list: &[u8]) -> Result<Vec<i64>, ExampleError> {
    let mut values = Vec::new();
    each(list, |field| {
        match field {
            (1, Content::Whole(value)) => values.push(value.cast_signed()),
            (1, Content::Bytes(mut packed)) => {
                while !packed.is_empty() {
                    values.push(varint(&mut packed)?.cast_signed());
                }
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(values)
}

/// The content of a field.
enum Content<'e> {
    Whole(u64),
    Bytes(&'e [u8]),
    /// Four or eight bytes, of which nothing here has use.
    Fixed,
}

/// Calls a function for each field of a message: its number and content.
fn each<'e>(
    mut message: &'e [u8],
    mut take: impl FnMut((u64, Content<'e>)) -> Result<(), ExampleError>,
) -> Result<(), ExampleError> {
    while !message.is_empty() {
        let tag = varint(&mut message)?;
        let content = match tag & 7 {
            0 => Content::Whole(varint(&mut message)?),
            1 => skip(&mut message, 8).map(|_| Content::Fixed)?,
            2 => {
                let length = varint(&mut message)?;
                Content::Bytes(skip(&mut message, length)?)
            }
            5 => skip(&mut message, 4).map(|_| Content::Fixed)?,
            _ => return Err(ExampleError::Malformed("a field has no kind of protocol buffers")),
        };
        take((tag >> 3, content))?;
    }
    Ok(())
}

fn skip<'e>(message: &mut &'e [u8], length: u64) -> Result<&'e [u8], ExampleError> {
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let (field, rest) = message
        .split_at_checked(length)
        .ok_or(ExampleError::Malformed("a field is longer than the message"))?;
    *message = rest;
    Ok(field)
}

/// A number in groups of 7 bits, the lowest first.
fn varint(message: &mut &[u8]) -> Result<u64, ExampleError> {
    let mut value = 0;
    for (index, &byte) in message.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7F) << (7 * index);
        if byte < 0x80 {
            *message = &message[index + 1..];
            return Ok(value);
        }
    }
    Err(ExampleError::Malformed("a number has no end"))
}

#[cfg(test)]
mod tests;
