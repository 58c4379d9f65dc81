//! What the program says about itself.

use super::environment::TestEnv;

#[test]
fn help_lists_the_commands_and_the_exit_codes() {
    let ran = TestEnv::new(100).run(&["--help"]).expect(0);
    insta::assert_snapshot!(ran.stdout, @"");
}

#[test]
fn every_command_has_help_with_an_example() {
    let env = TestEnv::new(101);
    for command in ["build", "plan", "explain", "table", "init", "schema"] {
        let ran = env.run(&[command, "--help"]).expect(0);
        assert!(ran.stdout.contains("Example"), "{command} --help has no example");
        assert!(ran.stdout.contains(&format!("gan-pipe {command}")));
    }
}

#[test]
fn help_fits_a_terminal_of_80_columns() {
    let env = TestEnv::new(102);
    for command in ["build", "plan", "explain", "table", "init", "schema"] {
        let mut help = env.command(&[command, "--help"]);
        let output = help.env("COLUMNS", "80").output().expect("the program starts");
        let text = String::from_utf8(output.stdout).expect("help is UTF-8");
        let after = text.split_once("Example").map_or("", |(_, after)| after);
        let long = after.lines().find(|line| line.chars().count() > 88);
        assert_eq!(long, None, "{command} --help");
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
fn colours_are_written_only_where_they_are_wanted() {
    let env = TestEnv::new(106);
    let plain = env.run(&["plan", "absent.yaml"]).expect(2);
    assert!(!plain.stderr.contains('\u{1b}'));
    let colored = env.run(&["plan", "absent.yaml", "--color", "always"]).expect(2);
    assert!(colored.stderr.contains('\u{1b}'));
}
