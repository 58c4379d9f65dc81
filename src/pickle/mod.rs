//! Reads what Python pickled, as data: nothing in a pickle is ever executed, imported or looked up.
//!
//! The format is a program for a stack machine (`Lib/pickletools.py` of CPython lists its instructions). Of it this room knows
//! what protocols 1 to 4 use for plain data: dictionaries, lists, tuples, numbers, text and bytes. Names and calls mean what a
//! [`Vocabulary`] says, which is that of one program and refuses every other name. A pickle's values are counted, and so is how
//! deep they lie in each other, so that memory is in proportion to its length. Knows no file and no program.

mod machine;

use std::rc::Rc;

pub(crate) use machine::parse;

/// What was pickled. `N` are the names of a vocabulary, `O` the things that it makes. A copy shares its content.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<N, O> {
    None,
    /// A number that fits, or a truth value as 0 or 1.
    Integer(i64),
    /// A longer number: its bytes in two's complement, the lowest first.
    Long(Rc<[u8]>),
    Real(f64),
    /// Bytes, and text of Python 2.
    Bytes(Rc<[u8]>),
    Text(Rc<str>),
    List(Vec<Value<N, O>>),
    Tuple(Rc<[Value<N, O>]>),
    /// Keys are text, bytes that are, or whole numbers as text.
    Dictionary(Vec<(Rc<str>, Value<N, O>)>),
    /// The name of something that would be imported.
    Name(N),
    /// What a vocabulary made of a call.
    Object(O),
}

/// A value of a vocabulary.
pub(crate) type Pickled<V> = Value<<V as Vocabulary>::Name, <V as Vocabulary>::Object>;

/// The names that the pickles of one program have, and what stands for them. Reasons are ends of sentences about a file.
pub(crate) trait Vocabulary {
    /// A name that is known.
    type Name: Copy;
    /// Something that is no plain data; copies must be cheap.
    type Object: Clone;

    /// The name of something in a module, or nothing where it is refused.
    fn name(&self, module: &str, name: &str) -> Option<Self::Name>;

    /// What the call of a name stands for. It must not be larger than in proportion to its arguments.
    fn call(&mut self, name: Self::Name, arguments: &[Pickled<Self>]) -> Result<Pickled<Self>, String>;

    /// Gives a value of [`Self::call`] its state.
    fn fill(&mut self, value: &mut Pickled<Self>, state: Pickled<Self>) -> Result<(), String>;

    /// What an identifier of something outside the pickle stands for.
    fn persistent(&mut self, _identifier: Pickled<Self>) -> Result<Pickled<Self>, String> {
        Err("it names something outside itself".to_owned())
    }

    /// Whether an object is complete as soon as it is made, so that it may be used twice.
    fn is_complete(&self, _object: &Self::Object) -> bool {
        true
    }
}

impl<N, O> Value<N, O> {
    /// The value of a dictionary's key; of a key that is set twice the last.
    pub(crate) fn field(&self, name: &str) -> Option<&Value<N, O>> {
        let Self::Dictionary(fields) = self else {
            return None;
        };
        let field = fields.iter().rev().find(|(key, _)| &**key == name);
        field.map(|(_, value)| value)
    }

    pub(crate) fn list(&self) -> Option<&[Value<N, O>]> {
        match self {
            Self::List(values) => Some(values),
            _ => None,
        }
    }

    /// The values of a tuple.
    pub(crate) fn tuple(&self) -> Option<&[Value<N, O>]> {
        match self {
            Self::Tuple(values) => Some(values),
            _ => None,
        }
    }

    /// Text, or bytes that are.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }

    /// A number from 0 to 255.
    pub(crate) fn byte(&self) -> Option<u8> {
        match self {
            Self::Integer(number) => u8::try_from(*number).ok(),
            _ => None,
        }
    }

    /// A number that counts something.
    pub(crate) fn count(&self) -> Option<usize> {
        match self {
            Self::Integer(number) => usize::try_from(*number).ok(),
            _ => None,
        }
    }

    /// Numbers that count something, at most so many.
    pub(crate) fn counts(&self, most: usize) -> Option<Vec<usize>> {
        let values = self.tuple().filter(|values| values.len() <= most)?;
        values.iter().map(Self::count).collect()
    }
}

#[cfg(test)]
mod tests;
