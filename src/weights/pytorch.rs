//! What torch.save pickles: dictionaries of arrays, each a view of a storage that lies elsewhere in the file.
//!
//! The names that are known are those of arrays and their storages (`torch/_utils.py`, `torch/_tensor.py`). Knows not where a
//! storage lies; that is another thing in each of PyTorch's two formats.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::element::Element;
use crate::pickle::{self, Pickled, Value, Vocabulary};

/// The most axes of an array.
const MOST_AXES: usize = 8;
/// The most names that dictionaries may be given at once, together.
const MOST_PAIRS: usize = 1 << 20;

/// A list of numbers, by the key under which the file has it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Storage {
    pub(super) key: Rc<str>,
    pub(super) element: Element,
    /// The first of its numbers that belong to this part of it.
    first: usize,
    count: usize,
}

/// An array: numbers of a storage, some of them or in another order.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct View {
    pub(super) storage: Storage,
    pub(super) shape: Rc<[usize]>,
    pub(super) strides: Rc<[usize]>,
    /// Of the whole storage, the number that comes first.
    pub(super) first: usize,
    /// How many numbers of the storage lie between its first and its last, both counted.
    pub(super) span: usize,
}

/// What a pickle of PyTorch holds.
pub(super) struct Content<'p> {
    /// The arrays of its outermost dictionary, or of `state_dict` in that.
    pub(super) views: BTreeMap<String, View>,
    /// How many numbers each storage has, also those of no such array.
    pub(super) storages: BTreeMap<Rc<str>, (Element, usize)>,
    /// What follows the pickle.
    pub(super) rest: &'p [u8],
}

/// Reads the pickle that `bytes` begin with.
pub(super) fn content(bytes: &[u8]) -> Result<Content<'_>, String> {
    let mut names = PyTorch::default();
    let (value, rest) = pickle::parse(bytes, &mut names)?;
    let arrays = match value.field("state_dict") {
        Some(inner @ Value::Dictionary(_)) => inner,
        _ => &value,
    };
    let Value::Dictionary(fields) = arrays else {
        return Err("it holds no dictionary of arrays".to_owned());
    };
    let views = fields.iter().filter_map(|(name, value)| match value {
        Value::Object(Object::View(view)) => Some((name.to_string(), view.clone())),
        _ => None,
    });
    Ok(Content {
        views: views.collect(),
        storages: names.storages,
        rest,
    })
}

/// A pickle without arrays.
pub(super) fn plain(bytes: &[u8]) -> Result<(Pickled<PyTorch>, &[u8]), String> {
    pickle::parse(bytes, &mut PyTorch::default())
}

/// The names of PyTorch's files.
pub(super) struct PyTorch {
    storages: BTreeMap<Rc<str>, (Element, usize)>,
    pairs_left: usize,
}

impl Default for PyTorch {
    fn default() -> Self {
        Self {
            storages: BTreeMap::new(),
            pairs_left: MOST_PAIRS,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Name {
    OrderedDictionary,
    Size,
    Array,
    Parameter,
    Storage(Element),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Object {
    Storage(Storage),
    View(View),
}

impl Vocabulary for PyTorch {
    type Name = Name;
    type Object = Object;

    fn name(&self, module: &str, name: &str) -> Option<Name> {
        let element = match (module, name) {
            ("collections", "OrderedDict") => return Some(Name::OrderedDictionary),
            ("torch", "Size") => return Some(Name::Size),
            ("torch._utils", "_rebuild_tensor" | "_rebuild_tensor_v2") => return Some(Name::Array),
            ("torch._utils", "_rebuild_parameter") => return Some(Name::Parameter),
            ("torch" | "torch.cuda", storage) => storage,
            _ => return None,
        };
        let element = match element {
            "HalfStorage" => Element::F16,
            "BFloat16Storage" => Element::BF16,
            "FloatStorage" => Element::F32,
            "DoubleStorage" => Element::F64,
            "LongStorage" => Element::Whole(8),
            "IntStorage" => Element::Whole(4),
            "ShortStorage" => Element::Whole(2),
            "CharStorage" | "ByteStorage" | "BoolStorage" => Element::Whole(1),
            _ => return None,
        };
        Some(Name::Storage(element))
    }

    fn call(&mut self, name: Name, arguments: &[Pickled<Self>]) -> Result<Pickled<Self>, String> {
        match (name, arguments) {
            (Name::OrderedDictionary, []) => Ok(Value::Dictionary(Vec::new())),
            (Name::OrderedDictionary, [Value::List(pairs)]) => self.dictionary(pairs),
            (Name::Size, [extents @ Value::Tuple(_)]) | (Name::Parameter, [extents, ..]) => {
                Ok(extents.clone())
            }
            (Name::Array, [Value::Object(Object::Storage(storage)), first, shape, strides, ..]) => {
                let first = first.count().ok_or("an array begins nowhere")?;
                let [shape, strides] = [shape, strides].map(|numbers| numbers.counts(MOST_AXES));
                let shape = shape.ok_or("an array has no extents that are counts")?;
                let strides = strides.ok_or("an array has no strides that are counts")?;
                let view = view(storage, first, &shape, &strides)?;
                Ok(Value::Object(Object::View(view)))
            }
            _ => Err("a call is not one of those that make an array".to_owned()),
        }
    }

    /// A dictionary has attributes, which are no content.
    fn fill(&mut self, value: &mut Pickled<Self>, _: Pickled<Self>) -> Result<(), String> {
        match value {
            Value::Dictionary(_) => Ok(()),
            _ => Err("something is filled that is no dictionary".to_owned()),
        }
    }

    fn persistent(&mut self, identifier: Pickled<Self>) -> Result<Pickled<Self>, String> {
        let parts = identifier.tuple().unwrap_or_default();
        let [
            kind,
            Value::Name(Name::Storage(element)),
            key,
            _,
            count,
            part @ ..,
        ] = parts
        else {
            return Err("what lies outside its pickle is no storage".to_owned());
        };
        let (Some("storage"), Value::Text(_) | Value::Bytes(_), Some(count)) =
            (kind.text(), key, count.count())
        else {
            return Err("what lies outside its pickle is no storage".to_owned());
        };
        let key: Rc<str> = match key {
            Value::Text(key) => Rc::clone(key),
            key => key
                .text()
                .filter(|key| key.len() <= 64)
                .ok_or("a storage has no key")?
                .into(),
        };
        let known = *self.storages.entry(Rc::clone(&key)).or_insert((*element, count));
        if known != (*element, count) {
            return Err(format!("it has two storages {key:?}"));
        }
        let (first, count) = match part {
            [] | [Value::None] => (0, count),
            [part] => part_of(part, count).ok_or("a storage is no part of another")?,
            _ => return Err("what lies outside its pickle is no storage".to_owned()),
        };
        Ok(Value::Object(Object::Storage(Storage {
            key,
            element: *element,
            first,
            count,
        })))
    }
}

impl PyTorch {
    /// A dictionary of pairs, as Python 2 wrote it.
    fn dictionary(&mut self, pairs: &[Pickled<Self>]) -> Result<Pickled<Self>, String> {
        let left = self.pairs_left.checked_sub(pairs.len());
        self.pairs_left = left.ok_or("its dictionaries have too many keys")?;
        let pair = |pair: &Pickled<Self>| match pair.list().or(pair.tuple()) {
            Some([Value::Text(key), value]) => Some((Rc::clone(key), value.clone())),
            Some([Value::Bytes(key), value]) if key.len() <= 256 => {
                Some((std::str::from_utf8(key).ok()?.into(), value.clone()))
            }
            _ => None,
        };
        let fields: Option<Vec<_>> = pairs.iter().map(pair).collect();
        Ok(Value::Dictionary(
            fields.ok_or("a dictionary is made of no pairs")?,
        ))
    }
}

/// First number and count of a part `(key, first, count)` of a storage of so many numbers.
fn part_of<N, O>(part: &Value<N, O>, whole: usize) -> Option<(usize, usize)> {
    let [_, first, count] = part.tuple()? else {
        return None;
    };
    let (first, count) = (first.count()?, count.count()?);
    (first.checked_add(count)? <= whole).then_some((first, count))
}

/// The array of that shape, whose neighbours along an axis lie a stride apart.
fn view(storage: &Storage, first: usize, shape: &[usize], strides: &[usize]) -> Result<View, String> {
    if shape.len() != strides.len() {
        return Err("an array has not as many strides as extents".to_owned());
    }
    let last = |last: usize, (&extent, &stride): (&usize, &usize)| {
        last.checked_add(extent.saturating_sub(1).checked_mul(stride)?)
    };
    let count = shape
        .iter()
        .try_fold(1, |all: usize, &extent| all.checked_mul(extent));
    let last = shape.iter().zip(strides).try_fold(0, last);
    let (Some(count), Some(last)) = (count, last) else {
        return Err("an array is larger than any file".to_owned());
    };
    let span = if count == 0 { 0 } else { last.saturating_add(1) };
    if first.checked_add(span).is_none_or(|end| end > storage.count) {
        return Err(format!(
            "an array goes beyond its storage of {} numbers",
            storage.count
        ));
    }
    if count > storage.count {
        return Err(format!(
            "an array has {count} numbers, more than its storage of {}",
            storage.count
        ));
    }
    Ok(View {
        storage: storage.clone(),
        shape: shape.into(),
        strides: strides.into(),
        first: storage.first + first,
        span,
    })
}
