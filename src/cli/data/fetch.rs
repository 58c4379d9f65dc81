//! `gan-pipe data fetch`: brings the files of a set into a folder, and unpacks those that are archives.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::super::error::CommandError;
use super::super::status::Status;
use super::super::terminal::{GOOD, NOTE, Terminal};
use super::super::text;
use crate::data::{Download, Form, PublishedSet};
use crate::fetch::{Fetcher, Progress, Remote, unpack};

const EXAMPLES: &str = "\
Examples:
  gan-pipe data fetch mnist                      into data/mnist
  gan-pipe data fetch cifar10 --as python --into images
  gan-pipe data fetch mnist --from https://mirror.example/mnist

A download that was interrupted goes on where it ended. Files are held to the
digests that their sources publish. `gan-pipe data list` tells sizes and terms,
and which sets have to be brought by hand.
";

/// Bring the files of a data set, and check them by their digests.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct FetchArguments {
    /// The name of the set.
    #[arg(value_name = "NAME")]
    name: String,

    /// The folder for its files [default: data/NAME].
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,

    /// The form to bring, where there are several; the first that `data list` names unless told.
    #[arg(long = "as", value_name = "FORM")]
    form: Option<String>,

    /// Another server: the address of the folder that has the files under the same names.
    #[arg(long, value_name = "URL")]
    from: Option<String>,
}

pub(super) fn run(arguments: &FetchArguments, terminal: Terminal) -> Result<Status, CommandError> {
    let set = super::set_of_name(&arguments.name)?;
    let name = set.description().name;
    let form = match &arguments.form {
        Some(form) => super::form_of_name(set, form)?,
        None => set.description().forms[0],
    };
    let downloads = set.origin().downloads.iter();
    let downloads: Vec<&Download> = downloads.filter(|download| download.form == form).collect();
    if downloads.is_empty() {
        let message = format!("{name} cannot be fetched in the form {}", form.name());
        let page = set.origin().page;
        return Err(CommandError::new(Status::Usage, message).hint(format!("see {page}")));
    }
    let into = arguments
        .into
        .clone()
        .unwrap_or_else(|| Path::new("data").join(name));
    if set.locate(Some(&into), Some(form))?.missing.is_none() {
        terminal.say(&terminal.verb(GOOD, "Fetched", &format!("{name} before; its files are there")));
        return tell_use(name, &into, terminal);
    }
    for download in downloads {
        fetch(set, form, download, arguments.from.as_deref(), &into, terminal)?;
    }
    if let Some(missing) = set.locate(Some(&into), Some(form))?.missing {
        return Err(missing.into());
    }
    tell_use(name, &into, terminal)
}

fn tell_use(name: &str, into: &Path, terminal: Terminal) -> Result<Status, CommandError> {
    let into = into.display();
    terminal.print(&format!(
        "{name} is in {into}; a study beside it: data: {{ dataset: {name}, path: {into} }}\n"
    ))?;
    Ok(Status::Success)
}

fn fetch(
    set: PublishedSet,
    form: Form,
    download: &Download,
    from: Option<&str>,
    into: &Path,
    terminal: Terminal,
) -> Result<(), CommandError> {
    let name = download.name();
    let url = match from {
        Some(folder) => format!("{}/{name}", folder.trim_end_matches('/')),
        None => download.url.to_owned(),
    };
    let remote = Remote {
        url: &url,
        name,
        md5: download.md5,
    };
    let mut bar = Bar::new(name, terminal);
    let fetched = Fetcher::default().fetch(&remote, into, &mut |progress| bar.show(progress));
    bar.end();
    let (path, md5) = fetched?;
    let held = match download.md5 {
        Some(_) => "as published",
        None => "noted, as none is published",
    };
    terminal.say(&terminal.verb(GOOD, "Fetched", &format!("{name}, MD5 {md5}, {held}")));
    if download.is_archive() {
        let members = set.archive_members(form);
        unpack(&path, into, &members, &mut |member| {
            terminal.say(&terminal.verb(NOTE, "Unpacking", member));
        })?;
        let removed = fs::remove_file(&path);
        removed.map_err(|error| CommandError::file(Status::MissingData, "remove", &path, &error))?;
    }
    Ok(())
}

/// The bar of one download, where bars can be drawn; a line at its beginning elsewhere.
struct Bar {
    bar: Option<ProgressBar>,
    name: String,
}

impl Bar {
    fn new(name: &str, terminal: Terminal) -> Bar {
        let bar = terminal.bars().map(|bars| {
            let bar = bars.add(ProgressBar::no_length().with_style(style()));
            bar.set_prefix(terminal.verb(NOTE, "Fetching", ""));
            bar
        });
        if bar.is_none() {
            terminal.say(&terminal.verb(NOTE, "Fetching", name));
        }
        let name = name.to_owned();
        Bar { bar, name }
    }

    fn show(&mut self, Progress { done, total }: Progress) {
        let Some(bar) = &self.bar else { return };
        bar.set_length(total.unwrap_or(done).max(1));
        bar.set_position(done);
        let of = total.map_or(String::new(), |total| format!(" of {}", text::bytes(total)));
        bar.set_message(format!("{}, {}{of}", self.name, text::bytes(done)));
    }

    fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// The look of bars of builds.
fn style() -> ProgressStyle {
    ProgressStyle::with_template("{prefix}[{bar:24}] {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}
