//! The combinations of a matrix: the product of its lists, without `exclude`, then each item of `include`.
//!
//! A value is a word, a number or a mapping. Where it is a mapping for a section such as `architecture`, it sets
//! the keys that it names and the base keeps the others. An item of `exclude` removes every combination that has
//! all it names; an item of `include` adds one setting, the base with what it names. What contradicts itself is
//! an error: a list that is empty or repeats a value, a path below another, an item that excludes nothing.

use crate::study::document::{Content, Entry, Node};
use crate::study::problem::{Place, Problem, nearest};
use crate::study::shape::{BASE, Shape};

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

/// What a matrix expands to.
#[derive(Clone, Debug, Default)]
pub(in crate::study) struct Expansion {
    pub(in crate::study) combinations: Vec<Combination>,
    /// The paths into the base that tell settings apart, in the order of the file.
    pub(in crate::study) varied: Vec<String>,
    /// The paths that the matrix sets in every combination of its product.
    pub(in crate::study) axes: Vec<String>,
}

/// One value for one path.
#[derive(Clone, Debug)]
struct Assignment {
    path: String,
    value: Node,
}

/// One list of the matrix; a value may assign several paths.
#[derive(Debug)]
struct Axis {
    path: String,
    values: Vec<Vec<Assignment>>,
}

/// Expands the matrix over the base; what is wrong is added to the problems and left out.
pub(in crate::study) fn expand(base: &Node, matrix: Option<&Node>, problems: &mut Vec<Problem>) -> Expansion {
    let whole = || Expansion {
        combinations: vec![at(base.clone(), base)],
        ..Expansion::default()
    };
    let Some(matrix) = matrix else { return whole() };
    let entries = match &matrix.content {
        Content::Mapping(entries) => entries,
        Content::Null => return whole(),
        _ => {
            let problem = matrix.problem(format!("expected a mapping, found {}", matrix.found()));
            problems.push(problem.hint("its keys are dotted paths into base, include and exclude"));
            return Expansion::default();
        }
    };
    let before = problems.len();
    let axes = axes(matrix, entries, problems);
    let excluded = items(matrix.get("exclude"), problems);
    let included = items(matrix.get("include"), problems);
    if axes.is_empty() && included.is_empty() && problems.len() == before {
        return whole();
    }
    let product = product(matrix, &axes, problems);
    let kept = exclude(product, &axes, &excluded, problems);
    let mut combinations: Vec<Combination> = kept
        .iter()
        .filter_map(|set| complete(base, set, matrix, problems))
        .collect();
    combinations.extend(
        included
            .iter()
            .filter_map(|(item, set)| complete(base, set, item, problems)),
    );
    if combinations.is_empty() && problems.len() == before {
        problems.push(matrix.problem("nothing is left to run: exclude removes every combination"));
    }
    let varied = varied(&axes, included.iter().map(|(_, set)| set));
    let axes = axes
        .iter()
        .flat_map(|axis| axis.values.iter().flatten())
        .map(|set| set.path.clone())
        .collect();
    Expansion {
        combinations,
        varied,
        axes,
    }
}

fn at(base: Node, origin: &Node) -> Combination {
    Combination {
        base,
        place: origin.place.clone(),
        path: origin.path.clone(),
    }
}

fn axes(matrix: &Node, entries: &[Entry], problems: &mut Vec<Problem>) -> Vec<Axis> {
    let mut axes: Vec<Axis> = Vec::new();
    for entry in entries
        .iter()
        .filter(|entry| !matches!(entry.key.as_str(), "include" | "exclude"))
    {
        if let Some(other) = axes.iter().find(|axis| overlap(&axis.path, &entry.key)) {
            let message = format!(
                "the matrix also varies {}, and one is a part of the other",
                other.path
            );
            problems.push(Problem::new(&entry.key_place, entry.value.path.clone(), message));
        }
        match axis(matrix, entry) {
            Ok(axis) => axes.push(axis),
            Err(problem) => problems.push(problem),
        }
        problems.extend(repeated(&entry.value));
    }
    axes
}

fn axis(matrix: &Node, entry: &Entry) -> Result<Axis, Problem> {
    let shape = BASE.at(&entry.key).ok_or_else(|| unknown_path(matrix, entry))?;
    let values = match &entry.value.content {
        Content::List(values) if !values.is_empty() => values,
        Content::List(_) => {
            let problem = entry
                .value
                .problem("the list is empty, so there is nothing to run");
            return Err(problem.hint("give it values, or remove the key to keep the base's value"));
        }
        _ => {
            let problem = entry
                .value
                .problem(format!("expected a list, found {}", entry.value.found()));
            return Err(problem.hint(format!(
                "to keep one value for all runs, set it in base: {}",
                entry.key
            )));
        }
    };
    let values = values
        .iter()
        .map(|value| assignments(&entry.key, shape, value))
        .collect();
    Ok(Axis {
        path: entry.key.clone(),
        values,
    })
}

fn repeated(list: &Node) -> Vec<Problem> {
    let Content::List(values) = &list.content else {
        return Vec::new();
    };
    let twice = |(index, value): (usize, &Node)| {
        let first = values[..index].iter().find(|earlier| earlier.equals(value))?;
        Some(
            value
                .problem(format!("the same value as {}", first.path))
                .hint("remove one of the two"),
        )
    };
    values.iter().enumerate().filter_map(twice).collect()
}

/// Splits a mapping for a section into its keys, down to values that are replaced whole.
fn assignments(path: &str, shape: Shape, value: &Node) -> Vec<Assignment> {
    match (shape, &value.content) {
        (Shape::Fields(_), Content::Mapping(entries)) if !entries.is_empty() => entries
            .iter()
            .flat_map(|entry| {
                let path = format!("{path}.{}", entry.key);
                // An unknown key is replaced whole and found by the check of the complete base.
                let inner = shape.at(&entry.key).unwrap_or(Shape::Matrix);
                assignments(&path, inner, &entry.value)
            })
            .collect(),
        _ => vec![Assignment {
            path: path.to_owned(),
            value: value.clone(),
        }],
    }
}

/// Reads `include` or `exclude`: a list of mappings from dotted paths to values.
fn items<'n>(list: Option<&'n Node>, problems: &mut Vec<Problem>) -> Vec<(&'n Node, Vec<Assignment>)> {
    let Some(list) = list else { return Vec::new() };
    match &list.content {
        Content::Null => Vec::new(),
        Content::List(nodes) => nodes
            .iter()
            .filter_map(|node| Some((node, item(node, problems)?)))
            .collect(),
        _ => {
            let problem = list.problem(format!("expected a list, found {}", list.found()));
            problems.push(problem.hint("each item is a mapping, as in - { discriminator.penalty: none }"));
            Vec::new()
        }
    }
}

fn item(node: &Node, problems: &mut Vec<Problem>) -> Option<Vec<Assignment>> {
    let Content::Mapping(entries) = &node.content else {
        problems.push(node.problem(format!("expected a mapping, found {}", node.found())));
        return None;
    };
    if entries.is_empty() {
        problems.push(node.problem("the item names nothing"));
        return None;
    }
    let before = problems.len();
    let mut set = Vec::new();
    for entry in entries {
        match BASE.at(&entry.key) {
            Some(shape) => set.extend(assignments(&entry.key, shape, &entry.value)),
            None => problems.push(unknown_path(node, entry)),
        }
    }
    (problems.len() == before).then_some(set)
}

fn product(matrix: &Node, axes: &[Axis], problems: &mut Vec<Problem>) -> Vec<Vec<Assignment>> {
    if axes.is_empty() {
        return Vec::new();
    }
    let size = axes
        .iter()
        .try_fold(1_usize, |size, axis| size.checked_mul(axis.values.len()));
    if size.is_none_or(|size| size > MOST) {
        problems.push(matrix.problem(format!("more than {MOST} combinations")));
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
    patterns: &[(&Node, Vec<Assignment>)],
    problems: &mut Vec<Problem>,
) -> Vec<Vec<Assignment>> {
    for (item, pattern) in patterns {
        let fixed = pattern
            .iter()
            .find(|part| !axes.iter().any(|axis| overlap(&axis.path, &part.path)));
        if let Some(part) = fixed {
            problems.push(item.problem(format!("the matrix does not vary {}", part.path)));
        } else if !sets.is_empty() && !sets.iter().any(|set| fits(pattern, set)) {
            problems.push(item.problem("no combination has this, so it excludes nothing"));
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

fn is_below(path: &str, parent: &str) -> bool {
    path == parent
        || path
            .strip_prefix(parent)
            .is_some_and(|rest| rest.starts_with('.'))
}

fn overlap(a: &str, b: &str) -> bool {
    is_below(a, b) || is_below(b, a)
}

fn unknown_path(parent: &Node, entry: &Entry) -> Problem {
    let path = format!("{}.{}", parent.path, entry.key);
    let problem = Problem::new(&entry.key_place, path, "unknown path");
    match similar_path(&entry.key) {
        Some(similar) => problem.hint(format!("did you mean \"{similar}\"?")),
        None => problem.hint("paths start below base, as in discriminator.penalty"),
    }
}

/// Returns the path that is most like one that does not exist: the same, the same end, or nearly so.
fn similar_path(wrong: &str) -> Option<String> {
    let wrong = wrong.strip_prefix("base.").unwrap_or(wrong);
    let paths: Vec<String> = BASE.paths().into_iter().map(|(path, _)| path).collect();
    let mut names: Vec<&str> = paths.iter().map(String::as_str).collect();
    names.extend(["include", "exclude"]);
    let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    let ends: Vec<String> = names.iter().map(|path| last(path)).collect();
    let ends: Vec<&str> = ends.iter().map(String::as_str).collect();
    let by_end = |word: &str| {
        let end = nearest(word, &ends)?;
        names.iter().find(|path| last(path) == end).copied()
    };
    nearest(wrong, &names)
        .or_else(|| by_end(&last(wrong)))
        .map(str::to_owned)
}
