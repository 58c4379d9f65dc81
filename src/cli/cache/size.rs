//! Sizes as people write them on a command line: `10GiB`, `500 MB`, `1.5G`, `0`.

/// Reads a size in bytes. `K`, `M`, `G`, `T` and `KiB`... count in 1024, `KB`... in 1000, as everywhere.
pub(super) fn parse(text: &str) -> Result<u64, String> {
    let refused = || format!("expected a size such as 10GiB or 500MB, found {text:?}");
    let text = text.trim();
    let digits = text
        .find(|sign: char| !(sign.is_ascii_digit() || sign == '.'))
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: f64 = number.parse().map_err(|_| refused())?;
    let factor = factor(&unit.trim().to_ascii_lowercase()).ok_or_else(refused)?;
    // Whoever asks for more than 16 EiB gets as much as there can be.
    Ok((number * factor).round() as u64)
}

fn factor(unit: &str) -> Option<f64> {
    if matches!(unit, "" | "b") {
        return Some(1.0);
    }
    let (prefix, rest) = unit.split_at_checked(1)?;
    let power = 1 + "kmgt".find(prefix)? as i32;
    match rest {
        "" | "ib" => Some(1024_f64.powi(power)),
        "b" => Some(1000_f64.powi(power)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, bytes) in [
            ("0", 0),
            ("700", 700),
            ("2KiB", 2048),
            ("2 kb", 2000),
            ("1.5G", 3 << 29),
            ("10GiB", 10 << 30),
            ("1TB", 1_000_000_000_000),
            ("3b", 3),
        ] {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
        for text in ["", "GiB", "-1", "1.2.3", "10 apples", "10ig", "1é"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
