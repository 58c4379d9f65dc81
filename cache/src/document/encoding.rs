//! The canonical bytes of a value: what a key is the hash of.
//!
//! Every value starts with the tag of its type, everything of variable length with its length, and the fields of
//! a map stand in the order of their names' bytes. The bytes can therefore be read back in only one way, so two
//! different values never encode to the same bytes. Numbers are little-endian, lengths are 64 bits wide.
//! A change here changes every key, so it goes with a new purpose text in `key_document`.

use super::value::Value;

pub(super) const BOOL: u8 = 1;
pub(super) const INTEGER: u8 = 2;
pub(super) const FLOAT: u8 = 3;
pub(super) const TEXT: u8 = 4;
pub(super) const DIGEST: u8 = 5;
pub(super) const LIST: u8 = 6;
pub(super) const MAP: u8 = 7;

/// Encodes a value.
pub(super) fn encode(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_value(&mut bytes, value);
    bytes
}

fn write_value(bytes: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Bool(value) => bytes.extend([BOOL, u8::from(*value)]),
        Value::Integer(value) => {
            bytes.push(INTEGER);
            bytes.extend(value.to_le_bytes());
        }
        Value::Float(value) => {
            bytes.push(FLOAT);
            bytes.extend(value.get().to_bits().to_le_bytes());
        }
        Value::Text(text) => {
            bytes.push(TEXT);
            write_text(bytes, text);
        }
        Value::Digest(digest) => {
            bytes.push(DIGEST);
            bytes.extend(digest.as_bytes());
        }
        Value::List(values) => {
            bytes.push(LIST);
            write_length(bytes, values.len());
            values.iter().for_each(|value| write_value(bytes, value));
        }
        Value::Map(fields) => {
            bytes.push(MAP);
            write_length(bytes, fields.len());
            for (name, value) in fields {
                write_text(bytes, name);
                write_value(bytes, value);
            }
        }
    }
}

fn write_text(bytes: &mut Vec<u8>, text: &str) {
    write_length(bytes, text.len());
    bytes.extend(text.as_bytes());
}

fn write_length(bytes: &mut Vec<u8>, length: usize) {
    bytes.extend((length as u64).to_le_bytes());
}
