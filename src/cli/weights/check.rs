//! `gan-pipe weights check`: reads files of weights whole, and says whose they are.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{digest_in_words, message, sha256};
use crate::cli::arguments::{MessageArguments, MessageFormat};
use crate::cli::error::CommandError;
use crate::cli::inputs::weights_folder;
use crate::cli::status::Status;
use crate::cli::terminal::Terminal;
use crate::cli::text;
use crate::weights::{KnownNetwork, WeightsFile, check_weights};

const EXAMPLES: &str = "\
Examples:
  gan-pipe weights check
  gan-pipe weights check vgg16-397923af.pth --message-format json
";

/// Read files of weights whole, and say which network's they are.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct CheckArguments {
    /// A file; all that are in their place unless told.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,

    #[command(flatten)]
    messages: MessageArguments,
}

pub(super) fn run(arguments: &CheckArguments, terminal: Terminal) -> Result<Status, CommandError> {
    if let Some(file) = &arguments.file {
        check(file, arguments, terminal)?;
        return Ok(Status::Success);
    }
    let folder = weights_folder()?;
    let found: Vec<PathBuf> = KnownNetwork::ALL
        .into_iter()
        .filter_map(|network| network.find_in(&folder))
        .collect();
    if found.is_empty() {
        let message = format!("there are no weights in {}", folder.display());
        let hint = "`gan-pipe weights list` tells where they are published, and `gan-pipe weights import` puts a file \
                    in its place";
        return Err(CommandError::new(Status::MissingData, message).hint(hint));
    }
    for file in found {
        check(&file, arguments, terminal)?;
    }
    Ok(Status::Success)
}

fn check(path: &Path, arguments: &CheckArguments, terminal: Terminal) -> Result<(), CommandError> {
    let file = WeightsFile::open(path)?;
    let network = check_weights(&file)?;
    let digest = sha256(path)?;
    if arguments.messages.message_format == MessageFormat::Json {
        let message = message(network, Some((path, &digest)));
        return message
            .with("arrays", file.arrays().len())
            .with("format", file.format())
            .print(terminal);
    }
    terminal.print(&format!(
        "{}: {} in a {}, {}\n  {}\n",
        path.display(),
        network.name(),
        file.format(),
        text::count(file.arrays().len(), "array"),
        digest_in_words(network, &digest)
    ))
}
