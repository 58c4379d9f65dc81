//! Why a stage is no hit: its key document against the most similar one this study has used before.
//!
//! Uses the plan itself for the status, so that the two cannot disagree.

use std::collections::HashSet;
use std::error::Error;

use gan_cache::{Difference, HistoryRecord, Key, KeyDocument, Store};

use crate::graph::{Graph, StageId};
use crate::plan::{PlanError, StagePlan, plan};

/// What is known about one stage, and what changed since a similar one ran.
#[derive(Debug)]
pub struct Explanation {
    /// The stage.
    pub stage: StageId,
    /// What a build would do with it.
    pub status: StagePlan,
    /// Its key document, where it can be known.
    pub document: Option<KeyDocument>,
    /// The most similar stage in the study's history; none for a hit, for a stage whose key is not known, and
    /// for the first of its kind.
    pub comparison: Option<Comparison>,
}

/// A stage that ran before, and how the explained one differs from it.
#[derive(Debug)]
pub struct Comparison {
    /// The name the earlier stage had.
    pub name: String,
    /// The key it is stored under.
    pub key: Key,
    /// The fields that differ, from the earlier document to the present one.
    pub differences: Vec<Difference>,
}

/// Says what a build would do with a stage, and what makes its key differ from the keys used before.
///
/// The comparison is with the document of the same kind that has the fewest differing fields in the history
/// of this study. Among equals a stage of the same name comes first, then the newest.
///
/// # Errors
/// As [`plan`]; a history that cannot be read.
pub fn explain(graph: &Graph, store: &Store, id: StageId) -> Result<Explanation, PlanError> {
    graph.check_id(id).map_err(PlanError::Requirement)?;
    let plan = plan(graph, store)?;
    let status = plan.stage(id).clone();
    let document = plan.document(id).cloned();
    let comparison = match (&status, &document) {
        (StagePlan::WillRun { .. }, Some(document)) => closest(graph, store, id, document)?,
        _ => None,
    };
    Ok(Explanation {
        stage: id,
        status,
        document,
        comparison,
    })
}

fn closest(
    graph: &Graph,
    store: &Store,
    id: StageId,
    document: &KeyDocument,
) -> Result<Option<Comparison>, PlanError> {
    let name = graph.name(id);
    let failed = |error: Box<dyn Error + Send + Sync>| PlanError::Store {
        stage: name.to_owned(),
        error,
    };
    let mut records = store
        .history(graph.study())
        .records()
        .map_err(|error| failed(error.into()))?;
    records.retain(|record| record.kind == document.kind);
    let mut best: Option<(usize, bool, Comparison)> = None;
    for record in newest_of_each(records, name) {
        let Some(entry) = store.entry(&record.key).map_err(|error| failed(error.into()))? else {
            continue;
        };
        let differences = document.differences(&entry.document);
        let rank = (differences.len(), record.name != name);
        if best
            .as_ref()
            .is_none_or(|(count, renamed, _)| rank < (*count, *renamed))
        {
            let comparison = Comparison {
                name: record.name,
                key: record.key,
                differences,
            };
            best = Some((rank.0, rank.1, comparison));
        }
    }
    Ok(best.map(|(_, _, comparison)| comparison))
}

/// One record for each key, newest first; of several records of a key one with this name is preferred.
fn newest_of_each(records: Vec<HistoryRecord>, name: &str) -> Vec<HistoryRecord> {
    let same_name: HashSet<Key> = records
        .iter()
        .filter(|record| record.name == name)
        .map(|record| record.key)
        .collect();
    let mut seen = HashSet::new();
    let mut newest: Vec<_> = records.into_iter().rev().collect();
    newest.retain(|record| {
        let is_preferred = record.name == name || !same_name.contains(&record.key);
        is_preferred && seen.insert(record.key)
    });
    newest
}
