//! One file to an image of bytes: which files are images, and what becomes of transparency, depth, color and rotation.
//!
//! PNG, JPEG and WebP are told by their first bytes, not by their names. A file that a decoder would have to guess at is
//! corrupt: of a broken JPEG others show what there is and fill up with gray, which nobody would notice in a data set.
//!
//! - Pixels of 16 bits are rounded to 8. Palettes, CMYK and YCCK become RGB. Color profiles are not applied.
//! - Transparent images are laid on white. Of an animation the first image counts.
//! - The orientation that a camera noted in EXIF is applied, so that photographs stand upright.
//! - Gray images become RGB by repetition; RGB becomes gray by ITU-R BT.601: 0.299 R + 0.587 G + 0.114 B.

use std::error::Error;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;

use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbImage};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::resize::Bitmap;

/// Extensions of a file that says it is an image of these formats.
const EXTENSIONS: [&str; 6] = ["png", "jpg", "jpeg", "jpe", "jfif", "webp"];
/// Bytes from which a format is told.
const SIGNATURE_BYTES: u64 = 32;
/// The longest file that is decoded, and the largest decoded image, which a small file can announce.
const LARGEST_BYTES: u64 = 512 << 20;
/// The longest side that JPEG can have.
const JPEG_SIDE: usize = 65_535;

/// Colors of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    /// One channel, brightness.
    Gray,
    /// Red, green and blue.
    Rgb,
}

impl Color {
    /// The name of this choice, as studies write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gray => "gray",
            Self::Rgb => "rgb",
        }
    }

    /// Channels of a pixel.
    pub fn channels(self) -> usize {
        match self {
            Self::Gray => 1,
            Self::Rgb => 3,
        }
    }
}

/// What a file turned out to be.
#[derive(Debug, PartialEq)]
pub(super) enum Decoded {
    Image(Bitmap),
    /// An image, or something named as one, that cannot be decoded; and why.
    Corrupt(String),
    /// A file that neither is nor claims to be an image of these formats.
    Other,
}

/// Reads a file and decodes it.
///
/// # Errors
/// Where the file cannot be read, which says nothing about its content.
pub(super) fn decode(path: &Path, color: Color) -> io::Result<Decoded> {
    let mut file = File::open(path)?;
    let mut bytes = Vec::new();
    file.by_ref().take(SIGNATURE_BYTES).read_to_end(&mut bytes)?;
    let Some(decoder) = decoder(&bytes) else {
        return Ok(match claims_to_be_an_image(path) {
            true => Decoded::Corrupt(misnamed(&bytes)),
            false => Decoded::Other,
        });
    };
    file.take(LARGEST_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST_BYTES {
        let reason = format!("a file of more than {} MiB is not read", LARGEST_BYTES >> 20);
        return Ok(Decoded::Corrupt(reason));
    }
    Ok(match decoder(&bytes) {
        Ok(image) => Decoded::Image(bitmap(image, color)),
        Err(reason) => Decoded::Corrupt(in_one_line(&reason)),
    })
}

/// Decodes the bytes of an image file.
///
/// # Errors
/// Why they cannot be decoded.
pub(super) fn decode_bytes(bytes: &[u8], color: Color) -> Result<Bitmap, String> {
    let decoder = decoder(bytes).ok_or_else(|| misnamed(bytes))?;
    let image = decoder(bytes).map_err(|reason| in_one_line(&reason))?;
    Ok(bitmap(image, color))
}

type Decoder = fn(&[u8]) -> Result<DynamicImage, String>;

/// What decodes a file that begins like this, if it is one of the known formats.
fn decoder(beginning: &[u8]) -> Option<Decoder> {
    match image::guess_format(beginning) {
        Ok(ImageFormat::Png) => Some(decode_png),
        Ok(ImageFormat::WebP) => Some(decode_webp),
        Ok(ImageFormat::Jpeg) => Some(decode_jpeg),
        _ => None,
    }
}

/// Whether a file that begins like this is an image of these formats.
pub(super) fn is_beginning_of_an_image(beginning: &[u8]) -> bool {
    decoder(beginning).is_some()
}

/// Whether a file is named as an image of these formats.
pub(super) fn claims_to_be_an_image(path: &Path) -> bool {
    let extension = path.extension().map(|extension| extension.to_string_lossy());
    extension.is_some_and(|extension| {
        EXTENSIONS
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    })
}

fn misnamed(bytes: &[u8]) -> String {
    match image::guess_format(bytes) {
        _ if bytes.is_empty() => "the file is empty".to_owned(),
        Ok(format) => format!("the content is {format:?}, not PNG, JPEG or WebP"),
        Err(_) => "the content is not PNG, JPEG or WebP".to_owned(),
    }
}

/// The beginning of a decoder's message, which may quote the file.
fn in_one_line(reason: &str) -> String {
    let words = reason.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().filter(|c| !c.is_control()).take(160).collect()
}

fn decode_png(bytes: &[u8]) -> Result<DynamicImage, String> {
    decode_by_reader(bytes, ImageFormat::Png).map_err(|error| reason(&error))
}

fn decode_webp(bytes: &[u8]) -> Result<DynamicImage, String> {
    decode_by_reader(bytes, ImageFormat::WebP).map_err(|error| reason(&error))
}

/// What a decoder found, without what the file name says already and without the decoder's inner state.
fn reason(error: &ImageError) -> String {
    let found = match error {
        ImageError::Decoding(decoding) => decoding.source().map(ToString::to_string),
        _ => None,
    };
    let found = found.unwrap_or_else(|| error.to_string());
    match found.starts_with("CRC error") {
        true => "a checksum in it does not match: the file is damaged".to_owned(),
        false => found,
    }
}

fn decode_by_reader(bytes: &[u8], format: ImageFormat) -> Result<DynamicImage, ImageError> {
    let mut limits = Limits::default();
    limits.max_alloc = Some(LARGEST_BYTES);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits.clone());
    let mut decoder = reader.into_decoder()?;
    // The reader applies the limits to what a decoder needs besides; the image itself is counted here.
    limits.reserve(decoder.total_bytes())?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder)?;
    image.apply_orientation(orientation);
    Ok(image)
}

fn decode_jpeg(bytes: &[u8]) -> Result<DynamicImage, String> {
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(JPEG_SIDE)
        .set_max_height(JPEG_SIDE);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let failed = |error: zune_jpeg::errors::DecodeErrors| error.to_string();
    decoder.decode_headers().map_err(failed)?;
    let (width, height) = decoder.dimensions().ok_or("the header has no size")?;
    let color = match decoder.input_colorspace() {
        Some(ColorSpace::Luma) => ColorSpace::Luma,
        _ => ColorSpace::RGB,
    };
    if (width * height * color.num_components()) as u64 > LARGEST_BYTES {
        return Err(format!(
            "{width} x {height} pixels are more than this program decodes"
        ));
    }
    decoder.set_options(options.jpeg_set_out_colorspace(color));
    let pixels = decoder.decode().map_err(failed)?;
    let exif = decoder.exif().and_then(|exif| Orientation::from_exif_chunk(exif));
    // A side of JPEG has 16 bits.
    let (width, height) = (width as u32, height as u32);
    let image = match color {
        ColorSpace::Luma => GrayImage::from_raw(width, height, pixels).map(DynamicImage::from),
        _ => RgbImage::from_raw(width, height, pixels).map(DynamicImage::from),
    };
    let mut image = image.ok_or("it has fewer pixels than its size says")?;
    image.apply_orientation(exif.unwrap_or(Orientation::NoTransforms));
    Ok(image)
}

/// The image as opaque bytes of the wanted channels.
fn bitmap(image: DynamicImage, color: Color) -> Bitmap {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let kind = image.color();
    let pixels = match (kind.has_color(), kind.has_alpha()) {
        (false, false) => image.into_luma8().into_raw(),
        (false, true) => on_white::<1, 2>(&image.into_luma_alpha8()),
        (true, false) => image.into_rgb8().into_raw(),
        (true, true) => on_white::<3, 4>(&image.into_rgba8()),
    };
    let pixels = match (kind.has_color(), color) {
        (false, Color::Gray) | (true, Color::Rgb) => pixels,
        (false, Color::Rgb) => pixels.iter().flat_map(|&gray| [gray; 3]).collect(),
        (true, Color::Gray) => pixels.as_chunks().0.iter().map(|rgb| luma(*rgb)).collect(),
    };
    Bitmap {
        height,
        width,
        channels: color.channels(),
        pixels,
    }
}

/// Pixels of `C` channels and alpha, `P` bytes together, laid on white.
fn on_white<const C: usize, const P: usize>(pixels: &[u8]) -> Vec<u8> {
    let opaque = |pixel: &[u8; P]| -> [u8; C] {
        let alpha = u32::from(pixel[C]);
        let mixed = |value: u8| (u32::from(value) * alpha + 255 * (255 - alpha) + 127) / 255;
        std::array::from_fn(|channel| mixed(pixel[channel]) as u8)
    };
    pixels.as_chunks::<P>().0.iter().flat_map(opaque).collect()
}

/// ITU-R BT.601 in units of 2^-16, rounded, as Pillow computes it.
fn luma([red, green, blue]: [u8; 3]) -> u8 {
    let [red, green, blue] = [red, green, blue].map(u32::from);
    ((19_595 * red + 38_470 * green + 7_471 * blue + 0x8000) >> 16) as u8
}

#[cfg(test)]
mod tests;
