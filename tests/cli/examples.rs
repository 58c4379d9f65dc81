//! Every example of every help text is run as it stands there.

use std::fs;

use super::environment::{Ran, TestEnv};

/// Commands with examples; the first is the program itself.
const COMMANDS: [&str; 15] = [
    "",
    "init",
    "plan",
    "explain",
    "build",
    "table",
    "schema",
    "doctor",
    "completions",
    "man",
    "cache",
    "cache stats",
    "cache gc",
    "cache verify",
    "cache dir",
];

/// Too long to run here; that its words are accepted is tested with the command line.
const LONG: &str = "build study.yaml --set base.steps=4000";

/// The study that examples speak of: with the names in them, and small.
fn study(steps: u32) -> String {
    format!(
        "\
study: fashion-mnist
seed: 1000
data: {{ dataset: polygons, count: 64 }}
base:
  architecture: {{ name: sndcgan, width: 0.015625 }}
  latent: {{ dimension: 4, distribution: uniform }}
  batch_size: 4
  steps: {steps}
  checkpoint_every: {}
matrix:
  discriminator: [{{ normalization: none }}, {{ normalization: spectral }}]
seeds: 1
evaluate: {{ extractor: classifier, samples: 16, metrics: [fid], at: last }}
",
        steps / 2
    )
}

#[test]
fn every_example_does_what_it_says() {
    let env = TestEnv::new(1000);
    for folder in [
        "bin",
        ".zfunc",
        ".config/fish/completions",
        ".local/share/bash-completion/completions",
    ] {
        fs::create_dir_all(env.path(folder)).expect("the test's folder can be written");
    }
    let program = assert_cmd::cargo::cargo_bin!("gan-pipe");
    std::os::unix::fs::symlink(program, env.path("bin/gan-pipe")).expect("a link can be made");
    let mut count = 0;
    for command in COMMANDS {
        // Names of segments have four digits only in a longer study, which is planned here and not built.
        env.write("study.yaml", &study(if command == "explain" { 1000 } else { 4 }));
        for example in examples(&env, command) {
            if example == LONG {
                continue;
            }
            if example.starts_with("init study.yaml") {
                fs::remove_file(env.path("study.yaml")).expect("it was written");
            }
            run(&env, &example);
            if example.starts_with("init study.yaml") {
                env.write("study.yaml", &study(4));
            }
            count += 1;
        }
    }
    assert!(count > 25, "only {count} examples were run");
}

/// The examples of a command, without the program's name and without remarks.
fn examples(env: &TestEnv, command: &str) -> Vec<String> {
    let mut words: Vec<&str> = command.split_whitespace().collect();
    words.push("--help");
    let help = env.run(&words).expect(0).stdout;
    let (_, after) = help
        .split_once("Examples:\n")
        .unwrap_or_else(|| panic!("{command} has no examples"));
    let lines = after.lines().filter_map(|line| line.strip_prefix("  gan-pipe "));
    lines
        .map(|line| line.split("  ").next().unwrap_or(line).to_owned())
        .collect()
}

fn run(env: &TestEnv, example: &str) {
    let mut command = env.command(&[]);
    let cache = command.get_envs().find(|(name, _)| *name == "GAN_PIPE_CACHE");
    let cache = cache
        .and_then(|(_, value)| value)
        .expect("tests have a cache")
        .to_owned();
    command = std::process::Command::new("sh");
    let path = std::env::var("PATH").unwrap_or_default();
    command
        .args(["-c", &format!("gan-pipe {example}")])
        .current_dir(env.path("."))
        .env("HOME", env.path("."))
        .env("PATH", format!("{}:{path}", env.path("bin").display()))
        .env("GAN_PIPE_CACHE", cache);
    let ran = Ran::from(command.output().expect("a shell is there"));
    let expected = if example.contains("--exit-code") {
        [0, 10]
    } else {
        [0, 0]
    };
    assert!(
        expected.contains(&ran.code),
        "gan-pipe {example}: {}\n{}\n{}",
        ran.code,
        ran.stdout,
        ran.stderr
    );
}
