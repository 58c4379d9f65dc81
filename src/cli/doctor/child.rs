//! This program again as a process of its own, whose crash or hang is a finding and no end.

use std::env;
use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// What another process told, and how it ended.
pub(super) struct Ran {
    pub(super) lines: Vec<String>,
    pub(super) ended: Ended,
}

/// How another process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    Whole,
    Crashed,
    /// It was ended because it took too long.
    Hung,
}

impl Ended {
    /// As in "the driver ...".
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Whole => "ended",
            Self::Crashed => "crashed",
            Self::Hung => "hung",
        }
    }
}

/// Runs this program with other arguments, and ends it when it takes too long.
pub(super) fn run(arguments: &[&str], patience: Duration) -> io::Result<Ran> {
    let child = Command::new(env::current_exe()?)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    finish(child, patience)
}

fn finish(mut child: Child, patience: Duration) -> io::Result<Ran> {
    let deadline = Instant::now() + patience;
    let mut hung = false;
    let status: ExitStatus = loop {
        match child.try_wait()? {
            Some(status) => break status,
            None if Instant::now() < deadline => thread::sleep(Duration::from_millis(10)),
            None => {
                hung = true;
                child.kill()?;
                break child.wait()?;
            }
        }
    };
    let mut told = String::new();
    if let Some(mut output) = child.stdout.take() {
        output.read_to_string(&mut told)?;
    }
    let ended = match (status.success(), hung) {
        (true, _) => Ended::Whole,
        (false, false) => Ended::Crashed,
        (false, true) => Ended::Hung,
    };
    Ok(Ran {
        lines: told.lines().map(str::to_owned).collect(),
        ended,
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_driver_that_crashes_or_hangs_ends_only_its_own_process() {
        let run = |script: &str, patience| {
            let mut shell = Command::new("sh");
            let child = shell
                .args(["-c", script])
                .stdout(Stdio::piped())
                .spawn()
                .expect("sh is there");
            finish(child, patience).expect("a process can be waited for")
        };
        let patience = Duration::from_secs(30);
        let crashed = run("echo vulkan:0; kill -SEGV $$", patience);
        assert_eq!((crashed.lines.len(), crashed.ended), (1, Ended::Crashed));
        assert_eq!(
            run("exec sleep 600", Duration::from_millis(50)).ended,
            Ended::Hung
        );
        assert_eq!(run("true", patience).ended, Ended::Whole);
    }
}
