//! Files that PyTorch wrote (tests/golden/weights_files.py), and files that are made to harm whoever reads them.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::error::Error as _;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use ::safetensors::SafeTensors;

use super::*;

fn golden(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden/weights_files")
        .join(file)
}

/// The arrays that every file must give: those of the network under names that begin with `module.`, or the others.
fn expected(of_module: bool) -> Vec<Tensor> {
    let bytes = fs::read(golden("expected.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let named = file.iter().filter_map(|(name, view)| {
        let (name, is_of_module) = match name.strip_prefix("module.") {
            Some(name) => (name, true),
            None => (name, false),
        };
        (is_of_module == of_module).then(|| (name.to_owned(), view))
    });
    let tensor = |(name, view): (String, ::safetensors::tensor::TensorView<'_>)| {
        let values = view
            .data()
            .as_chunks()
            .0
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes));
        let (shape, values) = (view.shape().to_vec(), values.collect());
        (name.clone(), Tensor { name, shape, values })
    };
    let sorted: BTreeMap<String, Tensor> = named.map(tensor).collect();
    sorted.into_values().collect()
}

/// What reading a file of these bytes gives.
fn read(bytes: &[u8]) -> Result<Vec<Tensor>, WeightsFileError> {
    let file = WeightsFile::of_content(Path::new("weights.pth"), Cursor::new(bytes), bytes.len() as u64);
    file?.tensors()
}

/// Why a file is refused.
fn refusal(error: &WeightsFileError) -> String {
    match error {
        WeightsFileError::Format { reason, .. } => reason.clone(),
        other => panic!("{other}"),
    }
}

/// Writes a safetensors file with the arrays of a network, all numbers 0 and of 16 bits: as sparse as the disk allows.
pub(crate) fn zeros(network: KnownNetwork, path: &Path) {
    let mut at = 0;
    let array = |array: arrays::KnownArray| {
        let end = at + 2 * array.shape.iter().product::<usize>();
        let described =
            serde_json::json!({ "dtype": "F16", "shape": array.shape, "data_offsets": [at, end] });
        at = end;
        (array.name, described)
    };
    let description: serde_json::Map<_, _> = network.arrays().into_iter().map(array).collect();
    let description = serde_json::Value::from(description).to_string();
    let length = description.len() as u64;
    fs::write(path, [&length.to_le_bytes()[..], description.as_bytes()].concat()).unwrap();
    let file = fs::File::options().append(true).open(path).unwrap();
    file.set_len(8 + length + at as u64).unwrap();
}

#[test]
fn both_formats_of_pytorch_checkpoints_and_safetensors_give_the_same_arrays() {
    for file in ["zip.pth", "legacy.pth", "nested.pth", "arrays.safetensors"] {
        let found = WeightsFile::read(&golden(file)).unwrap();
        assert_eq!(found, expected(false), "{file}");
    }
    assert_eq!(WeightsFile::read(&golden("module.pth")).unwrap(), expected(true));
}

#[test]
fn counters_are_listed_and_are_no_weights() {
    for file in ["zip.pth", "legacy.pth"] {
        let file = WeightsFile::open(&golden(file)).unwrap();
        let whole = file.arrays().filter(|array| !array.is_real);
        let names: Vec<&str> = whole.map(|array| &array.name[..]).collect();
        assert_eq!(names, ["bytes", "counter", "flags"]);
    }
}

#[test]
fn a_program_in_a_file_is_refused_by_its_name_and_not_run() {
    let error = WeightsFile::open(&golden("harmful.pth")).unwrap_err();
    assert_eq!(
        refusal(&error),
        "it names \"posix\" \"system\", which is no plain data"
    );
    assert!(error.hint().contains("is never run"), "{}", error.hint());
    let error = WeightsFile::open(&golden("network.pth")).unwrap_err();
    assert!(
        refusal(&error).starts_with("it names \"torch.nn.modules."),
        "{error}"
    );
}

#[test]
fn compressed_archives_and_files_of_other_kinds_are_refused() {
    let error = WeightsFile::open(&golden("compressed.pth")).unwrap_err();
    assert!(refusal(&error).ends_with("is compressed or encrypted"), "{error}");
    for bytes in [
        &b""[..],
        b"<html>not found</html>",
        b"\x80\x02}q\x00.",
        &[0xff; 100],
    ] {
        assert!(matches!(read(bytes), Err(WeightsFileError::UnknownFormat { .. })));
    }
    let missing = WeightsFile::open(Path::new("/nowhere/weights.pth")).unwrap_err();
    assert_eq!(missing.to_string(), "cannot read /nowhere/weights.pth");
    assert!(missing.source().is_some());
}

#[test]
fn no_beginning_of_a_file_is_taken_for_the_whole() {
    for file in ["zip.pth", "legacy.pth", "nested.pth", "arrays.safetensors"] {
        let whole = fs::read(golden(file)).unwrap();
        for length in 0..whole.len() {
            assert!(
                read(&whole[..length]).is_err(),
                "{file}: the first {length} bytes"
            );
        }
    }
}

#[test]
fn no_changed_byte_makes_the_reader_panic_or_find_more_than_the_file_could_hold() {
    for file in ["zip.pth", "legacy.pth", "arrays.safetensors"] {
        let whole = fs::read(golden(file)).unwrap();
        let mut changed = whole.clone();
        let mut refused = 0;
        for at in 0..whole.len() {
            for byte in [0, 0xff, whole[at] ^ 1, whole[at] ^ 0x80] {
                changed[at] = byte;
                match read(&changed) {
                    Ok(tensors) => {
                        let numbers: usize = tensors.iter().map(|tensor| tensor.values.len()).sum();
                        // Four times the file's bytes, and the shortest numbers have two bytes.
                        assert!(numbers <= 2 * whole.len(), "{file}: byte {at} as {byte}");
                    }
                    Err(_) => refused += 1,
                }
            }
            changed[at] = whole[at];
        }
        assert!(
            refused > whole.len() / 2,
            "{file}: only {refused} changes were noticed"
        );
    }
}

#[test]
fn a_changed_number_is_noticed_by_its_checksum() {
    let mut bytes = fs::read(golden("module.pth")).unwrap();
    // A number that stands in a storage and nowhere in the pickle or the directory.
    let found = bytes
        .windows(4)
        .position(|window| window == 0.5_f32.to_le_bytes());
    bytes[found.unwrap()] ^= 1;
    assert!(refusal(&read(&bytes).unwrap_err()).starts_with("the checksum of its array"));
}

/// An archive of files that are stored; with `large`, all sizes and places stand in fields for large files.
fn archive(files: &[(&str, &[u8])], large: bool) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    let short = |size: usize| if large { u32::MAX } else { size as u32 }.to_le_bytes();
    for (name, content) in files {
        let mut crc = flate2::Crc::new();
        crc.update(content);
        let place = bytes.len();
        let name_length = (name.len() as u16).to_le_bytes();
        bytes.extend(
            [
                &b"PK\x03\x04"[..],
                &[0; 22],
                &name_length,
                &[3, 0],
                name.as_bytes(),
                &[0; 3],
                content,
            ]
            .concat(),
        );
        let field = match large {
            true => {
                let sizes = [content.len(), content.len(), place].map(|size| (size as u64).to_le_bytes());
                // Behind a field of another kind.
                [&[9, 9, 1, 0, 7, 1, 0, 24, 0][..], &sizes.concat()].concat()
            }
            false => Vec::new(),
        };
        let head = [
            &b"PK\x01\x02"[..],
            &[0; 12],
            &crc.sum().to_le_bytes(),
            &short(content.len()),
            &short(content.len()),
        ];
        let lengths = [&name_length[..], &(field.len() as u16).to_le_bytes(), &[0; 10]];
        directory.extend(
            [
                &head.concat(),
                &lengths.concat(),
                &short(place)[..],
                name.as_bytes(),
                &field,
            ]
            .concat(),
        );
    }
    let (at, length) = (bytes.len(), directory.len());
    bytes.extend(directory);
    if large {
        let end = bytes.len() as u64;
        let sizes = [length as u64, at as u64].map(u64::to_le_bytes).concat();
        bytes.extend([&b"PK\x06\x06"[..], &[0; 36], &sizes].concat());
        bytes.extend([&b"PK\x06\x07"[..], &[0; 4], &end.to_le_bytes(), &[1, 0, 0, 0]].concat());
    }
    let end = [&b"PK\x05\x06"[..], &[0; 8], &short(length), &short(at), &[0, 0]];
    bytes.extend(end.concat());
    bytes
}

/// What torch.save writes of one array `a` of a storage of `count` numbers, as the parts of its pickle.
fn pickled(count: u32, first: u32, shape: &[u32], strides: &[u32]) -> Vec<u8> {
    let number = |number: u32| [&b"J"[..], &number.to_le_bytes()].concat();
    let tuple = |numbers: &[u32]| {
        [
            &b"("[..],
            &numbers.iter().flat_map(|n| number(*n)).collect::<Vec<u8>>(),
            b"t",
        ]
        .concat()
    };
    let text = |text: &str| [&b"X"[..], &(text.len() as u32).to_le_bytes(), text.as_bytes()].concat();
    let storage = [
        &b"("[..],
        &text("storage"),
        b"ctorch\nFloatStorage\n",
        &text("0"),
        &text("cpu"),
        &number(count),
        b"tQ",
    ];
    let array = [
        &b"ctorch._utils\n_rebuild_tensor_v2\n("[..],
        &storage.concat(),
        &number(first),
        &tuple(shape),
        &tuple(strides),
        b"\x89ccollections\nOrderedDict\n)RtR",
    ];
    [&b"\x80\x02}"[..], &text("a"), &array.concat(), b"s."].concat()
}

fn file_of(pickle: &[u8], numbers: &[f32], large: bool) -> Vec<u8> {
    let numbers: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    let files = [
        ("x/data.pkl", pickle),
        ("x/byteorder", b"little"),
        ("x/data/0", &numbers),
    ];
    archive(&files, large)
}

/// As PyTorch 0.1 under Python 2: text as bytes, a dictionary made of pairs, extents as `torch.Size`, and a storage that is a
/// part of another.
#[test]
fn files_of_the_first_versions_are_read() {
    let storage = b"(U\x07storagectorch\nFloatStorage\nU\x0294U\x03cpuK\x06(U\x0295K\x02K\x04ttQ";
    let array = [
        &b"ctorch._utils\n_rebuild_tensor\n("[..],
        storage,
        b"K\x01ctorch\nSize\n(K\x03t\x85R(K\x01ttR",
    ];
    let content = [
        &b"\x80\x02ccollections\nOrderedDict\n](](U\x01a"[..],
        &array.concat(),
        b"ee\x85R.",
    ];
    let numbers = [0.0_f32, 1.0, 2.0, 3.0, 4.0, 5.0];
    let file = [
        &legacy::BEGINNING[..],
        b".\x80\x02M\xe9\x03.",
        b"\x80\x02}(U\x10protocol_versionM\xe9\x03U\x0dlittle_endian\x88u.",
        &content.concat(),
        b"\x80\x02]U\x0294a.",
        &6_u64.to_le_bytes(),
        &numbers.map(f32::to_le_bytes).concat(),
    ];
    let file = file.concat();
    let tensors = read(&file).unwrap();
    let [Tensor { name, shape, values }] = &tensors[..] else {
        panic!("{tensors:?}");
    };
    assert_eq!(
        (&name[..], &shape[..], &values[..]),
        ("a", &[3][..], &[3.0, 4.0, 5.0][..])
    );
    for length in 0..file.len() {
        assert!(read(&file[..length]).is_err(), "the first {length} bytes");
    }
}

#[test]
fn archives_with_fields_for_large_files_are_read() {
    let numbers = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    let pickle = pickled(6, 1, &[2, 2], &[1, 2]);
    for large in [false, true] {
        let found = read(&file_of(&pickle, &numbers, large)).unwrap();
        assert_eq!(found[0].values, [2.0, 4.0, 3.0, 5.0], "large: {large}");
        assert_eq!(found[0].shape, [2, 2]);
    }
}

#[test]
fn arrays_that_go_beyond_their_storage_or_repeat_it_are_refused() {
    let numbers = [0.0; 6];
    let refused = |count, first, shape: &[u32], strides: &[u32]| {
        let file = file_of(&pickled(count, first, shape, strides), &numbers, false);
        refusal(&read(&file).unwrap_err())
    };
    assert_eq!(
        refused(6, 3, &[2, 2], &[2, 1]),
        "an array goes beyond its storage of 6 numbers"
    );
    assert_eq!(
        refused(6, 0, &[2, 2], &[5, 1]),
        "an array goes beyond its storage of 6 numbers"
    );
    assert_eq!(
        refused(6, 0, &[1_000_000_000, 2], &[0, 0]),
        "an array has 2000000000 numbers, more than its storage of 6"
    );
    let huge = i32::MAX as u32;
    assert_eq!(
        refused(6, 0, &[huge, huge, huge], &[0, 0, 0]),
        "an array is larger than any file"
    );
    assert_eq!(
        refused(6, 0, &[2, 2], &[1]),
        "an array has not as many strides as extents"
    );
    assert_eq!(
        refused(6, 0, &[u32::MAX], &[1]),
        "an array has no extents that are counts"
    );
    assert_eq!(refused(7, 0, &[2], &[1]), "its storage \"0\" has not 7 numbers");
    assert_eq!(
        refused(huge, 0, &[2], &[1]),
        format!("its storage \"0\" has not {huge} numbers")
    );
    assert_eq!(
        refused(6, 0, &[1; 9], &[1; 9]),
        "an array has no extents that are counts"
    );
}

#[test]
fn archives_that_lack_something_are_refused() {
    let pickle = pickled(1, 0, &[1], &[1]);
    let one = 1.0_f32.to_le_bytes();
    let refused = |files: &[(&str, &[u8])]| refusal(&read(&archive(files, false)).unwrap_err());
    assert_eq!(
        refused(&[("x/data/0", &one)]),
        "it is an archive without data.pkl"
    );
    assert_eq!(refused(&[("x/data.pkl", &pickle)]), "it has no storage \"0\"");
    assert_eq!(
        refused(&[
            ("x/data.pkl", &pickle),
            ("x/byteorder", b"big"),
            ("x/data/0", &one)
        ]),
        "its numbers begin with their highest byte"
    );
    assert_eq!(
        refused(&[("x/data.pkl", b"\x80\x02K\x01.")]),
        "it holds no dictionary of arrays"
    );
}

#[test]
fn the_digest_is_that_of_the_standard() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("abc");
    fs::write(&path, "abc").unwrap();
    // FIPS 180-4, the example of one block.
    assert_eq!(
        sha256_of(&path).unwrap(),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
}
