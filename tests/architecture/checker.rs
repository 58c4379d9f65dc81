//! Compares what files and manifests name with the rules.

use std::fmt;
use std::path::Path;

use super::manifest::dependencies;
use super::rules::{APART, Apart, EMPTY_NAMES, MANIFEST_RULES, MAX_LINES, RULES};
use super::source::{Named, SourceFile};

/// A place that breaks a rule.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    file: String,
    line: usize,
    found: String,
    rule: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}", self.file, self.line, self.found, self.rule)
    }
}

/// Returns where a file names what its room must not.
pub(crate) fn imports(file: &SourceFile) -> Vec<Violation> {
    let mut violations = Vec::new();
    for rule in RULES {
        if lies_in(&file.path, rule.within) && !lies_in(&file.path, rule.except) {
            let breaks =
                |named: &&Named| (rule.tests || !named.in_test) && covers(rule.forbidden, file, named);
            violations.extend(
                file.named
                    .iter()
                    .filter(breaks)
                    .map(|named| violation(file, named, rule.text)),
            );
        }
    }
    violations.extend(APART.iter().filter_map(|rule| apart(file, rule)));
    violations
}

fn apart(file: &SourceFile, rule: &Apart) -> Option<Violation> {
    if !lies_in(&file.path, rule.within) || lies_in(&file.path, rule.except) {
        return None;
    }
    file.named.iter().find(|named| covers(rule.one, file, named))?;
    let other = file.named.iter().find(|named| covers(rule.other, file, named))?;
    Some(violation(file, other, rule.text))
}

fn violation(file: &SourceFile, named: &Named, rule: &str) -> Violation {
    let found = format!("names {}", named.path);
    Violation {
        file: file.path.clone(),
        line: named.line,
        found,
        rule: rule.to_owned(),
    }
}

/// Returns what is wrong with a file's name, opening and length.
pub(crate) fn form(file: &SourceFile) -> Vec<Violation> {
    let broken = |line: usize, found: String, rule: &str| Violation {
        file: file.path.clone(),
        line,
        found,
        rule: rule.to_owned(),
    };
    let mut violations = Vec::new();
    for part in Path::new(&file.path)
        .components()
        .filter_map(|part| part.as_os_str().to_str())
    {
        let name = part.trim_end_matches(".rs");
        if EMPTY_NAMES.contains(&name) {
            violations.push(broken(
                1,
                format!("is named \"{name}\""),
                "a name says what is inside",
            ));
        }
    }
    let first = file.lines.first().map_or("", String::as_str);
    if !first.starts_with("//! ") {
        violations.push(broken(
            1,
            format!("opens with \"{first}\""),
            "a file opens with `//!` and what it is for",
        ));
    }
    let lines = file.lines.len();
    if lines > MAX_LINES {
        violations.push(broken(
            lines,
            format!("has {lines} lines"),
            &format!("a file has at most {MAX_LINES} lines"),
        ));
    }
    violations
}

/// Returns where the manifest at `path` depends on what its crate must not.
pub(crate) fn manifest(path: &str, text: &str) -> Vec<Violation> {
    let mut violations = Vec::new();
    for rule in MANIFEST_RULES.iter().filter(|rule| lies_in(path, rule.within)) {
        for dependency in dependencies(text) {
            if let Some(name) = dependency
                .names
                .iter()
                .find(|name| rule.forbidden.contains(&name.as_str()))
            {
                let (file, found) = (path.to_owned(), format!("depends on {name}"));
                violations.push(Violation {
                    file,
                    line: dependency.line,
                    found,
                    rule: rule.text.to_owned(),
                });
            }
        }
    }
    violations
}

/// Returns whether `path` is one of `places` or below it.
fn lies_in(path: &str, places: &[&str]) -> bool {
    places.iter().any(|place| Path::new(path).starts_with(place))
}

/// Returns whether one of the prefixes covers the path. Inside `src/`, `gan_pipe` is the crate itself.
fn covers(prefixes: &[&str], file: &SourceFile, named: &Named) -> bool {
    let path = match named.path.strip_prefix("gan_pipe::") {
        Some(rest) if lies_in(&file.path, &["src"]) => format!("crate::{rest}"),
        _ => named.path.clone(),
    };
    let last = path.rsplit("::").next().unwrap_or("");
    prefixes.iter().any(|prefix| match path.strip_prefix(prefix) {
        Some(rest) => rest.is_empty() || rest.starts_with("::"),
        None => prefix.ends_with('!') && last == *prefix,
    })
}
