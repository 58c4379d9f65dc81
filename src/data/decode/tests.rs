//! Files of every kind against what Pillow makes of them (tests/golden/images.py), and files that are broken.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::PathBuf;

use image::{DynamicImage, ImageBuffer, Rgb};
use safetensors::SafeTensors;
use tempfile::TempDir;

use super::*;

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/images")
}

fn image_of(path: &Path, color: Color) -> Bitmap {
    match decode(path, color).unwrap() {
        Decoded::Image(image) => image,
        other => panic!("{}: {other:?}", path.display()),
    }
}

/// Mean and largest difference of two images.
fn differences(found: &[u8], expected: &[u8]) -> (f64, u8) {
    assert_eq!(found.len(), expected.len());
    let each = found.iter().zip(expected).map(|(a, b)| a.abs_diff(*b));
    let sum: f64 = each.clone().map(f64::from).sum();
    (sum / found.len() as f64, each.max().unwrap_or_default())
}

/// How far decoders may differ: PNG and lossless WebP not at all; JPEG in the rounding of its transforms, and where color
/// is stored at half the resolution in how it is interpolated.
fn tolerance(name: &str) -> (f64, u8) {
    match name {
        "lossy.webp" | "baseline.jpg" | "progressive.jpg" => (1.0, 16),
        "cmyk.jpg" => (1.0, 6),
        _ if name.ends_with(".jpg") => (0.5, 3),
        _ => (0.0, 0),
    }
}

#[test]
fn every_format_is_read_as_pillow_reads_it() {
    let bytes = std::fs::read(golden().with_extension("safetensors")).unwrap();
    let expected = SafeTensors::deserialize(&bytes).unwrap();
    let mut files = 0;
    for file in std::fs::read_dir(golden()).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let decoded = expected.tensor(&format!("decoded.{name}")).unwrap();
        let image = image_of(&path, Color::Rgb);
        assert_eq!(
            [image.height, image.width, image.channels],
            decoded.shape(),
            "{name}"
        );
        let (mean, largest) = differences(&image.pixels, decoded.data());
        let (allowed_mean, allowed) = tolerance(name);
        assert!(
            mean <= allowed_mean && largest <= allowed,
            "{name}: mean {mean}, largest {largest}"
        );
        files += 1;
    }
    assert_eq!(files, 24);
}

#[test]
fn gray_is_the_luma_of_pillow() {
    let bytes = std::fs::read(golden().with_extension("safetensors")).unwrap();
    let expected = SafeTensors::deserialize(&bytes).unwrap();
    for name in ["rgb.png", "lossless.webp"] {
        let image = image_of(&golden().join(name), Color::Gray);
        let gray = expected.tensor(&format!("gray.{name}")).unwrap();
        assert_eq!(
            (image.channels, image.pixels.as_slice()),
            (1, gray.data()),
            "{name}"
        );
    }
    let gray = image_of(&golden().join("gray.png"), Color::Gray);
    let repeated: Vec<u8> = gray.pixels.iter().flat_map(|&value| [value; 3]).collect();
    assert_eq!(image_of(&golden().join("gray.png"), Color::Rgb).pixels, repeated);
}

#[test]
fn sixteen_bits_are_rounded_to_eight() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep.png");
    let deep = ImageBuffer::<Rgb<u16>, _>::from_raw(2, 1, vec![0, 128, 129, 65_535, 65_407, 32_768]).unwrap();
    DynamicImage::from(deep).save(&path).unwrap();
    assert_eq!(image_of(&path, Color::Rgb).pixels, [0, 0, 1, 255, 255, 128]);
}

fn file(folder: &TempDir, name: &str, content: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    path
}

#[test]
fn the_content_tells_the_format_and_not_the_name() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["rgb.png", "baseline.jpg", "lossless.webp"] {
        let content = std::fs::read(golden().join(name)).unwrap();
        let expected = image_of(&golden().join(name), Color::Rgb);
        for wrong in ["image", "image.txt", "image.png", "image.JPG"] {
            assert_eq!(image_of(&file(&folder, wrong, &content), Color::Rgb), expected);
        }
    }
}

#[test]
fn what_does_not_claim_to_be_an_image_is_another_file() {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in [
        ("notes.txt", "text"),
        ("LICENSE", ""),
        ("moving.gif", "GIF89a"),
        ("raw.tif", "II*\0"),
    ] {
        let found = decode(&file(&folder, name, content.as_bytes()), Color::Rgb).unwrap();
        assert_eq!(found, Decoded::Other, "{name}");
    }
}

#[test]
fn what_claims_to_be_an_image_and_is_none_says_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let cases = [
        ("a.jpg", "<!DOCTYPE html>", "the content is not PNG, JPEG or WebP"),
        ("b.PNG", "", "the file is empty"),
        ("c.webp", "GIF89a", "the content is Gif, not PNG, JPEG or WebP"),
    ];
    for (name, content, reason) in cases {
        let found = decode(&file(&folder, name, content.as_bytes()), Color::Rgb).unwrap();
        assert_eq!(found, Decoded::Corrupt(reason.to_owned()), "{name}");
    }
}

#[test]
fn a_file_that_ends_early_is_corrupt_wherever_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    let names = [
        "rgb.png",
        "palette.png",
        "baseline.jpg",
        "progressive.jpg",
        "cmyk.jpg",
        "lossy.webp",
        "lossless.webp",
    ];
    for name in names {
        let content = std::fs::read(golden().join(name)).unwrap();
        // The last bytes may be padding or a checksum, without which every pixel is there.
        for part in [40, content.len() / 2, content.len() * 3 / 4, content.len() - 40] {
            let path = file(&folder, name, &content[..part]);
            let found = decode(&path, Color::Rgb).unwrap();
            assert!(
                matches!(&found, Decoded::Corrupt(_)),
                "{name} of {part} bytes: {found:?}"
            );
        }
    }
}

#[test]
fn a_flipped_bit_never_panics_and_is_noticed_in_png() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["rgb.png", "progressive.jpg", "lossless.webp", "lossy.webp"] {
        let content = std::fs::read(golden().join(name)).unwrap();
        for position in (0..content.len()).step_by(17) {
            let mut flipped = content.clone();
            flipped[position] ^= 0x10;
            let found = decode(&file(&folder, name, &flipped), Color::Rgb).unwrap();
            let within_a_checksum = position > 8 && position < content.len() - 12;
            assert!(
                !(name.ends_with("png") && within_a_checksum) || matches!(found, Decoded::Corrupt(_)),
                "{name}: bit of byte {position}"
            );
        }
    }
}

#[test]
fn a_small_file_that_announces_a_huge_image_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut jpeg = std::fs::read(golden().join("baseline.jpg")).unwrap();
    let frame = jpeg.windows(2).position(|marker| marker == [0xff, 0xc0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xff, 0xff, 0xff]);
    let found = decode(&file(&folder, "huge.jpg", &jpeg), Color::Rgb).unwrap();
    let expected = "65535 x 65535 pixels are more than this program decodes";
    assert_eq!(found, Decoded::Corrupt(expected.to_owned()));
    for (name, content) in [("huge.png", huge_png()), ("huge.webp", huge_webp())] {
        let found = decode(&file(&folder, name, &content), Color::Rgb).unwrap();
        let Decoded::Corrupt(reason) = found else {
            panic!("{name} was decoded")
        };
        assert!(reason.contains("Memory limit exceeded"), "{name}: {reason}");
    }
}

/// A PNG whose header announces 16000 x 16000 pixels of 3 bytes.
fn huge_png() -> Vec<u8> {
    let mut png = std::fs::read(golden().join("rgb.png")).unwrap();
    let side = 16_000_u32.to_be_bytes();
    png[16..20].copy_from_slice(&side);
    png[20..24].copy_from_slice(&side);
    let checksum = crc32(&png[12..29]).to_be_bytes();
    png[29..33].copy_from_slice(&checksum);
    png
}

/// A lossless WebP whose header announces 16000 x 16000 pixels: 14 bits a side, each less 1.
fn huge_webp() -> Vec<u8> {
    let mut webp = std::fs::read(golden().join("lossless.webp")).unwrap();
    assert_eq!((&webp[12..16], webp[20]), (b"VP8L".as_slice(), 0x2f));
    let old = u32::from_le_bytes(*webp[21..].first_chunk().unwrap());
    let header = (old & 0xf000_0000) | (15_999 << 14) | 15_999;
    webp[21..25].copy_from_slice(&header.to_le_bytes());
    webp
}

/// The checksum of a chunk of PNG (ISO 3309).
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}

#[test]
fn a_file_too_long_to_be_read_is_corrupt() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.png");
    std::fs::copy(golden().join("rgb.png"), &path).unwrap();
    // The rest is a hole, which takes no room on the disk.
    let long = File::options().write(true).open(&path).unwrap();
    long.set_len(LARGEST_BYTES + 1).unwrap();
    let expected = "a file of more than 512 MiB is not read";
    assert_eq!(
        decode(&path, Color::Rgb).unwrap(),
        Decoded::Corrupt(expected.to_owned())
    );
}

#[test]
fn a_file_that_cannot_be_read_is_no_corruption() {
    assert!(decode(Path::new("no/such.png"), Color::Rgb).is_err());
}
