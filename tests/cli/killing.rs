//! A build that was killed changes no byte of the results.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::Stdio;

use super::environment::TestEnv;

/// Training with both of what makes it intricate, in ten segments.
const INTRICATE: [&str; 6] = [
    "--set",
    "base.discriminator.penalty={ gradient: { lambda: 10 } }",
    "--set",
    "base.steps=20",
    "--set",
    "evaluate.at=last",
];

/// The study's results in a cache that starts with what the shared one knows; training is new in it.
fn results(env: &TestEnv, name: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let cache = format!("{name}-cache");
    let arguments = [&["--cache-dir", &cache, "--out", name][..], &INTRICATE].concat();
    assert!(env.build(&arguments)["ran"].as_u64() > Some(0));
    let mut files = env.files(name);
    // What a build did and how long it took is not a result.
    files.retain(|path, _| !path.starts_with("stages") && !path.starts_with(".current"));
    files
}

fn assert_same(one: &BTreeMap<PathBuf, Vec<u8>>, other: &BTreeMap<PathBuf, Vec<u8>>) {
    assert!(
        one.keys().any(|path| path.ends_with("generator.safetensors")),
        "{:?}",
        one.keys()
    );
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    for (path, bytes) in one {
        assert!(other[path] == *bytes, "{} differs", path.display());
    }
}

#[test]
fn a_build_that_was_killed_in_training_goes_on_to_the_bytes_of_an_undisturbed_one() {
    let env = TestEnv::new(700);
    env.build(&["--set", "seed=701"]);
    env.copy_cache("killed-cache");
    env.copy_cache("undisturbed-cache");

    let arguments = [
        "build",
        "tiny.yaml",
        "--message-format",
        "json",
        "--cache-dir",
        "killed-cache",
        "--out",
        "killed",
    ];
    let mut child = env
        .command(&[&arguments[..], &INTRICATE].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let lines = BufReader::new(child.stdout.take().expect("its output is piped")).lines();
    let is_segment =
        |line: &String| line.contains("\"event\":\"ran\"") && line.contains("\"kind\":\"train\"");
    let segments = lines
        .map(|line| line.expect("the program writes lines"))
        .filter(is_segment);
    assert_eq!(
        segments.take(3).count(),
        3,
        "the build ended before three segments ran"
    );
    child.kill().expect("the program can be killed");
    assert_eq!(
        child.wait().expect("the program ends").code(),
        None,
        "the build ended before it was killed"
    );

    assert_same(&results(&env, "killed"), &results(&env, "undisturbed"));
}
