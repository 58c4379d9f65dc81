//! The tables in the programs that people read them with.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::environment::TestEnv;

#[test]
fn polars_duckdb_and_pandas_read_the_tables_as_they_are_documented() {
    let env = TestEnv::new(1200);
    env.build(&["--set", "base.discriminator.penalty={ gradient: { lambda: 10 } }"]);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/read_tables.py");
    let output = Command::new(interpreter())
        .arg(script)
        .arg(env.path("results/tiny"))
        .output()
        .expect("the interpreter starts");
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(output.status.success(), "{}\n{}", text[0], text[1]);
    for table in ["runs", "metrics", "losses", "stages"] {
        assert!(text[0].contains(table), "{}", text[0]);
    }
}

/// The Python that has the readers.
pub(crate) fn interpreter() -> PathBuf {
    let interpreter = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .with_file_name("python")
        .join("bin/python");
    assert!(
        interpreter.is_file(),
        "there is no {}; run tests/install first",
        interpreter.display()
    );
    interpreter
}
