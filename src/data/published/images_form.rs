//! A published set as a folder of image files: `train/` and `test/`, and in these a folder for each class, named as the set
//! names its classes. Images are taken in the order of the bytes of their paths, which need not be that of the other forms.
//!
//! Every image must have the set's own size; none is resized. Hidden files are passed over, and so is what is no image.

use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::files::{SetFiles, Wanted};
use super::{Description, Take};
use crate::data::decode::{Color, Decoded, decode};
use crate::data::error::{CorruptFile, DataError};

/// Files that are decoded, on all threads, before their pixels are given on.
const FILES_AT_ONCE: usize = 256;
const IMAGES: &str = "images";

pub(super) const WANTED: &[Wanted] = &[Wanted {
    name: IMAGES,
    places: &[""],
}];

/// An image file, and the number of its class where there are classes.
struct ImageFile {
    path: PathBuf,
    class: Option<u8>,
}

/// Reads the images of some folders below that of the set, one folder after the other.
pub(super) fn read<E: From<DataError>>(
    set: &Description,
    files: &SetFiles,
    folders: &[&str],
    take: &mut Take<'_, E>,
) -> Result<(), E> {
    for folder in folders {
        let files = list(set, &files.path(IMAGES).join(folder))?;
        for some in files.chunks(FILES_AT_ONCE) {
            let decoded: Vec<_> = some.par_iter().map(|file| pixels(set, &file.path)).collect();
            for (file, decoded) in some.iter().zip(decoded) {
                if let Some(pixels) = decoded? {
                    take(&pixels, file.class)?;
                }
            }
        }
    }
    Ok(())
}

fn list(set: &Description, folder: &Path) -> Result<Vec<ImageFile>, DataError> {
    let mut all = Vec::new();
    if set.classes.is_empty() {
        let unclassed = |path| ImageFile { path, class: None };
        below(folder, &mut |path| all.push(unclassed(path)))?;
        return Ok(all);
    }
    for inner in entries(folder)? {
        let name = inner
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let class = set.classes.iter().position(|class| *class == name);
        let Some(class) = class.filter(|_| inner.is_dir()) else {
            return Err(DataError::WrongShape {
                path: folder.to_owned(),
                expected: format!("only folders of its classes: {}", set.classes.join(", ")),
                found: format!("{name:?}"),
            });
        };
        let class = u8::try_from(class).ok();
        below(&inner, &mut |path| all.push(ImageFile { path, class }))?;
    }
    Ok(all)
}

/// Every file below a folder, in the order of the bytes of their names.
pub(super) fn below(folder: &Path, take: &mut dyn FnMut(PathBuf)) -> Result<(), DataError> {
    for path in entries(folder)? {
        if path.is_dir() {
            below(&path, take)?;
        } else {
            take(path);
        }
    }
    Ok(())
}

/// What lies directly in a folder and is not hidden.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let unreadable = |source| DataError::Read {
        path: folder.to_owned(),
        source,
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") {
            paths.push(entry.path());
        }
    }
    paths.sort_unstable_by(|a, b| {
        a.as_os_str()
            .as_encoded_bytes()
            .cmp(b.as_os_str().as_encoded_bytes())
    });
    Ok(paths)
}

/// The pixels of an image file; nothing of a file that is no image.
fn pixels(set: &Description, path: &Path) -> Result<Option<Vec<u8>>, DataError> {
    let color = if set.channels == 1 {
        Color::Gray
    } else {
        Color::Rgb
    };
    let decoded = decode(path, color).map_err(|source| DataError::Read {
        path: path.to_owned(),
        source,
    })?;
    match decoded {
        Decoded::Image(image) if [image.height, image.width] == [set.side; 2] => Ok(Some(image.pixels)),
        Decoded::Image(image) => Err(DataError::WrongShape {
            path: path.to_owned(),
            expected: format!("one of {0} x {0}", set.side),
            found: format!("an image of {} x {}", image.height, image.width),
        }),
        Decoded::Corrupt(reason) => Err(DataError::CorruptImages {
            folder: path.parent().unwrap_or(path).to_owned(),
            images: 1,
            corrupt: 1,
            named: vec![CorruptFile {
                name: path
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
                reason,
            }],
        }),
        Decoded::Other => Ok(None),
    }
}
