//! `gan-pipe weights list`: which weights are there, and where the others are published.

use clap::Args;

use super::{message, sha256};
use crate::cli::arguments::{MessageArguments, MessageFormat};
use crate::cli::error::CommandError;
use crate::cli::inputs::weights_folder;
use crate::cli::status::Status;
use crate::cli::terminal::Terminal;
use crate::cli::text;
use crate::weights::KnownNetwork;

const EXAMPLES: &str = "\
Examples:
  gan-pipe weights list
  gan-pipe weights list --message-format json
";

/// List the networks whose weights are known, and which are there.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ListArguments {
    #[command(flatten)]
    messages: MessageArguments,
}

pub(super) fn run(arguments: &ListArguments, terminal: Terminal) -> Result<Status, CommandError> {
    let folder = weights_folder()?;
    let mut rows = vec![["network", "weights", "file"].map(str::to_owned).to_vec()];
    let mut absent = String::new();
    for network in KnownNetwork::ALL {
        let path = network.find_in(&folder);
        let digest = path.as_deref().map(sha256).transpose()?;
        let file = path.as_deref().zip(digest.as_deref());
        if arguments.messages.message_format == MessageFormat::Json {
            message(network, file).print(terminal)?;
            continue;
        }
        let (state, name) = match file {
            Some((path, digest)) => {
                let state = match network.published_file(digest) {
                    Some(_) => "as published",
                    None => "others",
                };
                let name = path.file_name().unwrap_or_default();
                (state, name.to_string_lossy().into_owned())
            }
            None => {
                absent += &origin(network);
                ("missing", "-".to_owned())
            }
        };
        rows.push(vec![network.name().to_owned(), state.to_owned(), name]);
    }
    if arguments.messages.message_format == MessageFormat::Human {
        let table = text::columns(&rows);
        terminal.print(&format!("{}\n\n{table}{absent}", folder.display()))?;
    }
    Ok(Status::Success)
}

/// Where the weights of a network are published, on what terms, and with which digest.
fn origin(network: KnownNetwork) -> String {
    let published = network.published();
    let lines = published
        .files
        .iter()
        .map(|file| format!("  {}\n    SHA-256 {}...\n", file.address, file.sha256_prefix()));
    format!(
        "\n{} ({}):\n{}",
        network.name(),
        published.terms,
        lines.collect::<String>()
    )
}
