//! `gan-pipe data check`: reads a set as a build would, and says what is wrong with it; keeps nothing.

use std::path::{Path, PathBuf};

use clap::Args;
use gan_cache::Store;

use super::super::error::CommandError;
use super::super::status::Status;
use super::super::terminal::{NOTE, Terminal};
use super::super::text;
use crate::data::{DataError, FolderReading, Form, ImageFile, ImageFolder, PublishedSet, Split};
use crate::stages::image_folder;
use crate::study::{Dataset, Study};

const EXAMPLES: &str = "\
Examples:
  gan-pipe data check cifar10 --path data/cifar10
  gan-pipe data check mnist --path digits --as images
  gan-pipe data check study.yaml
";

/// Read a data set as a build would, and say what is wrong with it.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct CheckArguments {
    /// The name of a set, or a study file.
    #[arg(value_name = "NAME|STUDY")]
    what: String,

    /// The folder of the set's files; those of a study are where it says.
    #[arg(long, value_name = "DIR")]
    path: Option<PathBuf>,

    /// The form of the set's files; the one whose files are there unless told.
    #[arg(long = "as", value_name = "FORM")]
    form: Option<String>,
}

pub(super) fn run(arguments: &CheckArguments, terminal: Terminal) -> Result<Status, CommandError> {
    let file = Path::new(&arguments.what);
    let is_name = PublishedSet::of_name(&arguments.what).is_some();
    if is_name || arguments.path.is_some() || !is_file_name(file) {
        let set = super::set_of_name(&arguments.what)?;
        let form = arguments.form.as_deref();
        let form = form.map(|name| super::form_of_name(set, name)).transpose()?;
        if arguments.path.is_none() && set.description().usual_folder.is_none() {
            let message = format!("{} has no usual folder", arguments.what);
            return Err(
                CommandError::new(Status::Usage, message).hint("name the folder of its files by --path DIR")
            );
        }
        return check_set(set, arguments.path.as_deref(), form, terminal);
    }
    if arguments.form.is_some() {
        let error = CommandError::new(Status::Usage, "a study says itself what form its data has");
        return Err(error.hint("leave out --as"));
    }
    check_study(&Study::load(file, &[])?, terminal)
}

/// Whether this may name a study file rather than a set.
fn is_file_name(what: &Path) -> bool {
    what.extension().is_some() || what.exists()
}

fn check_study(study: &Study, terminal: Terminal) -> Result<Status, CommandError> {
    let path = study.data.path.as_deref();
    match (&study.data.dataset, path) {
        (Dataset::Published(set), _) => check_set(*set, path, study.data.form, terminal),
        (Dataset::Polygons { .. }, _) => {
            terminal.print("polygons are drawn by the program; there is nothing to check\n")?;
            Ok(Status::Success)
        }
        (Dataset::ImageFolder(_), None) => {
            let dataset = "image-folder";
            Err(DataError::FolderNotGiven { dataset }.into())
        }
        (Dataset::ImageFolder(folder), Some(path)) => {
            check_folder(image_folder(folder, study.data.resolution), path, terminal)
        }
    }
}

/// Decodes every image of a folder and counts them as a build would.
fn check_folder(settings: ImageFolder, path: &Path, terminal: Terminal) -> Result<Status, CommandError> {
    if !path.is_dir() {
        let path = path.to_owned();
        return Err(DataError::NotAFolder { path }.into());
    }
    // Digests decide the split; they are kept no longer than this.
    let scratch = tempfile::tempdir();
    let scratch = scratch.map_err(|error| {
        CommandError::file(Status::Failed, "make a folder in", &std::env::temp_dir(), &error)
    })?;
    let files = Store::open(scratch.path())?.folder(path)?.files;
    let mut reading = FolderReading::new(settings, path);
    for file in &files {
        let file = ImageFile {
            name: &file.name,
            path: &file.path,
            digest: file.digest.as_bytes(),
        };
        let prepared = settings.prepare(&file)?;
        reading.take(&file, prepared);
    }
    let summary = reading.finish()?;
    let corrupt = match summary.corrupt_count {
        0 => String::new(),
        count => format!(", {count} that cannot be decoded left out"),
    };
    terminal.print(&format!(
        "image-folder in {}: {} and {}{corrupt}\n",
        path.display(),
        text::count(summary.train, "training image"),
        text::count(summary.test, "test image")
    ))?;
    Ok(Status::Success)
}

fn check_set(
    set: PublishedSet,
    path: Option<&Path>,
    form: Option<Form>,
    terminal: Terminal,
) -> Result<Status, CommandError> {
    let located = set.locate(path, form)?;
    if let Some(missing) = located.missing {
        return Err(missing.into());
    }
    let files = located.files;
    let description = set.description();
    let folder = files.folder().display();
    for split in [Split::Train, Split::Test] {
        let text = format!("{} ({}) in {folder}", description.name, split.name());
        terminal.say(&terminal.verb(NOTE, "Reading", &text));
        set.read(&files, split, description.resolutions[0], &mut |_, _| {
            Ok::<_, DataError>(())
        })?;
    }
    terminal.print(&format!(
        "{} as {} in {folder}: {} and {}, as it must be\n",
        description.name,
        files.form.name(),
        text::count(description.train, "training image"),
        text::count(description.test, "test image")
    ))?;
    Ok(Status::Success)
}
