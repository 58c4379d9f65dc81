//! Files that NumPy wrote (tests/golden/arrays.py), every way to cut or change them, and archives made to harm a reader.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::*;

fn golden(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden/arrays")
        .join(file)
}

/// The numbers that the script puts into an array of reals.
fn reals(count: usize) -> Vec<f64> {
    (0..count).map(|at| (at as f64 - 5.0) / 4.0).collect()
}

/// The bytes that the script puts into an array of images.
fn pixels(count: usize) -> Vec<u8> {
    (0..count).map(|at| (7 * at % 256) as u8).collect()
}

/// A file of these bytes in a folder of its own.
fn file(name: &str, bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    (folder, path)
}

/// All arrays of a file by name.
fn open(path: &Path) -> Result<Vec<(String, ArrayFile)>, ArrayError> {
    let named = |name: String| Ok((name.clone(), open_named(path, &name)?));
    names(path)?.into_iter().map(named).collect()
}

/// The first array of a file.
fn open_single(path: &Path) -> Result<ArrayFile, ArrayError> {
    open_named(path, &names(path)?[0])
}

/// Why a file is refused; the message names it.
fn refusal(path: &Path) -> String {
    let error = open(path).expect_err("a refusal");
    let message = error.to_string();
    assert!(
        message.contains(path.file_name().unwrap().to_str().unwrap()),
        "{message}"
    );
    assert!(!error.hint().is_empty());
    message
}

#[test]
fn reals_of_every_version_type_and_order_are_those_that_numpy_wrote() {
    let files = [
        ("version_1", Element::F32),
        ("version_2", Element::F32),
        ("version_3", Element::F32),
        ("f2", Element::F16),
        ("f8", Element::F64),
        ("big_f2", Element::F16),
        ("big_f4", Element::F32),
        ("big_f8", Element::F64),
        ("fortran", Element::F64),
        ("big_fortran", Element::F32),
    ];
    for (name, element) in files {
        let array = open_single(&golden(&format!("{name}.npy"))).unwrap();
        assert_eq!((array.element(), array.shape()), (element, &[3, 2][..]), "{name}");
        assert_eq!(array.to_f64().unwrap(), reals(6), "{name}");
        assert_eq!(array.is_fortran(), name.ends_with("fortran"), "{name}");
    }
}

#[test]
fn a_column_has_one_order_and_an_array_may_be_empty_or_a_single_number() {
    let column = open_single(&golden("column.npy")).unwrap();
    assert!(!column.is_fortran());
    assert_eq!(
        (column.shape(), column.to_f64().unwrap()),
        (&[4, 1][..], reals(4))
    );
    let empty = open_single(&golden("empty.npy")).unwrap();
    assert_eq!((empty.shape(), empty.to_f64().unwrap()), (&[0, 3][..], vec![]));
    let scalar = open_single(&golden("scalar.npy")).unwrap();
    assert_eq!((scalar.shape(), scalar.to_f64().unwrap()), (&[][..], reals(1)));
}

#[test]
fn bytes_of_images_come_row_by_row() {
    for (name, shape) in [("channels_last", vec![3, 4, 5, 3]), ("grey", vec![3, 4, 5])] {
        let array = open_single(&golden(&format!("{name}.npy"))).unwrap();
        assert_eq!((array.element(), array.shape()), (Element::U8, &shape[..]));
        let row = shape.iter().skip(1).product::<usize>();
        let all = pixels(3 * row);
        assert_eq!(array.rows(0, 3).unwrap(), all);
        assert_eq!(array.rows(1, 1).unwrap(), all[row..2 * row]);
        assert!(array.rows(3, 0).unwrap().is_empty());
    }
    let first = open_single(&golden("channels_first.npy")).unwrap();
    let (all, image) = (pixels(180), first.rows(2, 1).unwrap());
    let moved = (0..60).map(|at| all[120 + at % 20 * 3 + at / 20]);
    assert_eq!(image, moved.collect::<Vec<u8>>());
}

#[test]
fn archives_give_their_arrays_by_name_stored_and_compressed() {
    for name in ["stored.npz", "packed.npz"] {
        let arrays = open(&golden(name)).unwrap();
        let names: Vec<&str> = arrays.iter().map(|(name, _)| &name[..]).collect();
        assert_eq!(names, ["features", "other"], "{name}");
        assert_eq!(arrays[0].1.to_f64().unwrap(), reals(6), "{name}");
        let other = open_named(&golden(name), "other").unwrap();
        assert_eq!(
            (other.shape(), other.to_f64().unwrap()),
            (&[2][..], reals(2)),
            "{name}"
        );
    }
    let images = open_single(&golden("single.npz")).unwrap();
    assert_eq!(images.rows(0, 3).unwrap(), pixels(180));
    let unnamed = open_named(&golden("unnamed.npz"), "arr_0").unwrap();
    assert_eq!(unnamed.to_f64().unwrap(), reals(6));
}

#[test]
fn arrays_of_an_archive_have_the_names_that_they_were_written_with() {
    assert_eq!(names(&golden("stored.npz")).unwrap(), ["features", "other"]);
    let missing = open_named(&golden("stored.npz"), "mu").expect_err("no such array");
    assert!(
        missing
            .to_string()
            .ends_with("holds no array \"mu\", but features, other")
    );
}

#[test]
fn statistics_of_numpy_are_mean_and_covariance_of_their_rows() {
    let rows = open_single(&golden("moments_of.npy")).unwrap().to_f64().unwrap();
    let mean: Vec<f64> = (0..4)
        .map(|at| rows.iter().skip(at).step_by(4).sum::<f64>() / 9.0)
        .collect();
    let product = |a: usize, b: usize| {
        let deviations = rows.chunks(4).map(|row| (row[a] - mean[a]) * (row[b] - mean[b]));
        deviations.sum::<f64>() / 8.0
    };
    for name in ["statistics.npz", "packed_statistics.npz"] {
        let mu = open_named(&golden(name), "mu").unwrap().to_f64().unwrap();
        let sigma = open_named(&golden(name), "sigma").unwrap();
        assert_eq!(sigma.shape(), [4, 4]);
        let pairs = (0..16).map(|at| product(at / 4, at % 4));
        for (found, expected) in mu.iter().zip(&mean) {
            assert!((found - expected).abs() < 1e-14, "{name}: {found} for {expected}");
        }
        for (found, expected) in sigma.to_f64().unwrap().iter().zip(pairs) {
            assert!((found - expected).abs() < 1e-14, "{name}: {found} for {expected}");
        }
    }
}

#[test]
fn what_holds_no_numbers_is_refused_and_objects_are_never_run() {
    let refused = [
        ("objects.npy", "objects of Python"),
        ("structured.npy", "structured array"),
        ("complex.npy", "<c8"),
        ("text.npy", "<U9"),
    ];
    for (name, reason) in refused {
        let message = refusal(&golden(name));
        assert!(message.contains(reason), "{name}: {message}");
    }
    for name in ["whole.npy", "flags.npy", "channels_last.npy"] {
        let array = open_single(&golden(name)).unwrap();
        assert!(!array.element().is_real());
        array
            .to_f64()
            .expect_err("numbers without fractions are no features");
    }
    let cube = open_single(&golden("cube.npy")).unwrap();
    assert!(cube.is_fortran());
    cube.to_f64().expect_err("three axes in the other order");
}

#[test]
fn a_file_of_another_kind_is_refused_and_told_by_its_beginning() {
    for bytes in [
        &b""[..],
        b"PK",
        b"\x93NUM",
        b"GIF89a",
        b"PK\x03\x04 and nothing else of an archive",
    ] {
        let (_folder, path) = file("array.npy", bytes);
        assert!(is_array_file(&path).unwrap(), "it is named as one");
        refusal(&path);
    }
    let (_folder, path) = file("array.data", &fs::read(golden("f8.npy")).unwrap());
    assert!(is_array_file(&path).unwrap());
    let (_folder, path) = file("photo.data", b"\x89PNG\r\n");
    assert!(!is_array_file(&path).unwrap());
}

#[test]
fn a_file_that_ends_anywhere_else_is_refused() {
    for name in ["version_1.npy", "version_3.npy", "stored.npz", "packed.npz"] {
        let bytes = fs::read(golden(name)).unwrap();
        let (_folder, path) = file(name, &bytes);
        // From the end to the beginning, so that each is a shorter part of the one before.
        let open = fs::File::options().write(true).open(&path).unwrap();
        for end in (0..bytes.len()).rev() {
            open.set_len(end as u64).unwrap();
            refusal(&path);
        }
        if name.ends_with("npy") {
            let (_folder, path) = file(name, &[&bytes[..], &[0]].concat());
            assert!(refusal(&path).contains("do not hold numbers of shape [3, 2]"));
        }
    }
}

/// Reads all that can be read, which must not panic; the numbers of all arrays, if there is no error.
fn read(path: &Path) -> Result<Vec<f64>, ArrayError> {
    let mut numbers = Vec::new();
    for (_, array) in open(path)? {
        numbers.extend(array.to_f64()?);
    }
    Ok(numbers)
}

#[test]
fn no_changed_byte_makes_the_reader_panic() {
    for name in [
        "version_1.npy",
        "version_2.npy",
        "fortran.npy",
        "stored.npz",
        "packed.npz",
    ] {
        let bytes = fs::read(golden(name)).unwrap();
        let (_folder, path) = file(name, &bytes);
        let mut refused = 0;
        for at in 0..bytes.len() {
            for change in [0x01, 0xff] {
                let mut changed = bytes.clone();
                changed[at] ^= change;
                fs::write(&path, &changed).unwrap();
                refused += usize::from(read(&path).is_err());
            }
        }
        assert!(refused > 50, "{name}: {refused} changes were noticed");
    }
}

#[test]
fn a_changed_number_in_an_archive_is_noticed() {
    for name in ["stored.npz", "packed.npz"] {
        let bytes = fs::read(golden(name)).unwrap();
        let (_folder, path) = file(name, &bytes);
        let numbers = read(&path).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 0x10;
            fs::write(&path, &changed).unwrap();
            // Names, times and attributes of members may change; numbers may not.
            if let Ok(found) = read(&path) {
                assert_eq!(found, numbers, "{name}: byte {at}");
            }
        }
    }
}

/// An array of one row of bytes whose header says this shape.
fn header_of_shape(shape: &str) -> Vec<u8> {
    let text = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}\n");
    let length = u16::try_from(text.len()).unwrap().to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], text.as_bytes()].concat()
}

#[test]
fn a_header_cannot_ask_for_more_than_the_file_holds() {
    let shapes = [
        "(18446744073709551615,)",
        "(18446744073709551616,)",
        "(4294967296, 4294967296)",
        "(9223372036854775808, 2)",
        "(1,)",
        "(-1,)",
        "(1.0,)",
    ];
    for shape in shapes {
        let (_folder, path) = file("array.npy", &header_of_shape(shape));
        refusal(&path);
    }
    let (_folder, path) = file("array.npy", &header_of_shape("(0, 4294967296, 4294967296)"));
    if let Ok(array) = open_single(&path) {
        assert!(
            array.rows(0, 0).unwrap().is_empty(),
            "no numbers, whatever the other extents are"
        );
    }
}

#[test]
fn a_compressed_array_that_claims_to_be_longer_than_it_is_is_refused() {
    let bytes = fs::read(golden("packed.npz")).unwrap();
    let directory = bytes.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
    for length in [0, 175, 177, 1 << 16, u32::MAX - 1] {
        let mut changed = bytes.clone();
        changed[directory + 24..directory + 28].copy_from_slice(&length.to_le_bytes());
        let (_folder, path) = file("packed.npz", &changed);
        refusal(&path);
    }
}

#[test]
fn halves_are_those_of_ieee_754() {
    let cases = [
        (0x0000, 0.0),
        (0x8000, -0.0),
        (0x0001, 2.0_f32.powi(-24)),
        (0x83ff, -1023.0 * 2.0_f32.powi(-24)),
        (0x0400, 2.0_f32.powi(-14)),
        (0x3c00, 1.0),
        (0x3555, 1365.0 / 4096.0),
        (0xc000, -2.0),
        (0x7bff, 65504.0),
        (0x7c00, f32::INFINITY),
        (0xfc00, f32::NEG_INFINITY),
    ];
    for (bits, value) in cases {
        assert_eq!(half(bits).to_bits(), value.to_bits(), "{bits:#06x}");
    }
    assert!(half(0x7e00).is_nan() && half(0xfc01).is_nan());
}
