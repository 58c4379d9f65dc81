//! The header of a safetensors file: the length of its description in 8 bytes, the description as JSON, then the numbers.

use safetensors::Dtype;
use safetensors::tensor::Metadata;

use super::element::Element;

/// The longest description, which is that of the format's own library.
const LONGEST_DESCRIPTION: u64 = 100_000_000;

/// An array of a file: name, element type, shape, and where its numbers begin, in bytes from the beginning of the file.
pub(super) struct Described {
    pub(super) name: String,
    pub(super) element: Element,
    pub(super) shape: Vec<usize>,
    pub(super) at: u64,
}

/// The length of the description, where a file of `length` bytes that begins so can be of this format.
pub(super) fn description_length(beginning: &[u8], length: u64) -> Option<u64> {
    let (bytes, rest) = beginning.split_first_chunk()?;
    let description = u64::from_le_bytes(*bytes);
    let fits = description <= LONGEST_DESCRIPTION && description.checked_add(8)? <= length;
    (fits && rest.first() == Some(&b'{')).then_some(description)
}

/// The arrays of a file of `length` bytes with this description.
pub(super) fn arrays(description: &[u8], length: u64) -> Result<Vec<Described>, String> {
    let metadata: Metadata = serde_json::from_slice(description)
        .map_err(|error| format!("its description cannot be read: {error}"))?;
    let numbers_at = 8 + description.len() as u64;
    let described = numbers_at.checked_add(metadata.data_len() as u64);
    if described != Some(length) {
        return Err("it has not as many bytes as its description says".to_owned());
    }
    let tensors = metadata.tensors();
    let array = |(name, info): (&String, &&safetensors::tensor::TensorInfo)| {
        Ok(Described {
            name: name.clone(),
            element: element(name, info.dtype)?,
            shape: info.shape.clone(),
            at: numbers_at + info.data_offsets.0 as u64,
        })
    };
    tensors.iter().map(array).collect()
}

fn element(name: &str, element: Dtype) -> Result<Element, String> {
    Ok(match element {
        Dtype::F16 => Element::F16,
        Dtype::BF16 => Element::BF16,
        Dtype::F32 => Element::F32,
        Dtype::F64 => Element::F64,
        Dtype::I64 | Dtype::U64 => Element::Whole(8),
        Dtype::I32 | Dtype::U32 => Element::Whole(4),
        Dtype::I16 | Dtype::U16 => Element::Whole(2),
        Dtype::I8 | Dtype::U8 | Dtype::BOOL => Element::Whole(1),
        other => return Err(format!("its array {name:?} is of {other:?}")),
    })
}
