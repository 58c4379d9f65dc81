//! JSON that notices its own damage: `{"check": <digest>, "content": ...}`, where the digest is that of the
//! content written compactly. A reader gets the content that was written or an error, never a changed number.

use std::io;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::Digest;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Checked<T> {
    check: Digest,
    content: T,
}

/// Why bytes are not what was written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Damage {
    #[error("not the expected JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the content does not match its check")]
    Check,
}

/// Writes the content, readable, with its check.
pub(crate) fn to_json<T: Serialize>(content: &T) -> io::Result<Vec<u8>> {
    let check = Digest::of(&serde_json::to_vec(content)?);
    let mut json = serde_json::to_vec_pretty(&Checked { check, content })?;
    json.push(b'\n');
    Ok(json)
}

/// Reads what [`to_json`] wrote.
pub(crate) fn from_json<T: Serialize + DeserializeOwned>(json: &[u8]) -> Result<T, Damage> {
    let checked: Checked<T> = serde_json::from_slice(json)?;
    if Digest::of(&serde_json::to_vec(&checked.content)?) != checked.check {
        return Err(Damage::Check);
    }
    Ok(checked.content)
}
