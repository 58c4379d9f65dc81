//! Holds the rules of this repository: who may import whom, and how a source file looks.
//!
//! `rules` is the table of the rules, `source` reads Rust files into paths, `checker` compares the two, `pages` finds the
//! tests that pages name. Knows no behaviour of the program; a failure names the file, the line and the rule.

mod checker;
mod manifest;
mod pages;
mod rules;
mod source;
mod tests;

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use checker::Violation;
use source::SourceFile;

/// Folders whose Rust files and manifests are read; all of them exist.
const ROOMS: [&str; 5] = ["cache", "kernels", "pipeline", "src", "tests"];

#[test]
fn every_room_stands_where_it_should() {
    for room in ROOMS {
        assert!(
            root().join(room).is_dir(),
            "there is no folder {room}/ beside Cargo.toml"
        );
    }
    assert!(
        source_files().len() > ROOMS.len(),
        "hardly any source file was found: is the reader broken?"
    );
}

#[test]
fn source_files_import_only_what_their_room_may() {
    report(source_files().iter().flat_map(checker::imports).collect());
}

#[test]
fn source_files_have_their_form() {
    report(source_files().iter().flat_map(checker::form).collect());
}

#[test]
fn manifests_name_only_what_their_crate_may() {
    let check = |folder: &str| {
        let path = Path::new(folder).join("Cargo.toml");
        let text = fs::read_to_string(root().join(&path))
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        checker::manifest(&path.display().to_string(), &text)
    };
    report(
        ["", "cache", "kernels", "pipeline"]
            .into_iter()
            .flat_map(check)
            .collect(),
    );
}

#[test]
fn what_the_architecture_page_names_exists() {
    let page = read("ARCHITECTURE.md");
    let is_absent = |reference: &&pages::Reference| {
        let source = fs::read_to_string(root().join(&reference.file)).unwrap_or_default();
        !source.contains(&format!("fn {}(", reference.name))
    };
    let references = pages::references(&page);
    assert!(
        references.len() > 50,
        "hardly any reference was found: is the reader broken?"
    );
    let absent: Vec<_> = references.iter().filter(is_absent).collect();
    assert!(
        absent.is_empty(),
        "ARCHITECTURE.md names what does not exist: {absent:#?}"
    );
}

#[test]
fn every_row_of_the_errors_page_names_the_test_that_makes_it_happen() {
    let page = read("docs/errors.md");
    let cases = pages::cases(&page);
    assert!(
        cases.len() > 50,
        "hardly any row was found: is the reader broken?"
    );
    let references = pages::references(&page);
    let mut seen = HashSet::new();
    for (line, case) in cases {
        assert!(
            seen.insert(case.clone()),
            "docs/errors.md:{line}: a second row {case}"
        );
        assert!(
            page.contains(&format!("\n### {case}\n")),
            "docs/errors.md:{line}: no words of {case}"
        );
        let reference = references.iter().find(|reference| reference.line == line);
        let Some(pages::Reference { file, name, .. }) = reference else {
            panic!("docs/errors.md:{line}: {case} names no test")
        };
        let source = read(file);
        let Some(text) = pages::test(&source, name) else {
            panic!("docs/errors.md:{line}: there is no test {name} in {file}")
        };
        assert!(
            text.contains(&format!("\"{case}\"")),
            "docs/errors.md:{line}: {name} does not check {case}"
        );
    }
    let headings = page.lines().filter(|line| line.starts_with("### ")).count();
    assert_eq!(headings, seen.len(), "docs/errors.md has words without a row");
}

#[test]
fn no_two_files_of_tests_share_a_seed() {
    let mut paths = Vec::new();
    collect_rust_files(&root().join("tests/cli"), &mut paths);
    paths.sort();
    let mut owners: HashMap<String, &Path> = HashMap::new();
    for path in &paths {
        let source = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for seed in literal_seeds(&source) {
            let owner = *owners.entry(seed.to_owned()).or_insert(path);
            assert_eq!(
                owner, path,
                "both have a test of seed {seed}, and tests share a cache"
            );
        }
    }
    assert!(
        owners.len() > 50,
        "hardly any seed was found: is the reader broken?"
    );
}

/// The seeds that stand in a file of tests as numbers.
fn literal_seeds(source: &str) -> impl Iterator<Item = &str> {
    let arguments = source.split("TestEnv::new(").skip(1);
    let arguments = arguments.filter_map(|rest| Some(rest.split_once(')')?.0));
    arguments.filter(|argument| argument.bytes().all(|byte| byte.is_ascii_digit()))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn report(violations: Vec<Violation>) {
    let lines: Vec<String> = violations.iter().map(ToString::to_string).collect();
    assert!(
        lines.is_empty(),
        "{} of the rules in tests/architecture/rules.rs:\n{}",
        lines.len(),
        lines.join("\n")
    );
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn source_files() -> Vec<SourceFile> {
    let mut paths = Vec::new();
    for room in ROOMS {
        collect_rust_files(&root().join(room), &mut paths);
    }
    paths.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let relative = path.strip_prefix(root()).unwrap_or(&path);
        SourceFile::new(&relative.display().to_string().replace('\\', "/"), &text)
    };
    paths.into_iter().map(read).collect()
}

fn collect_rust_files(folder: &Path, paths: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
            .path();
        if path.is_dir() && !path.ends_with("target") {
            collect_rust_files(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}
