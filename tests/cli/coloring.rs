//! Colors and bars: only on a terminal that wants them.

use std::process::Stdio;

use super::environment::{Ran, TestEnv};

/// What stands before a color or a movement of the cursor.
const ESCAPE: char = '\u{1b}';

/// Runs the program on a terminal that `script` makes, with these variables; both outputs come back as one.
fn on_a_terminal(env: &TestEnv, arguments: &str, variables: &[(&str, &str)]) -> Ran {
    let program = env.command(&[]);
    let mut script = std::process::Command::new("script");
    script
        .args([
            "-qec",
            &format!("{} {arguments}", program.get_program().display()),
            "/dev/null",
        ])
        .current_dir(env.path(""))
        .stdin(Stdio::null())
        .env_remove("NO_COLOR")
        .env_remove("CI")
        .env("TERM", "xterm-256color");
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => script.env(name, value),
            None => script.env_remove(name),
        };
    }
    let output = script.envs(variables.iter().copied()).output();
    Ran::from(output.expect("this test needs `script` of util-linux"))
}

const COMMANDS: [(&str, i32); 5] = [
    ("build tiny.yaml --set base.steps=6", 0),
    ("plan absent.yaml", 2),
    ("bild", 2),
    ("--help", 0),
    ("table tiny.yaml", 0),
];

#[test]
fn a_terminal_gets_colors_and_bars() {
    let env = TestEnv::new(1100);
    let built = on_a_terminal(&env, COMMANDS[0].0, &[]).expect(0);
    assert!(built.stdout.contains(ESCAPE), "{}", built.stdout);
    assert!(built.stdout.contains("[="), "no bar in:\n{}", built.stdout);
    for (arguments, code) in [COMMANDS[1], COMMANDS[2], COMMANDS[3]] {
        let ran = on_a_terminal(&env, arguments, &[]).expect(code);
        assert!(ran.stdout.contains(ESCAPE), "{arguments}:\n{}", ran.stdout);
    }
}

#[test]
fn no_color_leaves_every_command_without_colors() {
    let env = TestEnv::new(1101);
    for (arguments, code) in COMMANDS {
        let ran = on_a_terminal(&env, arguments, &[("NO_COLOR", "1")]).expect(code);
        // A bar moves the cursor; that is no color.
        let colors = ran.stdout.split("\u{1b}[").skip(1).filter_map(|rest| {
            let end = rest.find(|c: char| c.is_ascii_alphabetic())?;
            rest[end..].starts_with('m').then(|| &rest[..end])
        });
        assert_eq!(
            colors.collect::<Vec<_>>(),
            [""; 0],
            "{arguments}:\n{}",
            ran.stdout
        );
    }
}

#[test]
fn a_dumb_terminal_gets_neither_colors_nor_bars() {
    let env = TestEnv::new(1102);
    // Continuous integration sets `CI`, which libraries read as a wish for colors.
    for variables in [&[("TERM", "dumb")][..], &[("TERM", "dumb"), ("CI", "true")]] {
        for (arguments, code) in COMMANDS {
            let ran = on_a_terminal(&env, arguments, variables).expect(code);
            assert!(
                !ran.stdout.contains(ESCAPE),
                "{arguments} with {variables:?}:\n{:?}",
                ran.stdout
            );
        }
    }
}

#[test]
fn what_is_no_terminal_gets_neither_colors_nor_bars() {
    let env = TestEnv::new(1103);
    for (arguments, code) in COMMANDS {
        let arguments: Vec<&str> = arguments.split(' ').collect();
        let ran = env.run(&arguments).expect(code);
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!(
            !said.contains(ESCAPE) && !said.contains('\r'),
            "{arguments:?}:\n{said}"
        );
    }
}

#[test]
fn colors_can_be_asked_for_and_forbidden() {
    let env = TestEnv::new(1104);
    let colored = env.run(&["plan", "absent.yaml", "--color", "always"]).expect(2);
    assert!(colored.stderr.contains(ESCAPE));
    for arguments in [
        "plan absent.yaml --color never",
        "bild --color never",
        "--help --color never",
    ] {
        let ran = on_a_terminal(&env, arguments, &[]);
        assert!(!ran.stdout.contains(ESCAPE), "{arguments}:\n{:?}", ran.stdout);
    }
}
