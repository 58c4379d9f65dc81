//! Names of settings, made from what the matrix varies: `spectral+gradient`, `learning_rate=0.0002+lambda=10`.
//!
//! A word stands alone, a number stands with its key. A word that has settings shows those that tell it from
//! others of the same word: `gradient(lambda=1)`. Different settings get different names, and a name is safe as
//! a file name.

use serde_json::Value as Json;

/// The name where nothing varies.
const NOTHING_VARIES: &str = "base";

/// Returns the names of settings that differ only in the varied paths, in their order.
pub(in crate::study) fn names(settings: &[Json], varied: &[String]) -> Vec<String> {
    let mut parts = vec![Vec::new(); settings.len()];
    for path in varied {
        let pointer = format!("/{}", path.replace('.', "/"));
        let values: Vec<Option<&Json>> = settings
            .iter()
            .map(|settings| settings.pointer(&pointer))
            .collect();
        let label = label(path, varied);
        for (parts, value) in parts.iter_mut().zip(&values) {
            parts.extend(value.and_then(|value| part(label, value, &values)));
        }
    }
    let joined = |parts: &Vec<String>| match parts.as_slice() {
        [] => NOTHING_VARIES.to_owned(),
        parts => parts.join("+"),
    };
    parts.iter().map(joined).collect()
}

/// Returns the last key of a path, or the whole path where another one ends the same.
fn label<'p>(path: &'p str, varied: &[String]) -> &'p str {
    let last = |path: &'p str| path.rsplit('.').next().unwrap_or(path);
    let end = last(path);
    let same = varied
        .iter()
        .filter(|other| other.rsplit('.').next() == Some(end))
        .count();
    if same > 1 { path } else { end }
}

fn part(label: &str, value: &Json, peers: &[Option<&Json>]) -> Option<String> {
    match value {
        Json::Object(object) => {
            let (word, fields) = object.iter().next()?;
            let same_word = peers
                .iter()
                .filter_map(|peer| peer.and_then(|peer| peer.get(word)));
            Some(format!(
                "{word}{}",
                differing(fields, &same_word.collect::<Vec<_>>())
            ))
        }
        Json::String(word) => Some(word.clone()),
        Json::Null => None,
        number => Some(format!("{label}={}", plain(number))),
    }
}

/// Returns the fields whose values differ among the peers, in brackets; nothing where none do.
fn differing(fields: &Json, peers: &[&Json]) -> String {
    let Json::Object(fields) = fields else {
        return String::new();
    };
    let differs = |key: &String, value: &Json| peers.iter().any(|peer| peer.get(key) != Some(value));
    let shown: Vec<String> = fields
        .iter()
        .filter(|(key, value)| differs(key, value))
        .map(|(key, value)| format!("{key}={}", plain(value)))
        .collect();
    if shown.is_empty() {
        String::new()
    } else {
        format!("({})", shown.join(","))
    }
}

/// Writes a number without an exponent: 0.0002, not 2e-4; 10, not 10.0.
fn plain(value: &Json) -> String {
    match (value.as_u64(), value.as_f64(), value.as_str()) {
        (Some(whole), ..) => whole.to_string(),
        (_, Some(number), _) => number.to_string(),
        (_, _, Some(word)) => word.to_owned(),
        _ => value.to_string(),
    }
}
