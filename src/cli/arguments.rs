//! What may stand on the command line. Each command's own arguments are in the command's file; here are those that
//! several share. Knows no study and no file.

use std::fmt::Write;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};

use super::build::BuildArguments;
use super::cache::CacheCommandArguments;
use super::completions::CompletionsArguments;
use super::data::DataCommandArguments;
use super::describe::DescribeArguments;
use super::doctor::DoctorArguments;
use super::explain::ExplainArguments;
use super::init::InitArguments;
use super::manual::ManualArguments;
use super::plan::PlanArguments;
use super::score::ScoreArguments;
use super::status::Status;
use super::table::TableArguments;
use super::terminal::Color;
use super::weights::WeightsCommandArguments;

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
  gan-pipe cache gc              what of the cache can go
";

/// Compare GANs: one YAML study in, cached training runs and Parquet tables out.
#[derive(Debug, Parser)]
#[command(name = "gan-pipe", version, styles = STYLES, max_term_width = 100)]
#[command(after_help = format!("{EXAMPLES}\n{}", Status::help()))]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,

    /// When to use colors; NO_COLOR turns them off too.
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value = "auto")]
    #[arg(
        hide_possible_values = true,
        help = "When to use colors: auto, always or never"
    )]
    pub(super) color: Color,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Build(BuildArguments),
    Plan(PlanArguments),
    Explain(ExplainArguments),
    Table(TableArguments),
    Score(ScoreArguments),
    Init(InitArguments),
    Describe(DescribeArguments),
    Data(DataCommandArguments),
    Weights(WeightsCommandArguments),
    Cache(CacheCommandArguments),
    Doctor(DoctorArguments),
    Completions(CompletionsArguments),
    #[command(name = "man")]
    Manual(ManualArguments),
    /// Print the JSON Schema of study files, for editors.
    #[command(after_help = "Examples:\n  gan-pipe schema > study.schema.json")]
    Schema,
}

/// The commands by what they are for, in the order in which help lists them.
const GROUPS: [(&str, &[&str]); 5] = [
    (
        "Studies",
        &["init", "describe", "plan", "build", "explain", "table"],
    ),
    ("Images of any origin", &["score"]),
    ("Data", &["data", "weights"]),
    ("Cache", &["cache"]),
    (
        "This program",
        &["doctor", "schema", "completions", "man", "help"],
    ),
];

/// What `help` says of itself; it exists only once the command line is complete.
const HELP: &str = "Print this message or the help of a command";

/// The whole command line, with commands listed in groups.
pub(super) fn command() -> clap::Command {
    let command = Arguments::command();
    let (header, literal) = (STYLES.get_header(), STYLES.get_literal());
    let mut list = String::new();
    for (title, names) in GROUPS {
        // Writing to a String cannot fail.
        let _ = writeln!(list, "{header}{title}:{header:#}");
        for name in names {
            let about = command.find_subcommand(name).and_then(clap::Command::get_about);
            let about = about.map_or(HELP.to_owned(), ToString::to_string);
            let _ = writeln!(list, "  {literal}{name:<11}{literal:#}  {about}");
        }
        list.push('\n');
    }
    let template = format!(
        "{{before-help}}{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n\
         {list}{header}Options:{header:#}\n{{options}}{{after-help}}"
    );
    command.help_template(template)
}

impl Command {
    /// How much the command is to say.
    pub(super) fn verbosity(&self) -> Verbosity {
        match self {
            Command::Build(arguments) => arguments.verbosity.level(),
            Command::Score(arguments) => arguments.verbosity.level(),
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    /// Every command, also those below others, by its words without the program's name.
    fn commands(command: &clap::Command, words: &str) -> Vec<(String, clap::Command)> {
        let below = command.get_subcommands().flat_map(|below| {
            let words = format!("{words} {}", below.get_name());
            commands(below, words.trim())
        });
        [(words.to_owned(), command.clone())]
            .into_iter()
            .chain(below)
            .collect()
    }

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn every_command_is_in_one_group() {
        let mut grouped: Vec<&str> = GROUPS
            .iter()
            .flat_map(|(_, names)| names.iter().copied())
            .collect();
        let command = command();
        let mut known: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
        known.push("help");
        grouped.sort_unstable();
        known.sort_unstable();
        assert_eq!(grouped, known);
    }

    #[test]
    fn every_example_is_accepted() {
        let mut count = 0;
        for (name, command) in commands(&command(), "") {
            let help = command.get_after_help().unwrap_or_default().to_string();
            assert!(
                help.starts_with("Examples:\n"),
                "gan-pipe {name} --help has no examples"
            );
            let examples = help.lines().filter_map(|line| line.strip_prefix("  gan-pipe "));
            for example in examples {
                let words = words(example);
                let parsed = super::command()
                    .try_get_matches_from(["gan-pipe"].into_iter().chain(words.iter().map(String::as_str)));
                assert!(parsed.is_ok(), "{example}: {}", parsed.unwrap_err());
                count += 1;
            }
        }
        assert!(count > 25, "only {count} examples");
    }

    /// The words of an example, without the remark or redirection behind it; quotes keep a word together.
    fn words(example: &str) -> Vec<String> {
        let end = example.find("  ").into_iter().chain(example.find(" > ")).min();
        let example = &example[..end.unwrap_or(example.len())];
        let parts = example.split('\'').enumerate();
        parts
            .flat_map(|(index, part)| match index % 2 {
                0 => part.split_whitespace().map(str::to_owned).collect(),
                _ => vec![part.to_owned()],
            })
            .collect()
    }
}
