//! `gan-pipe weights import`: puts a file of weights where studies and scores look for it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use tempfile::NamedTempFile;

use super::{digest_in_words, message, sha256};
use crate::cli::arguments::{MessageArguments, MessageFormat};
use crate::cli::error::CommandError;
use crate::cli::inputs::weights_folder;
use crate::cli::status::Status;
use crate::cli::terminal::{GOOD, Terminal, WARNING};
use crate::weights::{KnownNetwork, Sha256Writer, WeightsFile, check_weights};

const EXAMPLES: &str = "\
Examples:
  gan-pipe weights import pt_inception-2015-12-05-6726825d.pth
  gan-pipe weights import vgg16-397923af.pth --message-format json

The network is known by its arrays, whatever the file is called. The file is
read whole, nothing in it is executed, and it is copied into the folder of
weights: GAN_PIPE_WEIGHTS, else gan-pipe/weights in the user's data folder.
";

/// Put a file of weights where studies look for it.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ImportArguments {
    /// A PyTorch file (.pth) or a safetensors file.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    #[command(flatten)]
    messages: MessageArguments,
}

pub(super) fn run(arguments: &ImportArguments, terminal: Terminal) -> Result<Status, CommandError> {
    let file = WeightsFile::open(&arguments.file)?;
    let network = check_weights(&file)?;
    let folder = weights_folder()?;
    let (copy, digest) = copied(&arguments.file, &folder)?;
    let target = folder.join(name(network, &digest, file.is_safetensors()));
    if let Some(other) = network.find_in(&folder)
        && (other != target || would_lose(network, &other, &digest)?)
    {
        let message = format!("{} has weights already, in {}", network.name(), other.display());
        let error = CommandError::new(Status::Usage, message);
        return Err(error.hint("remove that file first, if those of this one are to be used"));
    }
    let kept = copy.persist(&target);
    kept.map_err(|error| CommandError::file(Status::MissingData, "write", &target, &error.error))?;
    if network.published_file(&digest).is_none() {
        let text = "these are not the published weights: numbers made with them compare with no paper's";
        terminal.say(&format!("{} {text}", terminal.paint(WARNING, "warning:")));
    }
    if arguments.messages.message_format == MessageFormat::Json {
        message(network, Some((&target, &digest))).print(terminal)?;
    } else {
        let text = format!("{} into {}", network.name(), target.display());
        terminal.say(&terminal.verb(GOOD, "Imported", &text));
        terminal.print(&format!("{}\n", digest_in_words(network, &digest)))?;
    }
    Ok(Status::Success)
}

/// Whether a published file would be replaced by another one.
fn would_lose(network: KnownNetwork, target: &Path, digest: &str) -> Result<bool, CommandError> {
    let is_published = |digest: &str| network.published_file(digest).is_some();
    Ok(!is_published(digest) && is_published(&sha256(target)?))
}

/// The name under which a file is kept: the published one of its digest, or the first of the network.
fn name(network: KnownNetwork, digest: &str, is_safetensors: bool) -> String {
    let file = network.published_file(digest);
    let name = file.unwrap_or(&network.published().files[0]).name;
    match is_safetensors {
        true => name.replace(".pth", ".safetensors"),
        false => name.to_owned(),
    }
}

/// A copy of a file, in a folder but not yet under a name, and its SHA-256.
fn copied(from: &Path, folder: &Path) -> Result<(NamedTempFile, String), CommandError> {
    let cannot = |doing, path: &Path| {
        let path = path.to_owned();
        move |error: io::Error| CommandError::file(Status::MissingData, doing, &path, &error)
    };
    fs::create_dir_all(folder).map_err(cannot("make the folder", folder))?;
    let copy = NamedTempFile::new_in(folder).map_err(cannot("write a file in", folder))?;
    let mut source = File::open(from).map_err(cannot("read", from))?;
    let mut target = Sha256Writer::new(copy);
    io::copy(&mut source, &mut target).map_err(cannot("copy", from))?;
    let (copy, digest) = target.finish();
    let permissions = source.metadata().map(|metadata| metadata.permissions());
    let written = permissions
        .and_then(|permissions| copy.as_file().set_permissions(permissions))
        .and_then(|()| copy.as_file().sync_all());
    written.map_err(cannot("write a file in", folder))?;
    Ok((copy, digest))
}
