//! Images of a folder or an array, one after the other, in color: where an extractor takes them from.
//!
//! No more of them are in memory than are decoded together.

use std::sync::{Mutex, PoisonError};

use gan_cache::FolderFile;
use gan_pipeline::StageFailure;
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::error::ScoreError;
use super::extract::of_input;
use super::input::Layout;
use crate::arrays::{ArrayError, ArrayFile};
use crate::data::{DataError, Images, is_image_file, read_image_file};
use crate::extractor::ImageSource;

/// Images that are decoded together, on all threads of the stage.
const AHEAD: usize = 64;

/// The image files of a folder, in the order of their names.
pub(super) struct FolderImages<'f> {
    files: Vec<&'f FolderFile>,
    /// Files that are no images.
    pub(super) others: usize,
    decoded: Mutex<Decoded>,
    seen: Sizes,
    /// Of its own: what asks for images may run on the one thread of a GPU.
    threads: ThreadPool,
}

/// Images from some number on.
#[derive(Default)]
struct Decoded {
    first: usize,
    images: Vec<Result<Images, DataError>>,
}

impl<'f> FolderImages<'f> {
    /// # Errors
    /// Where a file cannot be read, or threads cannot be started.
    pub(super) fn new(files: &'f [FolderFile], threads: usize) -> Result<Self, StageFailure> {
        let threads = ThreadPoolBuilder::new().num_threads(threads).build()?;
        let is_image = |file: &FolderFile| Ok(!is_hidden(file) && is_image_file(&file.path)?);
        let is_image: Result<Vec<bool>, DataError> =
            threads.install(|| files.par_iter().map(is_image).collect());
        let is_image = is_image.map_err(|error| of_input(error.into()))?;
        let images: Vec<&FolderFile> = files
            .iter()
            .zip(is_image)
            .filter_map(|(file, is_image)| is_image.then_some(file))
            .collect();
        Ok(Self {
            others: files.len() - images.len(),
            files: images,
            decoded: Mutex::default(),
            seen: Sizes::default(),
            threads,
        })
    }

    /// Where an image lies below the folder.
    pub(super) fn name(&self, index: usize) -> String {
        String::from_utf8_lossy(&self.files[index].name).into_owned()
    }

    /// The least and the largest extents seen so far.
    pub(super) fn sizes(&self) -> Option<[[usize; 2]; 2]> {
        self.seen.extremes()
    }
}

/// Whether some part of a file's path below the folder begins with a dot.
fn is_hidden(file: &FolderFile) -> bool {
    file.name
        .split(|&byte| byte == b'/')
        .any(|part| part.starts_with(b"."))
}

impl ImageSource for FolderImages<'_> {
    type Error = DataError;

    fn count(&self) -> usize {
        self.files.len()
    }

    fn image(&self, index: usize) -> Result<Images, DataError> {
        let mut decoded = self.decoded.lock().unwrap_or_else(PoisonError::into_inner);
        if index < decoded.first || index >= decoded.first + decoded.images.len() {
            let last = (index + AHEAD).min(self.files.len());
            let files = self.files[index..last].par_iter();
            *decoded = Decoded {
                first: index,
                images: self
                    .threads
                    .install(|| files.map(|file| read_image_file(&file.path)).collect()),
            };
        }
        let at = index - decoded.first;
        // An error is given once; who asks again reads the file again.
        let image = match &decoded.images[at] {
            Ok(image) => Ok(image.clone()),
            Err(_) => read_image_file(&self.files[index].path),
        }?;
        self.seen.note(&image);
        Ok(image)
    }
}

/// The images of an array of bytes.
pub(super) struct ArrayImages {
    array: ArrayFile,
    layout: Layout,
}

impl ArrayImages {
    pub(super) fn new(array: ArrayFile, layout: Layout) -> Self {
        Self { array, layout }
    }

    /// Height, width and channels in the file.
    fn extents(&self) -> [usize; 3] {
        match (self.layout, self.array.shape()) {
            (Layout::Grey, &[_, h, w]) => [h, w, 1],
            (Layout::ChannelsLast, &[_, h, w, c]) | (Layout::ChannelsFirst, &[_, c, h, w]) => [h, w, c],
            (layout, shape) => panic!("an array of shape {shape:?} is not {}", layout.name()),
        }
    }

    /// The extents, which all images have.
    pub(super) fn sizes(&self) -> [[usize; 2]; 2] {
        let [h, w, _] = self.extents();
        [[h, w]; 2]
    }
}

impl ImageSource for ArrayImages {
    type Error = ArrayImageError;

    fn count(&self) -> usize {
        self.array.shape()[0]
    }

    fn image(&self, index: usize) -> Result<Images, ArrayImageError> {
        let [h, w, c] = self.extents();
        let pixels = self.array.rows(index, 1)?;
        let pixels = match self.layout {
            _ if c == 1 => pixels.into_iter().flat_map(|grey| [grey; 3]).collect(),
            Layout::ChannelsFirst => (0..h * w * c).map(|at| pixels[at % c * h * w + at / c]).collect(),
            Layout::Grey | Layout::ChannelsLast => pixels,
        };
        Ok(Images::new([1, h, w, 3], pixels)?)
    }
}

/// An image cannot be taken out of an array.
#[derive(Debug, thiserror::Error)]
pub(super) enum ArrayImageError {
    #[error(transparent)]
    Array(#[from] ArrayError),
    #[error(transparent)]
    Images(#[from] DataError),
}

impl From<ArrayImageError> for ScoreError {
    fn from(error: ArrayImageError) -> Self {
        match error {
            ArrayImageError::Array(error) => error.into(),
            ArrayImageError::Images(error) => error.into(),
        }
    }
}

/// The least and the largest of the extents that were seen.
#[derive(Default)]
struct Sizes(Mutex<Option<[[usize; 2]; 2]>>);

impl Sizes {
    fn note(&self, image: &Images) {
        let own = [image.height, image.width];
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *seen = Some(match *seen {
            None => [own; 2],
            Some([least, most]) => [
                [0, 1].map(|axis| least[axis].min(own[axis])),
                [0, 1].map(|axis| most[axis].max(own[axis])),
            ],
        });
    }

    fn extremes(&self) -> Option<[[usize; 2]; 2]> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
