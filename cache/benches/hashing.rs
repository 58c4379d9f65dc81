//! Speed of digests: of bytes at hand, and of files, at sizes from an entry to a data set.
//!
//! `cargo bench --workspace --profile dev --bench hashing`; divan's `B/s` column reads bytes per second.

use std::io::Write;

use divan::Bencher;
use divan::counter::BytesCount;
use gan_cache::Digest;
use tempfile::NamedTempFile;

const SIZES: [usize; 3] = [4 << 10, 4 << 20, 256 << 20];

fn bytes(count: usize) -> Vec<u8> {
    (0..count).map(|index| (index % 251) as u8).collect()
}

#[divan::bench(args = SIZES)]
fn bytes_at_hand(bencher: Bencher<'_, '_>, size: usize) {
    let bytes = bytes(size);
    bencher
        .counter(BytesCount::new(size))
        .bench_local(|| Digest::of(&bytes));
}

#[divan::bench(args = SIZES)]
fn a_file(bencher: Bencher<'_, '_>, size: usize) {
    let mut file = NamedTempFile::new().expect("a temporary file can be made");
    file.write_all(&bytes(size)).expect("the file can be written");
    bencher
        .counter(BytesCount::new(size))
        .bench_local(|| Digest::of_file(file.path()).expect("the file can be read"));
}

fn main() {
    divan::main();
}
