//! The guide's shell blocks and studies.

use std::process::Command;

use super::page::{Block, Page};
use super::{instructions, quickstart};
use crate::environment::TestEnv;

#[test]
fn shell_blocks_of_the_guide_run_as_they_are_written() {
    let mut count = 0;
    for page in instructions() {
        let blocks = page.blocks();
        let blocks: Vec<&Block> = blocks.iter().filter(|block| is_run(&page, block)).collect();
        if blocks.is_empty() {
            continue;
        }
        // A page is read from top to bottom, so its blocks share a folder.
        let env = quickstart();
        for block in blocks {
            run(&env, block);
            count += 1;
        }
    }
    assert!(count > 10, "only {count} blocks were run");
}

#[test]
fn commands_that_are_only_shown_exist_and_have_the_options_that_they_are_given() {
    let env = TestEnv::new(1301);
    let mut count = 0;
    for page in instructions() {
        for block in page
            .blocks()
            .iter()
            .filter(|block| block.is("sh") && !is_run(&page, block))
        {
            for line in block.text.lines() {
                if let Some(arguments) = arguments(line) {
                    check(&env, block, line, &arguments);
                    count += 1;
                }
            }
        }
    }
    assert!(count > 5, "only {count} commands were checked");
}

#[test]
fn studies_in_the_guide_are_valid() {
    let env = TestEnv::new(1302);
    let mut count = 0;
    for page in instructions() {
        for block in page.blocks().iter().filter(|block| block.is("yaml")) {
            env.write("guide.yaml", &completed(&block.text));
            let ran = env.run(&["plan", "guide.yaml"]);
            assert_eq!(ran.code, 0, "{}:\n{}", block.place, ran.stderr);
            count += 1;
        }
    }
    assert!(count > 3, "only {count} studies were read");
}

/// A study made of a part of one.
fn completed(text: &str) -> String {
    let has = |key: &str| text.lines().any(|line| line.starts_with(key));
    let mut study = text.to_owned();
    for (key, line) in [
        ("data:", "data: { dataset: polygons }\n"),
        ("base:", "base: { steps: 100, checkpoint_every: 50 }\n"),
    ] {
        if !has(key) {
            study.push_str(line);
        }
    }
    study
}

/// Tells whether a block is run: the README's stand in a copy of the repository, which a test has not.
fn is_run(page: &Page, block: &Block) -> bool {
    block.is("sh") && !block.is("no_run") && !page.path.ends_with("README.md")
}

fn run(env: &TestEnv, block: &Block) {
    let program = env.command(&[]);
    let folder = std::path::Path::new(program.get_program())
        .parent()
        .expect("a program lies in a folder");
    let search = std::env::var("PATH").expect("there is a PATH");
    let mut shell = Command::new("bash");
    shell
        .args(["-euo", "pipefail", "-c", &block.text])
        .current_dir(env.path(""))
        .env("PATH", format!("{}:{search}", folder.display()));
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let output = shell.output().expect("bash starts");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{}:\n{}\n{text}",
        block.place,
        block.text
    );
}

/// The arguments of a line that calls the program, without quotes and without what follows `#` or `>`.
fn arguments(line: &str) -> Option<Vec<String>> {
    let rest = ["gan-pipe ", "cargo run -- "]
        .iter()
        .find_map(|program| line.strip_prefix(program))?;
    let words = rest
        .split_whitespace()
        .take_while(|word| !matches!(*word, "#" | ">" | "|"));
    Some(words.map(|word| word.trim_matches('\'').to_owned()).collect())
}

/// Fails unless the help of the command, one or two words, names every option of a line.
fn check(env: &TestEnv, block: &Block, line: &str, arguments: &[String]) {
    let command: Vec<&str> = arguments
        .iter()
        .map(String::as_str)
        .take_while(|word| word.chars().all(|character| character.is_ascii_lowercase()))
        .take(2)
        .chain(["--help"])
        .collect();
    let help = env.run(&command);
    assert_eq!(help.code, 0, "{}: {line}\n{}", block.place, help.stderr);
    for option in arguments.iter().filter(|word| word.starts_with("--")) {
        let name = option.split('=').next().unwrap_or_default();
        assert!(
            help.stdout.contains(name),
            "{}: {line}: there is no {name}",
            block.place
        );
    }
}
