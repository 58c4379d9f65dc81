//! The documentation, held against the program: its links, its commands, its studies and its queries.
//!
//! Blocks of the guide are run as they are written. Only the study that they name is a smaller one of the same
//! settings, so that a page takes seconds. A shell block marked `no_run` is held to the program's help instead.

mod commands;
mod links;
mod page;
mod snippets;

use std::path::{Path, PathBuf};

use super::environment::TestEnv;

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The pages that a user follows: the guide's own, the README, and those about own images and `score`.
fn instructions() -> Vec<page::Page> {
    let mut files = markdown(&repository().join("docs/guide"));
    files.extend(["README.md", "docs/own-images.md", "docs/score.md"].map(|page| repository().join(page)));
    files.iter().map(|file| page::Page::read(file)).collect()
}

/// The Markdown files directly in a folder, sorted.
fn markdown(folder: &Path) -> Vec<PathBuf> {
    let entries = folder.read_dir().expect("the folder can be listed");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("the folder can be listed").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    files.sort();
    files
}

/// A folder in which `studies/quickstart.yaml` has the settings of the real one, and hardly any work.
fn quickstart() -> TestEnv {
    const SMALLER: [(&str, &str); 4] = [
        ("count: 2000", "count: 64"),
        ("width: 0.0625", "width: 0.015625"),
        ("samples: 1000", "samples: 16"),
        ("base:\n", "base:\n  latent: { dimension: 4 }\n  batch_size: 2\n"),
    ];
    let path = repository().join("studies/quickstart.yaml");
    let mut study = std::fs::read_to_string(path).expect("the study can be read");
    for (large, small) in SMALLER {
        assert_eq!(
            study.matches(large).count(),
            1,
            "{large:?} in studies/quickstart.yaml"
        );
        study = study.replace(large, small);
    }
    let env = TestEnv::new(1300);
    env.write("studies/quickstart.yaml", &study);
    env
}
