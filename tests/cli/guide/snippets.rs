//! The guide's queries, run against the tables of a real build.

use std::process::Command;

use super::{instructions, quickstart, repository};
use crate::reading::interpreter;

#[test]
fn queries_of_the_guide_run_and_agree_with_each_other() {
    let env = quickstart();
    // With a cache of its own: what another test has run would be a hit, and some queries ask for what ran.
    let build = ["build", "studies/quickstart.yaml", "--set", "seeds=2"];
    env.run(&[&build[..], &["--cache-dir", "own-cache"]].concat())
        .expect(0);
    let is_query = |block: &super::page::Block| block.is("sql") || block.is("python");
    let pages = instructions()
        .into_iter()
        .filter(|page| page.blocks().iter().any(is_query));
    let output = Command::new(interpreter())
        .arg(repository().join("tests/python/run_snippets.py"))
        .args(pages.map(|page| page.path))
        .current_dir(env.path(""))
        .output()
        .expect("the interpreter starts");
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(output.status.success(), "{}\n{}", text[0], text[1]);
    for reader in ["sql", "python"] {
        assert!(text[0].contains(reader), "{}", text[0]);
    }
}
