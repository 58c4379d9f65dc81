//! `gan-pipe data`: which sets of images there are, bringing one, and holding files to what a set must be.
//!
//! What a set is stands in `src/data/published`, how a file is brought in `src/fetch`; here are only words.

mod check;
mod fetch;
mod list;

use clap::{Args, Subcommand};

use super::error::CommandError;
use super::status::Status;
use super::terminal::Terminal;
use super::text;
use crate::data::{Form, PublishedSet};

const EXAMPLES: &str = "\
Examples:
  gan-pipe data list                            the sets, their sizes and terms
  gan-pipe data fetch cifar10                   bring CIFAR-10 into data/cifar10
  gan-pipe data check cifar10 --path images     hold files to what CIFAR-10 must be
  gan-pipe data check study.yaml                the same for the data of a study
";

/// List, bring and check sets of images.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct DataCommandArguments {
    #[command(subcommand)]
    command: DataCommand,
}

#[derive(Debug, Subcommand)]
enum DataCommand {
    /// List the sets that are known by name.
    #[command(after_help = "Examples:\n  gan-pipe data list")]
    List,
    Fetch(fetch::FetchArguments),
    Check(check::CheckArguments),
}

pub(super) fn run(arguments: &DataCommandArguments, terminal: Terminal) -> Result<Status, CommandError> {
    match &arguments.command {
        DataCommand::List => list::run(terminal),
        DataCommand::Fetch(arguments) => fetch::run(arguments, terminal),
        DataCommand::Check(arguments) => check::run(arguments, terminal),
    }
}

/// The set of this name.
fn set_of_name(name: &str) -> Result<PublishedSet, CommandError> {
    PublishedSet::of_name(name).ok_or_else(|| {
        let names = PublishedSet::ALL.map(|set| set.description().name);
        let error = CommandError::new(
            Status::Usage,
            format!("there is no data set of the name {name:?}"),
        );
        match text::nearest(name, names) {
            Some(nearest) => error.hint(format!("did you mean {nearest}?")),
            None => error.hint(format!("known are {}", names.join(", "))),
        }
    })
}

/// The form of this name, which a set must have.
fn form_of_name(set: PublishedSet, name: &str) -> Result<Form, CommandError> {
    let set = set.description();
    let form = Form::of_name(name).filter(|form| set.forms.contains(form));
    form.ok_or_else(|| {
        let names: Vec<&str> = set.forms.iter().map(|form| form.name()).collect();
        let message = format!("{} is not read in the form {name:?}", set.name);
        CommandError::new(Status::Usage, message).hint(format!("available: {}", names.join(", ")))
    })
}
