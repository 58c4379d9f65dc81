//! docs/errors.md as data: which exit code and which words the page gives a case, held against what the program does.
//!
//! With `GAN_PIPE_UPDATE_DOCS` set, words that differ are written into the page instead; codes and rows never are.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use super::environment::{Ran, TestEnv};

/// Held while the page is read or changed: tests run side by side.
static PAGE: Mutex<()> = Mutex::new(());

/// Fails unless the program ended, and wrote to standard error, as the page says of this case.
pub(crate) fn assert_says(case: &str, env: &TestEnv, ran: &Ran) {
    assert_says_text(case, env, ran.code, &ran.stderr);
}

/// As [`assert_says`], of a part of what the program wrote.
pub(crate) fn assert_says_text(case: &str, env: &TestEnv, code: i32, said: &str) {
    let _guard = PAGE.lock().unwrap_or_else(PoisonError::into_inner);
    let page = fs::read_to_string(path()).expect("docs/errors.md can be read");
    let said = timeless(said, env);
    let expected = code_of(&page, case).unwrap_or_else(|| panic!("docs/errors.md has no row `{case}`"));
    let code = if code == -1 {
        "signal".to_owned()
    } else {
        code.to_string()
    };
    assert_eq!(code, expected, "the exit code of {case}, which said:\n{said}");
    let block =
        block_of(&page, case).unwrap_or_else(|| panic!("docs/errors.md has no words under ### {case}"));
    if env::var_os("GAN_PIPE_UPDATE_DOCS").is_some() {
        let start = block.as_ptr() as usize - page.as_ptr() as usize;
        let changed = format!("{}{said}{}", &page[..start], &page[start + block.len()..]);
        fs::write(path(), changed).expect("docs/errors.md can be written");
    } else {
        assert_eq!(said, block, "docs/errors.md has other words under ### {case}");
    }
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/errors.md")
}

/// The exit code in the row of a case.
fn code_of(page: &str, case: &str) -> Option<String> {
    let start = format!("| [{case}](#{case}) |");
    let row = page.lines().find(|line| line.starts_with(&start))?;
    Some(row.split('|').nth(3)?.trim().to_owned())
}

/// The words under the heading of a case, with their last line break.
fn block_of<'p>(page: &'p str, case: &str) -> Option<&'p str> {
    let (_, below) = page.split_once(&format!("\n### {case}\n"))?;
    let (_, block) = below.split_once("```text\n")?;
    Some(block.split_once("```\n")?.0)
}

/// The words without what is another at each run or on each machine: the test's folder, and digests.
fn timeless(said: &str, env: &TestEnv) -> String {
    let said = said.replace(&env.path("").display().to_string(), "FOLDER/");
    let mut text = String::new();
    for part in said.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let word = part.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        if !is_digest(word) {
            text += part;
            continue;
        }
        // The store sorts files into folders by the first two digits of their digests.
        if text.ends_with(&format!("/{}/", &word[..2])) {
            text.truncate(text.len() - 3);
        }
        text += &part.replace(word, "DIGEST");
    }
    text
}

/// Whether a word is a digest or the short form of one.
fn is_digest(word: &str) -> bool {
    [12, 64].contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}
