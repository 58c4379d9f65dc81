//! Reads what Python pickled where it is plain data: dictionaries, lists, numbers, text, and arrays of bytes of NumPy.
//!
//! The format is a program for a stack machine (`Lib/pickletools.py` of CPython lists its instructions). Of it this reader
//! knows what protocols 1 to 4 use for plain data, and three names: NumPy's two constructors of an array and its type, and
//! `_codecs.encode`, with which Python 3 writes bytes in protocol 2. Any other name is refused; nothing is ever executed,
//! imported or looked up. Memory is that of the file, which is limited.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::rc::Rc;

use crate::data::error::DataError;

/// The longest file: twice the largest of CIFAR-10.
const LARGEST_BYTES: u64 = 64 << 20;
/// The most values on the stack, and so in one list.
const MOST_VALUES: usize = 1 << 20;

/// What was pickled.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    None,
    Integer(i64),
    /// Bytes, and text of Python 2.
    Bytes(Rc<[u8]>),
    Text(Rc<str>),
    List(Vec<Value>),
    Tuple(Vec<Value>),
    /// Keys are text, or bytes that are.
    Dictionary(Vec<(String, Value)>),
    /// An array of bytes.
    Array {
        shape: Vec<usize>,
        bytes: Rc<[u8]>,
    },
    /// The name of something that would be imported.
    Name(Name),
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

impl Name {
    fn of(module: &str, name: &str) -> Option<Self> {
        match (module, name) {
            ("numpy.core.multiarray" | "numpy._core.multiarray", "_reconstruct") => Some(Self::Reconstruct),
            ("numpy", "ndarray") => Some(Self::Array),
            ("numpy", "dtype") => Some(Self::ElementType),
            ("_codecs", "encode") => Some(Self::Encode),
            _ => None,
        }
    }
}

impl Value {
    /// The value of a dictionary's key.
    pub(super) fn field<'v>(&'v self, name: &str, path: &Path) -> Result<&'v Value, DataError> {
        let Self::Dictionary(fields) = self else {
            return Err(unexpected(path, "it holds no dictionary"));
        };
        let field = fields.iter().find(|(key, _)| key == name);
        field
            .map(|(_, value)| value)
            .ok_or_else(|| unexpected(path, &format!("it has no {name:?}")))
    }

    pub(super) fn list(&self) -> Option<&[Value]> {
        match self {
            Self::List(values) => Some(values),
            _ => None,
        }
    }

    pub(super) fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.to_string()),
            Self::Bytes(bytes) => String::from_utf8(bytes.to_vec()).ok(),
            _ => None,
        }
    }

    /// A number from 0 to 255.
    pub(super) fn byte(&self) -> Option<u8> {
        match self {
            Self::Integer(number) => u8::try_from(*number).ok(),
            _ => None,
        }
    }

    fn extent(&self) -> Option<usize> {
        match self {
            Self::Integer(number) => usize::try_from(*number).ok(),
            _ => None,
        }
    }
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
    let mut machine = Machine {
        rest: bytes,
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
    };
    while !machine.step()? {}
    match (machine.stack.pop(), machine.stack.is_empty()) {
        (Some(value), true) => Ok(value),
        _ => Err("it does not end with one value".to_owned()),
    }
}

struct Machine<'p> {
    rest: &'p [u8],
    stack: Vec<Value>,
    /// Lengths of the stack at its marks.
    marks: Vec<usize>,
    /// Values that may be asked for again; those that still change, and so would have to be shared, are not among them.
    memo: HashMap<u64, Value>,
}

impl Machine<'_> {
    /// Does one instruction and tells whether it was the last.
    fn step(&mut self) -> Result<bool, String> {
        let [instruction] = self.take_array()?;
        match instruction {
            0x80 => self.protocol()?,
            0x95 => drop(self.take(8)?),
            b'.' => return Ok(true),
            b'N' => self.push(Value::None)?,
            0x88 => self.push(Value::Integer(1))?,
            0x89 => self.push(Value::Integer(0))?,
            b'K' => self.unsigned(1)?,
            b'M' => self.unsigned(2)?,
            b'J' => {
                let number = i32::from_le_bytes(self.take_array()?);
                self.push(Value::Integer(number.into()))?;
            }
            b'U' | b'C' => self.bytes(1)?,
            b'T' | b'B' => self.bytes(4)?,
            0x8e => self.bytes(8)?,
            b'X' => self.text(4)?,
            0x8c => self.text(1)?,
            b'(' => self.marks.push(self.stack.len()),
            b']' => self.push(Value::List(Vec::new()))?,
            b')' => self.push(Value::Tuple(Vec::new()))?,
            b'}' => self.push(Value::Dictionary(Vec::new()))?,
            b't' => {
                let items = self.since_mark()?;
                self.push(Value::Tuple(items))?;
            }
            0x85..=0x87 => self.tuple(usize::from(instruction - 0x84))?,
            b'a' => {
                let item = self.pop()?;
                self.append(vec![item])?;
            }
            b'e' => {
                let items = self.since_mark()?;
                self.append(items)?;
            }
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?);
                self.set(vec![key, value])?;
            }
            b'u' => {
                let items = self.since_mark()?;
                self.set(items)?;
            }
            b'q' => self.remember(1)?,
            b'r' => self.remember(4)?,
            0x94 => self.memoize(self.memo.len() as u64)?,
            b'h' => self.recall(1)?,
            b'j' => self.recall(4)?,
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                self.name(&module, &name)?;
            }
            0x93 => {
                let (name, module) = (self.pop()?.text(), self.pop()?.text());
                self.name(&module.unwrap_or_default(), &name.unwrap_or_default())?;
            }
            b'R' => self.construct()?,
            b'b' => self.fill()?,
            other => return Err(format!("the instruction {other:#04x} is not one of plain data")),
        }
        Ok(false)
    }

    fn protocol(&mut self) -> Result<(), String> {
        match self.take_array()? {
            [1..=5] => Ok(()),
            [other] => Err(format!("it is of protocol {other}")),
        }
    }

    fn take(&mut self, count: usize) -> Result<&[u8], String> {
        let (taken, rest) = self
            .rest
            .split_at_checked(count)
            .ok_or_else(|| "it is cut short".to_owned())?;
        self.rest = rest;
        Ok(taken)
    }

    fn take_array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or("it is cut short")?;
        self.rest = rest;
        Ok(*taken)
    }

    /// A number of so many bytes, little-endian.
    fn number(&mut self, bytes: usize) -> Result<u64, String> {
        let mut all = [0; 8];
        all[..bytes].copy_from_slice(self.take(bytes)?);
        Ok(u64::from_le_bytes(all))
    }

    fn line(&mut self) -> Result<String, String> {
        let end = self.rest.iter().take(128).position(|&byte| byte == b'\n');
        let line = self.take(end.ok_or("a name has no end")? + 1)?;
        Ok(String::from_utf8_lossy(&line[..line.len() - 1]).into_owned())
    }

    fn push(&mut self, value: Value) -> Result<(), String> {
        if self.stack.len() >= MOST_VALUES {
            return Err("it holds more values than any batch".to_owned());
        }
        self.stack.push(value);
        Ok(())
    }

    fn pop(&mut self) -> Result<Value, String> {
        let floor = self.marks.last().copied().unwrap_or(0);
        match self.stack.len() > floor {
            true => self.stack.pop().ok_or_else(missing_value),
            false => Err(missing_value()),
        }
    }

    fn last(&mut self) -> Result<&mut Value, String> {
        self.stack.last_mut().ok_or_else(missing_value)
    }

    fn since_mark(&mut self) -> Result<Vec<Value>, String> {
        let mark = self.marks.pop().filter(|mark| *mark <= self.stack.len());
        Ok(self.stack.split_off(mark.ok_or_else(missing_value)?))
    }

    fn unsigned(&mut self, bytes: usize) -> Result<(), String> {
        let number = self.number(bytes)?;
        self.push(Value::Integer(i64::try_from(number).unwrap_or(i64::MAX)))
    }

    /// Bytes whose length is in so many bytes before them.
    fn counted(&mut self, length: usize) -> Result<&[u8], String> {
        let count = self.number(length)?;
        self.take(usize::try_from(count).unwrap_or(usize::MAX))
    }

    fn bytes(&mut self, length: usize) -> Result<(), String> {
        let bytes = Rc::from(self.counted(length)?);
        self.push(Value::Bytes(bytes))
    }

    fn text(&mut self, length: usize) -> Result<(), String> {
        let text = std::str::from_utf8(self.counted(length)?).map(Rc::from);
        self.push(Value::Text(text.map_err(|_| "a text is not UTF-8")?))
    }

    fn tuple(&mut self, count: usize) -> Result<(), String> {
        let mut items = Vec::with_capacity(count);
        for _ in 0..count {
            items.push(self.pop()?);
        }
        items.reverse();
        self.push(Value::Tuple(items))
    }

    fn append(&mut self, items: Vec<Value>) -> Result<(), String> {
        let Value::List(list) = self.last()? else {
            return Err("something is appended to what is no list".to_owned());
        };
        list.extend(items);
        match list.len() <= MOST_VALUES {
            true => Ok(()),
            false => Err("it holds more values than any batch".to_owned()),
        }
    }

    fn set(&mut self, items: Vec<Value>) -> Result<(), String> {
        let Value::Dictionary(fields) = self.last()? else {
            return Err("a key is set in what is no dictionary".to_owned());
        };
        let mut items = items.into_iter();
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            let key = key.text().ok_or("a key is not text")?;
            fields.push((key, value));
        }
        Ok(())
    }

    fn remember(&mut self, bytes: usize) -> Result<(), String> {
        let at = self.number(bytes)?;
        self.memoize(at)
    }

    fn memoize(&mut self, at: u64) -> Result<(), String> {
        let value = match self.last()? {
            // These may still grow; in a batch nothing asks for them again.
            Value::List(_) | Value::Dictionary(_) | Value::Array { .. } => Value::None,
            Value::Tuple(items) if items.len() > 8 => Value::None,
            value => value.clone(),
        };
        self.memo.insert(at, value);
        Ok(())
    }

    fn recall(&mut self, bytes: usize) -> Result<(), String> {
        let at = self.number(bytes)?;
        match self.memo.get(&at) {
            Some(Value::None) | None => Err("a value is used twice that batches use once".to_owned()),
            Some(value) => self.push(value.clone()),
        }
    }

    fn name(&mut self, module: &str, name: &str) -> Result<(), String> {
        match Name::of(module, name) {
            Some(name) => self.push(Value::Name(name)),
            None => Err(format!("it names {module:?} {name:?}, which is no plain data")),
        }
    }

    /// What the call of a name with a tuple stands for.
    fn construct(&mut self) -> Result<(), String> {
        let (arguments, name) = (self.pop()?, self.pop()?);
        let (Value::Name(name), Value::Tuple(arguments)) = (name, arguments) else {
            return Err("something is called that has no name".to_owned());
        };
        let value = match (name, &arguments[..]) {
            (Name::Reconstruct, [Value::Name(Name::Array), ..]) => Value::Array {
                shape: Vec::new(),
                bytes: Rc::from([]),
            },
            (Name::ElementType, [name, ..]) => {
                let name = name.text().ok_or("an element type has no name")?;
                Value::ElementType(name.into())
            }
            (Name::Encode, [Value::Text(text), encoding]) if encoding.text().as_deref() == Some("latin1") => {
                let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
                Value::Bytes(bytes.ok_or("bytes are encoded that are none")?.into())
            }
            _ => return Err("a call is not one of those that make an array".to_owned()),
        };
        self.push(value)
    }

    /// Gives an array its content; of a type, which has its name already, nothing else counts.
    fn fill(&mut self) -> Result<(), String> {
        let state = self.pop()?;
        match (self.last()?, state) {
            (Value::ElementType(_), Value::Tuple(_)) => Ok(()),
            (Value::Array { shape, bytes }, Value::Tuple(state)) => {
                let [
                    _,
                    Value::Tuple(extents),
                    Value::ElementType(element),
                    order,
                    Value::Bytes(content),
                ] = &state[..]
                else {
                    return Err("an array is not written as NumPy does".to_owned());
                };
                if &**element != "u1" || *order != Value::Integer(0) {
                    return Err(format!("its array is of {element}, expected rows of bytes (u1)"));
                }
                let extents: Option<Vec<usize>> = extents.iter().map(Value::extent).collect();
                let extents = extents.ok_or("an array has no extents")?;
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
}

fn missing_value() -> String {
    "it takes a value that is not there".to_owned()
}

#[cfg(test)]
mod tests;
