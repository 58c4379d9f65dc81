//! The stack machine.

use std::collections::HashMap;
use std::rc::Rc;

use super::{Pickled, Value, Vocabulary};

/// The most values of one pickle.
pub(super) const MOST_VALUES: usize = 1 << 20;
/// The most values that may lie in each other: what is dropped or compared calls itself as often.
const DEEPEST: u8 = 64;
/// The longest key that is kept as bytes.
const LONGEST_KEY: usize = 256;
/// The longest name of a module or of something in one.
const LONGEST_NAME: usize = 1024;

/// The value that the first pickle of `bytes` leaves and what follows it, or why it is refused.
pub(crate) fn parse<'p, V: Vocabulary>(
    bytes: &'p [u8],
    vocabulary: &mut V,
) -> Result<(Pickled<V>, &'p [u8]), String> {
    let mut machine = Machine {
        vocabulary,
        rest: bytes,
        stack: Vec::new(),
        made: 0,
        marks: Vec::new(),
        memo: HashMap::new(),
    };
    while !machine.step()? {}
    match (machine.stack.pop(), machine.stack.is_empty()) {
        (Some(entry), true) => Ok((entry.value, machine.rest)),
        _ => Err("it does not end with one value".to_owned()),
    }
}

/// A value, and how deep values lie in it.
#[derive(Clone)]
struct Entry<T> {
    value: T,
    depth: u8,
}

struct Machine<'p, 'v, V: Vocabulary> {
    vocabulary: &'v mut V,
    rest: &'p [u8],
    stack: Vec<Entry<Pickled<V>>>,
    /// Values that were ever put on the stack.
    made: usize,
    /// Lengths of the stack at its marks.
    marks: Vec<usize>,
    /// Values that may be asked for again; those that still change, and so would have to be shared, are not among them.
    memo: HashMap<u64, Option<Entry<Pickled<V>>>>,
}

impl<V: Vocabulary> Machine<'_, '_, V> {
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
            0x8a => self.long()?,
            b'G' => {
                let number = f64::from_be_bytes(self.take_array()?);
                self.push(Value::Real(number))?;
            }
            b'U' | b'C' => self.bytes(1)?,
            b'T' | b'B' => self.bytes(4)?,
            0x8e => self.bytes(8)?,
            b'X' => self.text(4)?,
            0x8c => self.text(1)?,
            b'(' => self.marks.push(self.stack.len()),
            b']' => self.push(Value::List(Vec::new()))?,
            b')' => self.push(Value::Tuple(Rc::from([])))?,
            b'}' => self.push(Value::Dictionary(Vec::new()))?,
            b't' => {
                let items = self.since_mark()?;
                self.tuple(items)?;
            }
            0x85..=0x87 => {
                let count = usize::from(instruction - 0x84);
                let items: Result<Vec<_>, String> = (0..count).map(|_| self.pop()).collect();
                self.tuple(items?.into_iter().rev().collect())?;
            }
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
                let (name, module) = (self.pop()?, self.pop()?);
                let of = |entry: &Entry<Pickled<V>>| entry.value.text().unwrap_or_default().to_owned();
                self.name(&of(&module), &of(&name))?;
            }
            b'R' => self.call()?,
            b'b' => self.fill()?,
            b'Q' => {
                let Entry { value, depth } = self.pop()?;
                let value = self.vocabulary.persistent(value)?;
                self.push_entry(value, depth)?;
            }
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
        let end = self
            .rest
            .iter()
            .take(LONGEST_NAME)
            .position(|&byte| byte == b'\n');
        let line = self.take(end.ok_or("a name has no end")? + 1)?;
        Ok(String::from_utf8_lossy(&line[..line.len() - 1]).into_owned())
    }

    fn push(&mut self, value: Pickled<V>) -> Result<(), String> {
        self.push_entry(value, 0)
    }

    fn push_entry(&mut self, value: Pickled<V>, depth: u8) -> Result<(), String> {
        self.made += 1;
        if self.made > MOST_VALUES {
            return Err(format!("it holds more than {MOST_VALUES} values"));
        }
        self.stack.push(Entry { value, depth });
        Ok(())
    }

    fn pop(&mut self) -> Result<Entry<Pickled<V>>, String> {
        let floor = self.marks.last().copied().unwrap_or(0);
        match self.stack.len() > floor {
            true => self.stack.pop().ok_or_else(missing_value),
            false => Err(missing_value()),
        }
    }

    fn last(&mut self) -> Result<&mut Entry<Pickled<V>>, String> {
        self.stack.last_mut().ok_or_else(missing_value)
    }

    fn since_mark(&mut self) -> Result<Vec<Entry<Pickled<V>>>, String> {
        let mark = self.marks.pop().filter(|mark| *mark <= self.stack.len());
        Ok(self.stack.split_off(mark.ok_or_else(missing_value)?))
    }

    fn unsigned(&mut self, bytes: usize) -> Result<(), String> {
        let number = self.number(bytes)?;
        self.push(Value::Integer(i64::try_from(number).unwrap_or(i64::MAX)))
    }

    /// A number of as many bytes as stands before them, in two's complement.
    fn long(&mut self) -> Result<(), String> {
        let bytes = self.counted(1)?;
        let value = match bytes.len() {
            0..=8 => {
                let negative = bytes.last().is_some_and(|&last| last >= 0x80);
                let mut all = [if negative { 0xff } else { 0 }; 8];
                all[..bytes.len()].copy_from_slice(bytes);
                Value::Integer(i64::from_le_bytes(all))
            }
            _ => Value::Long(bytes.into()),
        };
        self.push(value)
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

    fn tuple(&mut self, items: Vec<Entry<Pickled<V>>>) -> Result<(), String> {
        let depth = around(&items)?;
        let items = items.into_iter().map(|item| item.value).collect();
        self.push_entry(Value::Tuple(items), depth)
    }

    fn append(&mut self, items: Vec<Entry<Pickled<V>>>) -> Result<(), String> {
        let depth = around(&items)?;
        let last = self.last()?;
        let Value::List(list) = &mut last.value else {
            return Err("something is appended to what is no list".to_owned());
        };
        list.extend(items.into_iter().map(|item| item.value));
        last.depth = last.depth.max(depth);
        Ok(())
    }

    fn set(&mut self, items: Vec<Entry<Pickled<V>>>) -> Result<(), String> {
        let depth = around(&items)?;
        let last = self.last()?;
        let Value::Dictionary(fields) = &mut last.value else {
            return Err("a key is set in what is no dictionary".to_owned());
        };
        let mut items = items.into_iter().map(|item| item.value);
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            fields.push((key_of(&key).ok_or("a key is not text")?, value));
        }
        last.depth = last.depth.max(depth);
        Ok(())
    }

    fn remember(&mut self, bytes: usize) -> Result<(), String> {
        let at = self.number(bytes)?;
        self.memoize(at)
    }

    fn memoize(&mut self, at: u64) -> Result<(), String> {
        if self.memo.len() >= MOST_VALUES {
            return Err(format!("it remembers more than {MOST_VALUES} values"));
        }
        let Entry { value, depth } = self.stack.last().ok_or_else(missing_value)?;
        let is_complete = match value {
            // These may still grow; in files that this program reads nothing asks for them again.
            Value::List(_) | Value::Dictionary(_) => false,
            Value::Object(object) => self.vocabulary.is_complete(object),
            _ => true,
        };
        let kept = is_complete.then(|| Entry {
            value: value.clone(),
            depth: *depth,
        });
        self.memo.insert(at, kept);
        Ok(())
    }

    fn recall(&mut self, bytes: usize) -> Result<(), String> {
        let at = self.number(bytes)?;
        match self.memo.get(&at).cloned().flatten() {
            Some(Entry { value, depth }) => self.push_entry(value, depth),
            None => Err("a value is used twice that such files use once".to_owned()),
        }
    }

    fn name(&mut self, module: &str, name: &str) -> Result<(), String> {
        match self.vocabulary.name(module, name) {
            Some(name) => self.push(Value::Name(name)),
            None => Err(format!("it names {module:?} {name:?}, which is no plain data")),
        }
    }

    /// What the call of a name with a tuple stands for.
    fn call(&mut self) -> Result<(), String> {
        let (arguments, name) = (self.pop()?, self.pop()?);
        let (Value::Name(name), Value::Tuple(values)) = (name.value, arguments.value) else {
            return Err("something is called that has no name".to_owned());
        };
        let value = self.vocabulary.call(name, &values)?;
        self.push_entry(value, arguments.depth)
    }

    fn fill(&mut self) -> Result<(), String> {
        let state = self.pop()?;
        let last = self.stack.last_mut().ok_or_else(missing_value)?;
        last.depth = last.depth.max(state.depth);
        self.vocabulary.fill(&mut last.value, state.value)
    }
}

/// The depth of what holds these.
fn around<T>(items: &[Entry<T>]) -> Result<u8, String> {
    let deepest = items.iter().map(|item| item.depth).max();
    match deepest.map_or(0, |depth| depth + 1) {
        depth if depth <= DEEPEST => Ok(depth),
        _ => Err(format!("it has more than {DEEPEST} values in each other")),
    }
}

fn key_of<N, O>(key: &Value<N, O>) -> Option<Rc<str>> {
    match key {
        Value::Text(text) => Some(Rc::clone(text)),
        Value::Bytes(bytes) if bytes.len() <= LONGEST_KEY => std::str::from_utf8(bytes).ok().map(Rc::from),
        Value::Integer(number) => Some(number.to_string().into()),
        _ => None,
    }
}

fn missing_value() -> String {
    "it takes a value that is not there".to_owned()
}
