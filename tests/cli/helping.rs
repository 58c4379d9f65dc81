//! What the program says about itself.

use super::environment::TestEnv;

const COMMANDS: [&str; 13] = [
    "describe",
    "build",
    "plan",
    "explain",
    "table",
    "init",
    "schema",
    "data",
    "weights",
    "cache",
    "doctor",
    "completions",
    "man",
];

#[test]
fn help_lists_the_commands_and_the_exit_codes() {
    let ran = TestEnv::new(100).run(&["--help"]).expect(0);
    insta::assert_snapshot!(ran.stdout, @r"
    Compare GANs: one YAML study in, cached training runs and Parquet tables out

    Usage: gan-pipe [OPTIONS] <COMMAND>

    Studies:
      init         Write a commented study to start from
      describe     Describe an architecture layer by layer: extents, parameters, multiplications
      plan         Show what a build would do: what is known already, and what would run and why
      build        Run what a study is missing, and write its tables
      explain      Explain why a stage would run: what differs from the most similar one that ran before
      table        Show a result table, as it stands now

    Images of any origin:
      score        Measure images of any origin: FID, KID, Inception score, precision, recall and others

    Data:
      data         List, bring and check sets of images
      weights      List, import and check weights of networks that others have trained

    Cache:
      cache        Show the cache, and remove from it what is no longer needed

    This program:
      doctor       Check what this machine has: cache folder, processor, memory, GPUs and data sets
      schema       Print the JSON Schema of study files, for editors
      completions  Print completions of commands and options for a shell
      man          Write manual pages into a folder
      help         Print this message or the help of a command

    Options:
          --color <WHEN>  When to use colors: auto, always or never [default: auto]
      -h, --help          Print help
      -V, --version       Print version

    Examples:
      gan-pipe init study.yaml       write a study to start from
      gan-pipe plan study.yaml       what would run, and what is known already
      gan-pipe build study.yaml      run it, or go on where it was stopped
      gan-pipe table study.yaml      the results
      gan-pipe cache gc              what of the cache can go

    Exit codes:
        0  done; a run that diverged is a result, not a failure
        1  a stage failed, or a check found a problem
        2  the command line or the study file is wrong
        3  data is missing or cannot be read
        4  the cache folder cannot be used
        5  the results folder cannot be used
        6  the device cannot be used
       10  plan --exit-code: a build would run something
      130  stopped by Ctrl-C or a signal; finished stages are kept
    ");
}

#[test]
fn every_command_has_help_with_an_example() {
    let env = TestEnv::new(101);
    for command in COMMANDS {
        let ran = env.run(&[command, "--help"]).expect(0);
        assert!(ran.stdout.contains("Example"), "{command} --help has no example");
        assert!(ran.stdout.contains(&format!("gan-pipe {command}")));
    }
}

#[test]
fn help_fits_a_terminal_of_80_columns() {
    let env = TestEnv::new(102);
    let below = ["stats", "gc", "verify", "dir"].map(|command| vec!["cache", command]);
    for command in COMMANDS.map(|command| vec![command]).into_iter().chain(below) {
        let mut help = env.command(&[&command[..], &["--help"]].concat());
        let output = help.env("COLUMNS", "80").output().expect("the program starts");
        let text = String::from_utf8(output.stdout).expect("help is UTF-8");
        let after = text.split_once("Example").map_or("", |(_, after)| after);
        let long = after.lines().find(|line| line.chars().count() > 88);
        assert_eq!(long, None, "{command:?} --help");
    }
}

#[test]
fn an_unknown_command_is_an_error_of_usage() {
    let ran = TestEnv::new(103).run(&["bild", "tiny.yaml"]).expect(2);
    assert!(ran.stderr.contains("build"), "no suggestion in:\n{}", ran.stderr);
}

#[test]
fn the_schema_is_json() {
    let ran = TestEnv::new(104).run(&["schema"]).expect(0);
    let schema: serde_json::Value = serde_json::from_str(&ran.stdout).expect("the schema is JSON");
    assert_eq!(schema["type"], "object");
    assert!(schema["properties"]["base"].is_object());
}

#[cfg(unix)]
#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let env = TestEnv::new(105);
    let mut child = env
        .command(&["schema"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("the program ends");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn help_has_colors_only_where_they_are_wanted() {
    let env = TestEnv::new(107);
    let help = |arguments: &[&str], no_color: &str| {
        let mut command = env.command(&[arguments, &["--help"]].concat());
        command.env("CLICOLOR_FORCE", "1").env("NO_COLOR", no_color);
        let output = command.output().expect("the program starts");
        String::from_utf8_lossy(&output.stdout).contains('\u{1b}')
    };
    assert!(help(&[], ""));
    assert!(!help(&[], "1"));
    assert!(help(&["--color", "always"], "1"));
    assert!(!help(&["--color=never", "cache"], ""));
}

#[test]
fn completions_of_every_shell_know_every_command() {
    let env = TestEnv::new(108);
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = env.run(&["completions", shell]).expect(0).stdout;
        for command in COMMANDS.iter().chain(&["stats", "gc", "--keep-days"]) {
            let name = command.trim_start_matches("--");
            assert!(script.contains(name), "{shell} does not complete {command}");
        }
    }
    env.run(&["completions", "tcsh"]).expect(2);
}

#[test]
fn every_command_has_a_manual_page() {
    let env = TestEnv::new(109);
    env.run(&["man", "pages"]).expect(0);
    let pages = env.files("pages");
    let below = ["cache-stats", "cache-gc", "cache-verify", "cache-dir"];
    let names = COMMANDS
        .iter()
        .chain(&below)
        .map(|command| format!("gan-pipe-{command}"));
    for name in names.chain(["gan-pipe".to_owned()]) {
        let page = pages.get(std::path::Path::new(&format!("{name}.1")));
        let page = page.unwrap_or_else(|| panic!("no page of {name}"));
        let page = String::from_utf8_lossy(page);
        assert!(
            page.contains(".SH SYNOPSIS") && page.contains("Examples:"),
            "{name}:\n{page}"
        );
    }
}
