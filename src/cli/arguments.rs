//! What may stand on the command line. Each command's own arguments are in the command's file; here are those that
//! several share. Knows no study and no file.

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};

use super::build::BuildArguments;
use super::explain::ExplainArguments;
use super::init::InitArguments;
use super::plan::PlanArguments;
use super::status::Status;
use super::table::TableArguments;
use super::terminal::Color;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const EXAMPLES: &str = "\
Examples:
  gan-pipe init study.yaml       write a study to start from
  gan-pipe plan study.yaml       what would run, and what is known already
  gan-pipe build study.yaml      run it, or go on where it was stopped
  gan-pipe table study.yaml      the results
";

/// Compare GANs: one YAML study in, cached training runs and Parquet tables out.
#[derive(Debug, Parser)]
#[command(name = "gan-pipe", version, styles = STYLES, max_term_width = 100)]
#[command(after_help = format!("{EXAMPLES}\n{}", Status::help()))]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,

    /// When to use colours; NO_COLOR turns them off too.
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value = "auto")]
    #[arg(
        hide_possible_values = true,
        help = "When to use colours: auto, always or never"
    )]
    pub(super) color: Color,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Build(BuildArguments),
    Plan(PlanArguments),
    Explain(ExplainArguments),
    Table(TableArguments),
    Init(InitArguments),
    /// Print the JSON Schema of study files, for editors.
    #[command(after_help = "Example:\n  gan-pipe schema > study.schema.json")]
    Schema,
}

impl Command {
    /// How much the command is to say.
    pub(super) fn verbosity(&self) -> Verbosity {
        match self {
            Command::Build(arguments) => arguments.verbosity.level(),
            Command::Plan(arguments) if arguments.verbose => Verbosity::Verbose,
            _ => Verbosity::Normal,
        }
    }
}

/// How much to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verbosity {
    Quiet,
    Normal,
    Verbose,
}

#[derive(Clone, Copy, Debug, Args)]
pub(super) struct VerbosityArguments {
    /// Show no progress and no warnings, only the summary and errors.
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,

    /// Also show hits, starts and what happens in the cache.
    #[arg(short, long)]
    verbose: bool,
}

impl VerbosityArguments {
    pub(super) fn level(self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Verbose,
            _ => Verbosity::Normal,
        }
    }
}

/// The form of what goes to standard output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum MessageFormat {
    /// Text for people.
    #[default]
    Human,
    /// One JSON object a line, for programs.
    Json,
}

#[derive(Clone, Copy, Debug, Args)]
pub(super) struct MessageArguments {
    /// Form of standard output: human, or json for one JSON object a line.
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        default_value = "human",
        hide_possible_values = true
    )]
    pub(super) message_format: MessageFormat,
}
