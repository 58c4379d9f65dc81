//! `gan-pipe plan`: what a build would do, run by run. Runs nothing and needs no data.

use clap::Args;
use gan_pipeline::{
    Estimate, ExecuteOptions, Graph, Plan, PlanCounts, Reason, StageId, StagePlan, plan_requiring,
};

use super::arguments::{MessageArguments, MessageFormat};
use super::error::CommandError;
use super::estimate::{self, Rate, estimate_of};
use super::inputs::{CacheArguments, Loaded, StudyArguments};
use super::messages::Message;
use super::parallel::ParallelArguments;
use super::status::Status;
use super::terminal::Terminal;
use super::text;

const EXAMPLES: &str = "\
Examples:
  gan-pipe plan study.yaml
  gan-pipe plan study.yaml --set base.steps=4000     what a longer study would cost
  gan-pipe plan study.yaml --rate 150                estimate what was never measured, at 150 GFLOP/s
  gan-pipe plan study.yaml --exit-code               10 if a build would run something
";

/// Show what a build would do: what is known already, and what would run and why.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct PlanArguments {
    #[command(flatten)]
    study: StudyArguments,

    #[command(flatten)]
    cache: CacheArguments,

    #[command(flatten)]
    parallel: ParallelArguments,

    /// Estimate training that was never measured from its operations, at this speed in GFLOP/s; `gan-pipe doctor` measures a
    /// device's own best.
    #[arg(long, value_name = "GFLOPS")]
    rate: Option<Rate>,

    /// End with exit code 10 if a build would run something.
    #[arg(long)]
    exit_code: bool,

    /// List every stage by itself.
    #[arg(short, long)]
    pub(super) verbose: bool,

    #[command(flatten)]
    messages: MessageArguments,
}

pub(super) fn run(arguments: &PlanArguments, terminal: Terminal) -> Result<Status, CommandError> {
    let loaded = arguments.study.load()?;
    let store = arguments.cache.open()?;
    let plan = plan_requiring(&loaded.compiled.graph, &store, &loaded.compiled.required())?;
    let options = arguments.parallel.options(&loaded);
    let estimate = estimate_of(&loaded, &plan, &store, &options, arguments.rate);
    match arguments.messages.message_format {
        MessageFormat::Human => {
            let sentence = |estimate| format!("estimate: {}\n", estimate::sentence(estimate, &options));
            let estimate = estimate.as_ref().map(sentence).unwrap_or_default();
            let totals = totals(&plan.counts());
            terminal.print(&(pages(&loaded, &plan, arguments.verbose) + "\n" + &estimate + &totals))?;
        }
        MessageFormat::Json => messages(
            &loaded.compiled.graph,
            &plan,
            estimate.as_ref(),
            &options,
            terminal,
        )?,
    }
    let counts = plan.counts();
    match arguments.exit_code && counts.at_most() + counts.missing > 0 {
        true => Ok(Status::WorkLeft),
        false => Ok(Status::Success),
    }
}

/// The plan as text: the shared stages and each run.
fn pages(loaded: &Loaded, plan: &Plan, is_verbose: bool) -> String {
    let Loaded { study, compiled } = loaded;
    let graph = &compiled.graph;
    let mut page = format!(
        "{}: {}, {}\n",
        study.name,
        text::count(compiled.runs.len(), "run"),
        text::count(graph.len(), "stage")
    );
    if let Some(device) = loaded.device() {
        page += &format!("device: {device}\n");
    }
    for (group, stages) in groups(loaded) {
        page += &format!("\n{group}\n");
        page += &match is_verbose {
            true => every_stage(graph, plan, &group, &stages),
            false => verdicts(graph, plan, &group, &stages),
        };
    }
    page
}

/// The stages that belong to no run, under `shared`, then those of each run.
fn groups(loaded: &Loaded) -> Vec<(String, Vec<StageId>)> {
    let graph = &loaded.compiled.graph;
    let runs = loaded.compiled.runs.iter().map(|run| run.name.clone());
    let mut groups: indexmap::IndexMap<String, Vec<StageId>> = ["shared".to_owned()]
        .into_iter()
        .chain(runs)
        .map(|name| (name, Vec::new()))
        .collect();
    for id in graph.stages() {
        let run = graph.name(id).rsplit_once('/').map(|(run, _)| run);
        let index = run.and_then(|run| groups.get_index_of(run)).unwrap_or(0);
        groups[index].push(id);
    }
    groups.retain(|_, stages| !stages.is_empty());
    groups.into_iter().collect()
}

fn every_stage(graph: &Graph, plan: &Plan, group: &str, stages: &[StageId]) -> String {
    let line = |&id: &StageId| {
        let (word, why) = verdict(graph, plan.stage(id), group);
        format!("  {word:<9} {}{why}\n", own_name(graph, id, group))
    };
    stages.iter().map(line).collect()
}

/// One line for each different verdict, with the stages it is about.
fn verdicts(graph: &Graph, plan: &Plan, group: &str, stages: &[StageId]) -> String {
    let mut lines: indexmap::IndexMap<(&str, String), Vec<&str>> = indexmap::IndexMap::new();
    for &id in stages {
        let name = own_name(graph, id, group);
        lines
            .entry(verdict(graph, plan.stage(id), group))
            .or_default()
            .push(name);
    }
    let line = |((word, why), names): (&(&str, String), &Vec<&str>)| {
        let names = match names.len() {
            1..=2 => names.join(", "),
            count => text::count(count, "stage"),
        };
        format!("  {word:<9} {names}{why}\n")
    };
    lines.iter().map(line).collect()
}

/// A stage's name without the name of its run.
fn own_name<'g>(graph: &'g Graph, id: StageId, group: &str) -> &'g str {
    let name = graph.name(id);
    let own = name.strip_prefix(group).and_then(|rest| rest.strip_prefix('/'));
    own.unwrap_or(name)
}

/// What a build would do with a stage, and why, to stand behind its name.
pub(super) fn verdict(graph: &Graph, stage: &StagePlan, group: &str) -> (&'static str, String) {
    let name = |id: &StageId| own_name(graph, *id, group).to_owned();
    match stage {
        StagePlan::Hit(_) => ("hit", String::new()),
        StagePlan::WillRun { reason, .. } => match reason {
            Reason::NoEntry => ("will run", ": not in the cache yet".to_owned()),
            Reason::BlobsMissing { outputs } => {
                ("will run", format!(": to make again: {}", outputs.join(", ")))
            }
        },
        StagePlan::Unknown { until } => ("unknown", format!(" until {} has run", name(until))),
        StagePlan::Skipped { diverged } => ("skipped", format!(": {} diverged", name(diverged))),
        StagePlan::MissingData { path, .. } => (
            "no data",
            format!(": data not on this machine: {}", path.display()),
        ),
        StagePlan::BelowMissingData { stage } => ("no data", format!(": needs {}", name(stage))),
    }
}

fn totals(counts: &PlanCounts) -> String {
    let PlanCounts {
        stages,
        hit,
        will_run,
        unknown,
        skipped,
        missing,
    } = counts;
    let at_most = counts.at_most();
    let totals = format!(
        "stages: {stages}, hit: {hit}, will run: {will_run}, unknown: {unknown}, skipped: {skipped}, no data: {missing}"
    );
    match (at_most, missing) {
        (0, 0) => format!("{totals}; nothing to run\n"),
        (_, 0) => format!("{totals}; at most {at_most} will run\n"),
        _ => format!(
            "{totals}; at most {} will run, once the data is there\n",
            at_most + missing
        ),
    }
}

fn messages(
    graph: &Graph,
    plan: &Plan,
    estimate: Option<&Estimate>,
    options: &ExecuteOptions,
    terminal: Terminal,
) -> Result<(), CommandError> {
    for (id, stage) in plan.stages() {
        let message = message(graph, id, stage);
        match estimate.and_then(|estimate| estimate.stage(id)) {
            Some(stage) => message.with_all(estimate::stage_fields(stage)).print(terminal)?,
            None => message.print(terminal)?,
        }
    }
    let counts = plan.counts();
    Message::new("finished")
        .with("stages", counts.stages)
        .with("hit", counts.hit)
        .with("will_run", counts.will_run)
        .with("unknown", counts.unknown)
        .with("skipped", counts.skipped)
        .with("missing", counts.missing)
        .with("at_most", counts.at_most())
        .with(
            "estimate",
            estimate.map(|estimate| estimate::fields(estimate, options)),
        )
        .print(terminal)
}

fn message(graph: &Graph, id: StageId, stage: &StagePlan) -> Message {
    let about = |event| {
        Message::new(event)
            .with("stage", graph.name(id))
            .with("kind", graph.kind(id))
    };
    match stage {
        StagePlan::Hit(entry) => about("hit")
            .with("key", entry.key.to_string())
            .with("outcome", entry.status.to_string()),
        StagePlan::WillRun { key, reason } => {
            let outputs = match reason {
                Reason::NoEntry => Vec::new(),
                Reason::BlobsMissing { outputs } => outputs.clone(),
            };
            about("will-run")
                .with("key", key.to_string())
                .with("remade_outputs", outputs)
        }
        StagePlan::Unknown { until } => about("unknown").with("until", graph.name(*until)),
        StagePlan::Skipped { diverged } => about("skipped").with("diverged", graph.name(*diverged)),
        StagePlan::MissingData { source, path } => about("missing-data")
            .with("source", source.clone())
            .with("path", path.display().to_string()),
        StagePlan::BelowMissingData { stage } => {
            about("below-missing-data").with("missing", graph.name(*stage))
        }
    }
}
