//! Where the files of a set lie: found without reading one, so that a plan can name what a build would read.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Form, PublishedSet};
use crate::data::decode::claims_to_be_an_image;
use crate::data::error::DataError;

/// Entries of a folder that are looked at to tell whether it is one of images.
const LOOKED_AT: usize = 64;
/// How far below: images lie in folders of splits and of classes.
const FOLDERS_BELOW: usize = 2;

/// A file or folder that a set needs in one of its forms.
pub(super) struct Wanted {
    /// Its name in keys.
    pub(super) name: &'static str,
    /// Paths below the set's folder, the one that is preferred first. One that is empty or ends in `/` is a folder; in one
    /// whose last part begins with `*`, exactly one file ends with what follows.
    pub(super) places: &'static [&'static str],
}

/// A file or folder of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetFile {
    /// Its name in keys.
    pub name: &'static str,
    /// Where it lies or is expected.
    pub path: PathBuf,
}

/// What a set is read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetFiles {
    /// The form.
    pub form: Form,
    /// The files in the set's order.
    pub files: Vec<SetFile>,
}

/// The files of a set, and whether they are there.
#[derive(Debug)]
pub struct Located {
    /// What the set is read from.
    pub files: SetFiles,
    /// What is missing, where something is.
    pub missing: Option<DataError>,
}

impl SetFiles {
    /// Where the file of this name lies.
    ///
    /// # Panics
    /// Where the form has no such file.
    pub(super) fn path(&self, name: &str) -> &Path {
        let file = self.files.iter().find(|file| file.name == name);
        &file.expect("a set asks for its own files").path
    }

    /// The folder of the files, for messages.
    pub fn folder(&self) -> &Path {
        let path = &self.files[0].path;
        match self.form {
            form if form.is_plain_folder() => path,
            _ => path.parent().unwrap_or(path),
        }
    }
}

pub(super) fn locate(
    set: PublishedSet,
    folder: Option<&Path>,
    form: Option<Form>,
) -> Result<Located, DataError> {
    let description = set.description();
    let dataset = description.name;
    let usual = description.usual_folder.map(Path::new);
    let folder = folder.or(usual).ok_or(DataError::FolderNotGiven { dataset })?;
    let forms: Vec<Form> = match form {
        Some(form) if description.forms.contains(&form) => vec![form],
        Some(form) => return Err(DataError::UnknownForm { dataset, form }),
        None => {
            let forms = description.forms.iter().copied();
            forms.filter(|form| !form.is_plain_folder()).collect()
        }
    };
    let there = |form: Form| {
        let wanted = set.wanted(form).iter();
        wanted.filter(|wanted| found(folder, wanted).is_some()).count()
    };
    // The first of those with the most files: a folder that lacks one is told which.
    let of_form = |form: &Form| (there(*form) == set.wanted(*form).len(), there(*form));
    let form = forms.iter().copied().rev().max_by_key(of_form);
    let form = form.unwrap_or(description.forms[0]);
    let missing = set
        .wanted(form)
        .iter()
        .find(|wanted| found(folder, wanted).is_none());
    let missing = missing.map(|wanted| DataError::MissingFile {
        dataset,
        places: in_words(wanted),
        folder: folder.to_owned(),
        package: description.package,
        images: !form.is_plain_folder() && holds_images(folder, FOLDERS_BELOW),
    });
    let file = |wanted: &Wanted| SetFile {
        name: wanted.name,
        path: found(folder, wanted).unwrap_or_else(|| folder.join(wanted.places[0])),
    };
    let files = set.wanted(form).iter().map(file).collect();
    Ok(Located {
        files: SetFiles { form, files },
        missing,
    })
}

fn found(folder: &Path, wanted: &Wanted) -> Option<PathBuf> {
    wanted.places.iter().find_map(|place| found_at(folder, place))
}

fn found_at(folder: &Path, place: &str) -> Option<PathBuf> {
    if let Some((inner, ending)) = place.split_once('*') {
        return only_one(&folder.join(inner), ending);
    }
    let path = match place.trim_end_matches('/') {
        "" => folder.to_owned(),
        place => folder.join(place),
    };
    let is_folder = place.is_empty() || place.ends_with('/');
    let is_there = if is_folder { path.is_dir() } else { path.is_file() };
    is_there.then_some(path)
}

/// The file of a folder whose name ends so, if there is one and no other.
fn only_one(folder: &Path, ending: &str) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    let ends = |path: &PathBuf| path.to_string_lossy().ends_with(ending) && path.is_file();
    let mut fitting = entries.filter(ends);
    fitting.next().filter(|_| fitting.next().is_none())
}

/// The places of a file, the shortest first.
fn in_words(wanted: &Wanted) -> String {
    let mut places = wanted.places.to_vec();
    places.sort_by_key(|place| place.len());
    let only = if places.iter().any(|place| place.contains('*')) {
        ", of which there must be one,"
    } else {
        ""
    };
    format!("{}{only}", places.join(" or "))
}

/// Whether files in a folder, or in folders a little below it, are named as images.
fn holds_images(folder: &Path, depth: usize) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths = entries.take(LOOKED_AT).map(|entry| entry.path());
    paths.any(|path| claims_to_be_an_image(&path) || (depth > 0 && holds_images(&path, depth - 1)))
}
