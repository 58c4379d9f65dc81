//! `gan-pipe weights`: the weights of networks that others have trained, put where studies and scores look for them.
//!
//! What a file holds and which networks are known stands in `src/weights`; here are only words and the folder.

mod check;
mod import;
mod list;

use std::path::Path;

use clap::{Args, Subcommand};
use serde_json::json;

use super::error::CommandError;
use super::messages::Message;
use super::status::Status;
use super::terminal::Terminal;
use crate::weights::{KnownNetwork, sha256_of};

const EXAMPLES: &str = "\
Examples:
  gan-pipe weights list                                    the networks, and where their weights are published
  gan-pipe weights import vgg16-397923af.pth               put a file in its place
  gan-pipe weights check                                   read every file that is there
  gan-pipe weights check vgg16-397923af.pth                read one file, wherever it is
";

/// List, import and check weights of networks that others have trained.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct WeightsCommandArguments {
    #[command(subcommand)]
    command: WeightsCommand,
}

#[derive(Debug, Subcommand)]
enum WeightsCommand {
    List(list::ListArguments),
    Import(import::ImportArguments),
    Check(check::CheckArguments),
}

pub(super) fn run(arguments: &WeightsCommandArguments, terminal: Terminal) -> Result<Status, CommandError> {
    match &arguments.command {
        WeightsCommand::List(arguments) => list::run(arguments, terminal),
        WeightsCommand::Import(arguments) => import::run(arguments, terminal),
        WeightsCommand::Check(arguments) => check::run(arguments, terminal),
    }
}

/// The SHA-256 of a file, as 64 digits.
fn sha256(path: &Path) -> Result<String, CommandError> {
    sha256_of(path).map_err(|error| CommandError::file(Status::MissingData, "read", path, &error))
}

/// A file's digest in words: with the published name that it belongs to, if it does.
fn digest_in_words(network: KnownNetwork, sha256: &str) -> String {
    match network.published_file(sha256) {
        Some(file) => format!("SHA-256 {sha256}, as published under {}", file.name),
        None => format!("SHA-256 {sha256}, which is that of no published file"),
    }
}

/// The message about a network's file, or that there is none.
fn message(network: KnownNetwork, file: Option<(&Path, &str)>) -> Message {
    let published = network.published().files.iter().map(
        |file| json!({ "name": file.name, "address": file.address, "sha256_prefix": file.sha256_prefix() }),
    );
    let is_published = file.map(|(_, sha256)| network.published_file(sha256).is_some());
    Message::new("weights")
        .with("network", network.name())
        .with("path", file.map(|(path, _)| path.display().to_string()))
        .with("sha256", file.map(|(_, sha256)| sha256))
        .with("is_published", is_published)
        .with("published", published.collect::<Vec<_>>())
}
