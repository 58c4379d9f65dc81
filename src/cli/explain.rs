//! `gan-pipe explain`: why a stage is a hit or not, and which field of its key document differs from the most similar
//! one that this study has used before.

use clap::Args;
use gan_cache::Store;
use gan_pipeline::{Comparison, Graph, Plan, StageId, StagePlan, explain, plan_requiring};

use super::error::CommandError;
use super::inputs::{CacheArguments, Loaded, StudyArguments};
use super::plan::verdict;
use super::status::Status;
use super::terminal::Terminal;
use super::text;

/// Most names that an error lists.
const MOST_NAMES: usize = 10;

const EXAMPLES: &str = "\
Examples:
  gan-pipe explain study.yaml classifier
  gan-pipe explain study.yaml 'spectral/seed-1/train 0000-0500'
  gan-pipe explain study.yaml spectral/seed-1        the first stage of the run that is no hit
  gan-pipe explain study.yaml spectral               the same of all runs of a setting
";

/// Explain why a stage would run: what differs from the most similar one that ran before.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ExplainArguments {
    #[command(flatten)]
    study: StudyArguments,

    /// A stage, a part of its name that no other stage has, a run or a setting.
    #[arg(value_name = "STAGE|RUN|SETTING")]
    name: String,

    #[command(flatten)]
    cache: CacheArguments,
}

pub(super) fn run(arguments: &ExplainArguments, terminal: Terminal) -> Result<Status, CommandError> {
    let loaded = arguments.study.load()?;
    let store = arguments.cache.open()?;
    let graph = &loaded.compiled.graph;
    let plan = plan_requiring(graph, &store, &loaded.compiled.required())?;
    let page = match choose(&loaded, &plan, &arguments.name)? {
        Chosen::Stage(id) => explanation(graph, &store, &plan, id)?,
        Chosen::OnlyHits(count) => {
            format!(
                "{}: all {} are hits\n",
                arguments.name,
                text::count(count, "stage")
            )
        }
    };
    terminal.print(&page)?;
    Ok(Status::Success)
}

/// What there is to explain.
enum Chosen {
    Stage(StageId),
    /// Runs, all of whose stages are hits; so many.
    OnlyHits(usize),
}

/// The stage that is meant; of runs, the first that is no hit.
fn choose(loaded: &Loaded, plan: &Plan, name: &str) -> Result<Chosen, CommandError> {
    let graph = &loaded.compiled.graph;
    if let Some(id) = graph.find(name) {
        return Ok(Chosen::Stage(id));
    }
    if let Some(stages) = run_named(loaded, name) {
        let is_open = |id: &StageId| !matches!(plan.stage(*id), StagePlan::Hit(_));
        let open = stages.iter().copied().find(is_open);
        return Ok(open.map_or(Chosen::OnlyHits(stages.len()), Chosen::Stage));
    }
    let matching: Vec<StageId> = graph
        .stages()
        .filter(|&id| graph.name(id).contains(name))
        .collect();
    match matching[..] {
        [id] => Ok(Chosen::Stage(id)),
        [] => Err(unknown(loaded, name)),
        _ => Err(ambiguous(graph, name, &matching)),
    }
}

/// The stages of the run with this name, of all seeds of the setting with this name, or of the only run whose name
/// begins like this.
fn run_named(loaded: &Loaded, name: &str) -> Option<Vec<StageId>> {
    let name = name.trim_end_matches('/');
    let runs: Vec<&str> = loaded.compiled.runs.iter().map(|run| run.name.as_str()).collect();
    let is_within =
        |run: &str| run == name || run.strip_prefix(name).is_some_and(|rest| rest.starts_with('/'));
    let mut meant: Vec<&str> = runs.iter().copied().filter(|run| is_within(run)).collect();
    if meant.is_empty() {
        meant = runs.into_iter().filter(|run| run.starts_with(name)).collect();
        meant.truncate(usize::from(meant.len() == 1));
    }
    let graph = &loaded.compiled.graph;
    let is_meant = |id: &StageId| {
        let run = graph.name(*id).rsplit_once('/').map(|(run, _)| run);
        run.is_some_and(|run| meant.contains(&run))
    };
    Some(graph.stages().filter(is_meant).collect()).filter(|stages: &Vec<_>| !stages.is_empty())
}

fn unknown(loaded: &Loaded, name: &str) -> CommandError {
    let graph = &loaded.compiled.graph;
    let stages = graph.stages().map(|id| graph.name(id));
    let runs = loaded.compiled.runs.iter().map(|run| run.name.as_str());
    let whole = CommandError::new(
        Status::Usage,
        format!("no stage or run of {} is named {name:?}", graph.study()),
    );
    match text::nearest(name, stages.chain(runs)) {
        Some(near) => whole.hint(format!("did you mean {near:?}?")),
        None => whole.hint("`gan-pipe plan --verbose` lists all stages"),
    }
}

fn ambiguous(graph: &Graph, name: &str, matching: &[StageId]) -> CommandError {
    let mut message = format!("{name:?} is in the names of {} stages:", matching.len());
    for id in matching.iter().take(MOST_NAMES) {
        message += &format!("\n  {}", graph.name(*id));
    }
    if matching.len() > MOST_NAMES {
        message += &format!("\n  and {} more", matching.len() - MOST_NAMES);
    }
    CommandError::new(Status::Usage, message).hint("give more of the name")
}

/// The explanation of a stage, and of the stage above that it waits for.
fn explanation(graph: &Graph, store: &Store, plan: &Plan, id: StageId) -> Result<String, CommandError> {
    let status = plan.stage(id);
    let (word, why) = verdict(graph, status, "");
    let mut page = format!("{}: {word}{why}\n", graph.name(id));
    match status {
        StagePlan::Hit(entry) => page += &format!("  key {}, {}\n", entry.key.short(), entry.status),
        StagePlan::WillRun { key, .. } => {
            page += &format!("  key {}\n", key.short());
            page += &comparison(explain(graph, store, id)?.comparison.as_ref());
        }
        StagePlan::Unknown { until } => page += &format!("\n{}", explanation(graph, store, plan, *until)?),
        StagePlan::Skipped { .. } | StagePlan::MissingData { .. } | StagePlan::BelowMissingData { .. } => {}
    }
    Ok(page)
}

fn comparison(comparison: Option<&Comparison>) -> String {
    let Some(Comparison {
        name,
        key,
        differences,
    }) = comparison
    else {
        return "  no stage of its kind has run before in this study\n".to_owned();
    };
    let lines = differences.iter().map(|difference| format!("  {difference}\n"));
    let heading = format!(
        "  differs from {name} (key {}), the most similar so far, in:\n",
        key.short()
    );
    heading + &lines.map(|line| format!("  {line}")).collect::<String>()
}
