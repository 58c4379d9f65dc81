//! Pickles that are refused: what would run something, what ends early, and what is no batch.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;

use super::*;
use crate::data::published::tests::golden;

#[test]
fn what_names_anything_but_arrays_is_refused_by_that_name() {
    // What `pickle.dumps` makes of an object whose `__reduce__` returns `(os.system, ("true",))`.
    let harmful = b"\x80\x02cposix\nsystem\nq\x00U\x04trueq\x01\x85q\x02Rq\x03.";
    assert_eq!(
        parse(harmful).unwrap_err(),
        "it names \"posix\" \"system\", which is no plain data"
    );
    // A known name is called as a constructor of arrays only.
    let encoded = b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00aX\x05\x00\x00\x00rot13\x86R.";
    assert_eq!(
        parse(encoded).unwrap_err(),
        "a call is not one of those that make an array"
    );
}

#[test]
fn no_beginning_of_a_pickle_and_no_changed_byte_makes_the_reader_panic() {
    let whole = fs::read(golden("cifar10.python2")).unwrap();
    let array = whole.iter().position(|&byte| byte == b'T').unwrap();
    assert!(parse(&whole).is_ok());
    for length in (0..array + 100).chain([whole.len() - 1]) {
        assert!(parse(&whole[..length]).is_err(), "the first {length} bytes");
    }
    let mut changed = whole.clone();
    for at in 0..array + 8 {
        for byte in [0, b'.', b'e', b'b', b'R', b'(', 0x87, 0xff] {
            let before = std::mem::replace(&mut changed[at], byte);
            let _is_read_or_refused = parse(&changed);
            changed[at] = before;
        }
    }
}

#[test]
fn arrays_of_other_elements_or_extents_are_refused() {
    let whole = fs::read(golden("cifar10.python2")).unwrap();
    let replaced = |from: &[u8], to: &[u8]| {
        let at = whole
            .windows(from.len())
            .position(|window| window == from)
            .unwrap();
        let mut changed = whole.clone();
        changed[at..at + to.len()].copy_from_slice(to);
        parse(&changed).unwrap_err()
    };
    assert_eq!(
        replaced(b"U\x02u1", b"U\x02i8"),
        "its array is of i8, expected rows of bytes (u1)"
    );
    assert_eq!(
        replaced(b"K\x06M\x00\x0c", b"K\x05M\x00\x0c"),
        "its array holds 18432 bytes"
    );
}
