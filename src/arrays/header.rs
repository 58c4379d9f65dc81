//! The header of a `.npy` file: a Python dictionary of three entries in text, which is read as such and never run.

use super::element::Element;

/// What a header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) element: Element,
    /// Whether the bytes of a number begin with the highest.
    pub(super) is_big_endian: bool,
    /// Whether the first axis moves fastest.
    pub(super) is_fortran: bool,
    pub(super) shape: Vec<usize>,
    /// Bytes before the numbers.
    pub(super) bytes: u64,
}

/// The most axes of an array, which is NumPy's own limit.
const MOST_AXES: usize = 64;
/// The bytes that say how long a header is, and what is before them.
pub(super) const PREFIX_BYTES: usize = 12;
/// The longest header that is read.
const LONGEST: usize = 1 << 16;

/// Bytes of the text of a header whose file begins so, and where it begins.
pub(super) fn length(prefix: &[u8; PREFIX_BYTES]) -> Result<(usize, usize), String> {
    if !prefix.starts_with(b"\x93NUMPY") {
        return Err("it does not begin as one".to_owned());
    }
    let (at, length) = match prefix[6] {
        1 => (10, usize::from(u16::from_le_bytes([prefix[8], prefix[9]]))),
        2 | 3 => {
            let length = u32::from_le_bytes([prefix[8], prefix[9], prefix[10], prefix[11]]);
            (12, usize::try_from(length).unwrap_or(usize::MAX))
        }
        version => return Err(format!("its format has the version {version}")),
    };
    match length {
        0..=LONGEST => Ok((at, length)),
        _ => Err(format!("its header has {length} bytes")),
    }
}

/// Reads the text of a header that ends `bytes` behind the beginning of the file.
pub(super) fn parse(text: &[u8], bytes: u64) -> Result<Header, String> {
    let damaged = || "its header is damaged".to_owned();
    let text = std::str::from_utf8(text).map_err(|_| damaged())?;
    let value = |name: &str| {
        let (_, rest) = text.split_once(&format!("'{name}':"))?;
        Some(rest.trim_start())
    };
    let description = value("descr").ok_or_else(damaged)?;
    let Some((description, _)) = description
        .strip_prefix('\'')
        .and_then(|rest| rest.split_once('\''))
    else {
        return Err("its numbers have several parts (a structured array)".to_owned());
    };
    let (order, kind) = description.split_at_checked(1).ok_or_else(damaged)?;
    if kind.starts_with('O') || order == "O" {
        return Err("it holds objects of Python".to_owned());
    }
    let unknown = || format!("its numbers have the type {description:?}");
    let element = Element::described(kind).ok_or_else(unknown)?;
    let is_big_endian = match order {
        "<" | "|" | "=" => false,
        ">" => true,
        _ => return Err(unknown()),
    };
    let is_fortran = match value("fortran_order").ok_or_else(damaged)? {
        value if value.starts_with("True") => true,
        value if value.starts_with("False") => false,
        _ => return Err(damaged()),
    };
    let shape = value("shape").and_then(|rest| rest.strip_prefix('(')?.split_once(')'));
    let (shape, _) = shape.ok_or_else(damaged)?;
    let extents = shape
        .split(',')
        .map(str::trim)
        .filter(|extent| !extent.is_empty());
    let shape: Vec<usize> = extents
        .map(|extent| extent.parse().map_err(|_| damaged()))
        .collect::<Result<_, _>>()?;
    if shape.len() > MOST_AXES {
        return Err(format!("it has {} axes", shape.len()));
    }
    Ok(Header {
        element,
        is_big_endian,
        is_fortran,
        shape,
        bytes,
    })
}
