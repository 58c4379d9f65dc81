//! The combinations of a matrix: the product of its lists, without `exclude`, then each item of `include`.
//!
//! A list of `together` varies several paths at once: each of its items sets all of them.
//!
//! A value is a word, a number or a mapping. Where it is a mapping for a section such as `architecture`, it sets
//! the keys that it names and the base keeps the others. An item of `exclude` removes every combination that has
//! all it names; an item of `include` adds one setting, the base with what it names. What contradicts itself is
//! an error: a list that is empty or repeats a value, a path below another, an item that excludes nothing.

use super::axis::{Assignment, Axis, EXCLUDE, INCLUDE, axes, is_below, items, leaves};
use crate::study::document::{Content, Entry, Node};
use crate::study::problem::{Place, Problem};

/// The most combinations a matrix may have; a mistake gets here long before a wish does.
const MOST: usize = 10_000;

/// One complete base.
#[derive(Clone, Debug)]
pub(in crate::study) struct Combination {
    pub(in crate::study) base: Node,
    /// Where the study asks for it.
    pub(in crate::study) place: Place,
    pub(in crate::study) path: String,
}

/// A path that a list of the matrix sets.
#[derive(Clone, Debug)]
pub(in crate::study) struct VariedPath {
    pub(in crate::study) path: String,
    /// Where the list stands, as in `matrix.loss`.
    pub(in crate::study) list: String,
}

/// What a matrix expands to.
#[derive(Clone, Debug, Default)]
pub(in crate::study) struct Expansion {
    pub(in crate::study) combinations: Vec<Combination>,
    /// The paths into the base that tell settings apart, in the order of the file.
    pub(in crate::study) varied: Vec<String>,
    /// The paths that the matrix sets in every combination of its product, each with the place of its list.
    pub(in crate::study) axes: Vec<VariedPath>,
}

/// An item of `exclude` and the single values it asks for.
type Pattern<'n> = (&'n Node, Vec<Assignment>);

/// Expands the matrix over the base; what is wrong is added to the problems and left out.
pub(in crate::study) fn expand(base: &Node, matrix: Option<&Node>, problems: &mut Vec<Problem>) -> Expansion {
    let Some(matrix) = matrix else { return alone(base) };
    match &matrix.content {
        Content::Null => alone(base),
        Content::Mapping(entries) => combine(base, matrix, entries, problems),
        _ => {
            let problem = matrix.problem(format!("expected a mapping, found {}", matrix.found()));
            problems.push(problem.hint("its keys are dotted paths into base, together, include and exclude"));
            Expansion::default()
        }
    }
}

/// The base as the only setting.
fn alone(base: &Node) -> Expansion {
    Expansion {
        combinations: vec![at(base.clone(), base)],
        ..Expansion::default()
    }
}

fn combine(base: &Node, matrix: &Node, entries: &[Entry], problems: &mut Vec<Problem>) -> Expansion {
    let before = problems.len();
    let axes = axes(matrix, entries, problems);
    let patterns: Vec<Pattern<'_>> = items(matrix.get(EXCLUDE), problems)
        .into_iter()
        .map(|(item, set)| (item, set.iter().flat_map(leaves).collect()))
        .collect();
    let included = items(matrix.get(INCLUDE), problems);
    if axes.is_empty() && included.is_empty() && problems.len() == before {
        return alone(base);
    }
    let kept = exclude(product(matrix, &axes, problems), &axes, &patterns, problems);
    if kept.is_empty() && included.is_empty() && problems.len() == before {
        let problem = matrix.problem("nothing is left to run: exclude removes every combination");
        problems.push(problem.hint("remove an item of exclude, or add a setting by include"));
    }
    let kept = kept.iter().map(|set| (matrix, set));
    let all = kept.chain(included.iter().map(|(item, set)| (*item, set)));
    Expansion {
        combinations: all
            .filter_map(|(origin, set)| complete(base, set, origin, problems))
            .collect(),
        varied: varied(&axes, included.iter().map(|(_, set)| set)),
        axes: axes.iter().flat_map(varied_paths).collect(),
    }
}

fn varied_paths(axis: &Axis) -> impl Iterator<Item = VariedPath> {
    axis.assigned().map(|path| VariedPath {
        path: path.to_owned(),
        list: axis.list.clone(),
    })
}

fn at(base: Node, origin: &Node) -> Combination {
    Combination {
        base,
        place: origin.place.clone(),
        path: origin.path.clone(),
    }
}

fn product(matrix: &Node, axes: &[Axis], problems: &mut Vec<Problem>) -> Vec<Vec<Assignment>> {
    if axes.is_empty() {
        return Vec::new();
    }
    let size = axes
        .iter()
        .try_fold(1_usize, |size, axis| size.checked_mul(axis.values.len()));
    if size.is_none_or(|size| size > MOST) {
        let problem = matrix.problem(format!("more than {MOST} combinations"));
        problems.push(problem.hint("shorten the lists"));
        return Vec::new();
    }
    axes.iter().fold(vec![Vec::new()], |sets, axis| {
        let longer = |set: &Vec<Assignment>| -> Vec<Vec<Assignment>> {
            axis.values
                .iter()
                .map(|value| [set.as_slice(), value].concat())
                .collect()
        };
        sets.iter().flat_map(longer).collect()
    })
}

fn exclude(
    sets: Vec<Vec<Assignment>>,
    axes: &[Axis],
    patterns: &[Pattern<'_>],
    problems: &mut Vec<Problem>,
) -> Vec<Vec<Assignment>> {
    for (item, pattern) in patterns {
        let fixed = pattern
            .iter()
            .find(|part| !axes.iter().any(|axis| axis.overlapping(&part.path).is_some()));
        if let Some(part) = fixed {
            let problem = item.problem(format!("the matrix does not vary {}", part.path));
            problems.push(problem.hint("name paths that it varies, or remove the item"));
        } else if !sets.is_empty() && !sets.iter().any(|set| fits(pattern, set)) {
            let problem = item.problem("no combination has this, so it excludes nothing");
            problems.push(problem.hint("name values that stand in the lists, or remove the item"));
        }
    }
    let kept = |set: &Vec<Assignment>| !patterns.iter().any(|(_, pattern)| fits(pattern, set));
    sets.into_iter().filter(kept).collect()
}

fn fits(pattern: &[Assignment], set: &[Assignment]) -> bool {
    pattern
        .iter()
        .all(|part| set.iter().any(|assignment| covers(part, assignment)))
}

/// Tells whether an assignment has what a part of a pattern asks for, at its path or below it.
fn covers(part: &Assignment, assignment: &Assignment) -> bool {
    if part.path == assignment.path {
        return part.value.matches(&assignment.value);
    }
    let below = part
        .path
        .strip_prefix(&assignment.path)
        .and_then(|rest| rest.strip_prefix('.'));
    below
        .and_then(|rest| assignment.value.locate(rest))
        .is_some_and(|value| part.value.matches(value))
}

fn complete(
    base: &Node,
    set: &[Assignment],
    origin: &Node,
    problems: &mut Vec<Problem>,
) -> Option<Combination> {
    let mut combination = at(base.clone(), origin);
    for Assignment { path, value } in set {
        let keys: Vec<&str> = path.split('.').collect();
        if let Err(problem) = combination.base.set(&keys, value.clone(), |_| false) {
            problems.push(problem);
            return None;
        }
    }
    Some(combination)
}

/// Returns the paths that tell settings apart: each once, and none below another.
fn varied<'s>(axes: &'s [Axis], included: impl Iterator<Item = &'s Vec<Assignment>>) -> Vec<String> {
    let mut paths: Vec<&str> = Vec::new();
    for assignment in axes
        .iter()
        .flat_map(|axis| &axis.values)
        .chain(included)
        .flatten()
    {
        if !paths.contains(&assignment.path.as_str()) {
            paths.push(&assignment.path);
        }
    }
    let top = |path: &&str| !paths.iter().any(|other| other != path && is_below(path, other));
    paths
        .iter()
        .filter(|path| top(path))
        .map(|path| (*path).to_owned())
        .collect()
}
