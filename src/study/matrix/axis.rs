//! Reads a matrix: its lists, those of `together`, and the items of `include` and `exclude`.
//!
//! Finds what is wrong with each of them alone; what they make together is none of its business.

use crate::study::document::{Content, Entry, Node};
use crate::study::problem::{Problem, nearest};
use crate::study::shape::{BASE, Shape};

/// The keys of a matrix that are no paths.
pub(super) const TOGETHER: &str = "together";
pub(super) const INCLUDE: &str = "include";
pub(super) const EXCLUDE: &str = "exclude";

const EXAMPLE_OF_TOGETHER: &str =
    "lists by a name of your own, as in method: [{ discriminator.penalty: none, discriminator.steps: 1 }]";

/// One value for one path.
#[derive(Clone, Debug)]
pub(super) struct Assignment {
    pub(super) path: String,
    pub(super) value: Node,
}

/// One list of the matrix; a value may assign several paths.
#[derive(Debug)]
pub(super) struct Axis {
    /// Where the list stands: `matrix.loss`, `matrix.together.method`.
    pub(super) list: String,
    /// The paths that it varies.
    paths: Vec<String>,
    pub(super) values: Vec<Vec<Assignment>>,
}

impl Axis {
    /// Returns the paths that its values assign, with repetitions.
    pub(super) fn assigned(&self) -> impl Iterator<Item = &str> {
        self.values
            .iter()
            .flatten()
            .map(|assignment| assignment.path.as_str())
    }

    /// Returns the path that it varies and that is a part of another one, or the other way round.
    pub(super) fn overlapping(&self, path: &str) -> Option<&str> {
        self.paths
            .iter()
            .find(|own| overlap(own, path))
            .map(String::as_str)
    }
}

/// Reads the lists of a matrix.
pub(super) fn axes(matrix: &Node, entries: &[Entry], problems: &mut Vec<Problem>) -> Vec<Axis> {
    let mut axes: Vec<Axis> = Vec::new();
    for entry in entries {
        match entry.key.as_str() {
            INCLUDE | EXCLUDE => {}
            TOGETHER => groups(&entry.value, &mut axes, problems),
            _ => {
                if let Some(problem) = varied_twice(&axes, entry) {
                    problems.push(problem);
                    continue;
                }
                match axis(matrix, entry) {
                    Ok(axis) => axes.push(axis),
                    Err(problem) => problems.push(problem),
                }
                problems.extend(repeated(&entry.value));
            }
        }
    }
    axes
}

fn varied_twice(axes: &[Axis], entry: &Entry) -> Option<Problem> {
    let other = axes.iter().find_map(|axis| axis.overlapping(&entry.key))?;
    let message = format!("the matrix also varies {other}, and one is a part of the other");
    let problem = Problem::new(&entry.key_place, entry.value.path.clone(), message);
    Some(problem.hint("vary the longer path only, or name the part in the values of the shorter one"))
}

fn axis(matrix: &Node, entry: &Entry) -> Result<Axis, Problem> {
    let shape = BASE.at(&entry.key).ok_or_else(|| unknown_path(matrix, entry))?;
    let hint = || format!("to keep one value for all runs, set it in base: {}", entry.key);
    let values = list(&entry.value, hint)?
        .iter()
        .map(|value| assignments(&entry.key, shape, value))
        .collect();
    Ok(Axis {
        list: entry.value.path.clone(),
        paths: vec![entry.key.clone()],
        values,
    })
}

/// Returns the values of a list that has some; the hint is for what is no list.
fn list(value: &Node, hint: impl Fn() -> String) -> Result<&[Node], Problem> {
    match &value.content {
        Content::List(values) if !values.is_empty() => Ok(values),
        Content::List(_) => {
            let problem = value.problem("the list is empty, so there is nothing to run");
            Err(problem.hint("give it values, or remove the key to keep the base's value"))
        }
        _ => Err(value
            .problem(format!("expected a list, found {}", value.found()))
            .hint(hint())),
    }
}

/// Reads `together`: lists by a name of the user's, whose items are settings of several paths.
fn groups(together: &Node, axes: &mut Vec<Axis>, problems: &mut Vec<Problem>) {
    match &together.content {
        Content::Null => {}
        Content::Mapping(entries) => {
            for entry in entries {
                match group(&entry.value, axes, problems) {
                    Ok(group) => axes.extend(group),
                    Err(problem) => problems.push(problem),
                }
                problems.extend(repeated(&entry.value));
            }
        }
        _ => {
            let problem = together.problem(format!("expected a mapping, found {}", together.found()));
            problems.push(problem.hint(EXAMPLE_OF_TOGETHER));
        }
    }
}

/// Reads one list of `together`; none where its items have problems of their own, which are added.
fn group(value: &Node, axes: &[Axis], problems: &mut Vec<Problem>) -> Result<Option<Axis>, Problem> {
    let items = list(value, || EXAMPLE_OF_TOGETHER.to_owned())?;
    let values: Vec<Vec<Assignment>> = items.iter().filter_map(|node| item(node, problems)).collect();
    if values.len() < items.len() {
        return Ok(None);
    }
    let paths: Vec<String> = values[0].iter().map(|first| first.path.clone()).collect();
    for (node, value) in items.iter().zip(&values) {
        let names = |path: &String| value.iter().any(|assignment| assignment.path == *path);
        let other = value.iter().find(|assignment| !paths.contains(&assignment.path));
        let message = match (paths.iter().find(|path| !names(path)), other) {
            (Some(missing), _) => format!("lacks {missing}, which {} names", items[0].path),
            (None, Some(other)) => format!("names {}, which {} does not", other.path, items[0].path),
            (None, None) => continue,
        };
        return Err(node
            .problem(message)
            .hint("every item of the list names the same paths"));
    }
    let twice = |path: &String| axes.iter().find_map(|axis| axis.overlapping(path));
    if let Some((path, other)) = paths.iter().find_map(|path| Some((path, twice(path)?))) {
        let problem = value.problem(format!("names {path}, and the matrix also varies {other}"));
        return Err(problem.hint("vary it in one place"));
    }
    Ok(Some(Axis {
        list: value.path.clone(),
        paths,
        values,
    }))
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

/// Splits an assignment down to its single values, so that a pattern can be held against part of a value.
pub(super) fn leaves(Assignment { path, value }: &Assignment) -> Vec<Assignment> {
    match &value.content {
        Content::Mapping(entries) if !entries.is_empty() => entries
            .iter()
            .flat_map(|entry| {
                leaves(&Assignment {
                    path: format!("{path}.{}", entry.key),
                    value: entry.value.clone(),
                })
            })
            .collect(),
        _ => vec![Assignment {
            path: path.clone(),
            value: value.clone(),
        }],
    }
}

/// Reads `include` or `exclude`: a list of mappings from dotted paths to values.
pub(super) fn items<'n>(
    list: Option<&'n Node>,
    problems: &mut Vec<Problem>,
) -> Vec<(&'n Node, Vec<Assignment>)> {
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
        let problem = node.problem(format!("expected a mapping, found {}", node.found()));
        problems.push(problem.hint("an item is a mapping, as in - { discriminator.penalty: none }"));
        return None;
    };
    if entries.is_empty() {
        let problem = node.problem("the item names nothing");
        problems
            .push(problem.hint("name a path, as in - { discriminator.penalty: none }, or remove the item"));
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
    let twice = |index: usize| {
        let path = &set[index].path;
        set[..index]
            .iter()
            .find(|earlier| overlap(&earlier.path, path))
            .map(|_| path)
    };
    if let Some(path) = (0..set.len()).find_map(twice) {
        let problem = node.problem(format!("the item sets {path} twice"));
        problems.push(problem.hint("set it once"));
    }
    (problems.len() == before).then_some(set)
}

/// Tells whether a path is another one or leads below it.
pub(super) fn is_below(path: &str, parent: &str) -> bool {
    path == parent
        || path
            .strip_prefix(parent)
            .is_some_and(|rest| rest.starts_with('.'))
}

/// Tells whether one of two paths is a part of the other.
pub(super) fn overlap(a: &str, b: &str) -> bool {
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

/// Returns the path that is most like one that does not exist: the same beginning and end, nearly the same, or the same
/// end.
fn similar_path(wrong: &str) -> Option<String> {
    let wrong = wrong.strip_prefix("base.").unwrap_or(wrong);
    let paths: Vec<String> = BASE.paths().into_iter().map(|(path, _)| path).collect();
    let mut names: Vec<&str> = paths.iter().map(String::as_str).collect();
    names.extend([TOGETHER, INCLUDE, EXCLUDE]);
    let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    let ends: Vec<String> = names.iter().map(|path| last(path)).collect();
    let ends: Vec<&str> = ends.iter().map(String::as_str).collect();
    let end = nearest(&last(wrong), &ends);
    let with_end = |parent: &str| {
        let is_meant = |path: &&&str| Some(last(path).as_str()) == end && path.starts_with(parent);
        names.iter().find(is_meant).copied()
    };
    // Of words with the same settings, such as optimizers, the first is the usual one.
    let parent = wrong.rsplit_once('.').map(|(parent, _)| format!("{parent}."));
    parent
        .and_then(|parent| with_end(&parent))
        .or_else(|| nearest(wrong, &names))
        .or_else(|| with_end(""))
        .map(str::to_owned)
}
