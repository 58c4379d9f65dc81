//! Which Vulkan devices can be opened. A process of its own opens them: drivers print what they like, and some crash.

use std::env;
use std::io::{self, Read};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use gan_kernels::Device;

use super::{Finding, State};
use crate::cli::error::CommandError;
use crate::cli::status::Status;
use crate::cli::terminal::Terminal;

/// A driver that takes longer to open hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// More GPUs than a machine has.
const MOST: usize = 16;

const NAME: &str = "vulkan";

/// Opens every device and prints its name on a line, as soon as it is open.
pub(super) fn probe(terminal: Terminal) -> Result<Status, CommandError> {
    let gpus = (0..MOST).map(|number| format!("vulkan:{number}"));
    for name in gpus.take_while(|name| Device::open(name).is_ok()) {
        terminal.print(&format!("{name}\n"))?;
    }
    if Device::open("vulkan:software").is_ok() {
        terminal.print("vulkan:software\n")?;
    }
    Ok(Status::Success)
}

pub(super) fn check() -> Finding {
    if !cfg!(feature = "vulkan") {
        return Finding::new(NAME, State::Note, "not part of this build")
            .hint("build with the feature `vulkan`");
    }
    match start().and_then(|child| finish(child, PATIENCE)) {
        Ok(probed) => finding(&probed),
        Err(error) => Finding::new(NAME, State::Note, format!("could not be looked for: {error}")),
    }
}

fn start() -> io::Result<Child> {
    Command::new(env::current_exe()?)
        .args(["doctor", "--probe-vulkan"])
        // Mesa's layer that chooses devices complains on machines without a desktop.
        .env("NODEVICE_SELECT", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
}

/// What the other process found, and how it ended.
struct Probed {
    devices: Vec<String>,
    /// False if it crashed or hung.
    is_whole: bool,
}

/// Waits for the other process, and ends it when it takes too long.
fn finish(mut child: Child, patience: Duration) -> io::Result<Probed> {
    let deadline = Instant::now() + patience;
    let status = loop {
        match child.try_wait()? {
            None if Instant::now() < deadline => thread::sleep(Duration::from_millis(10)),
            None => {
                child.kill()?;
                break child.wait()?;
            }
            Some(status) => break status,
        }
    };
    let mut told = String::new();
    if let Some(mut output) = child.stdout.take() {
        output.read_to_string(&mut told)?;
    }
    Ok(Probed {
        devices: told.lines().map(str::to_owned).collect(),
        is_whole: status.success(),
    })
}

fn finding(probed: &Probed) -> Finding {
    let (software, gpus): (Vec<_>, Vec<_>) = probed
        .devices
        .iter()
        .map(String::as_str)
        .partition(|name| *name == "vulkan:software");
    let found = match (gpus.is_empty(), software.is_empty()) {
        (false, _) => probed.devices.join(", "),
        (true, false) => "no GPU; vulkan:software, for tests".to_owned(),
        (true, true) => "no device".to_owned(),
    };
    let text = match probed.is_whole {
        true => format!("{found}; training runs on the processor only"),
        false => format!("{found}; then a driver crashed or hung"),
    };
    match probed.is_whole {
        true => Finding::new(NAME, State::Fine, text),
        false => Finding::new(NAME, State::Note, text)
            .hint("update the driver; builds on the processor are not affected"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probed(devices: &[&str], is_whole: bool) -> Finding {
        finding(&Probed {
            devices: devices.iter().map(|name| (*name).to_owned()).collect(),
            is_whole,
        })
    }

    #[test]
    fn what_opens_is_named_and_a_crash_is_a_note() {
        assert!(
            probed(&["vulkan:0", "vulkan:software"], true)
                .text
                .starts_with("vulkan:0, vulkan:software;")
        );
        assert!(probed(&["vulkan:software"], true).text.starts_with("no GPU;"));
        assert_eq!(probed(&[], true).state, State::Fine);
        let crashed = probed(&["vulkan:0"], false);
        assert_eq!(crashed.state, State::Note);
        assert!(crashed.text.contains("vulkan:0") && crashed.text.contains("crashed"));
    }

    #[cfg(unix)]
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
        let crashed = run("echo vulkan:0; kill -SEGV $$", PATIENCE);
        assert_eq!((crashed.devices.len(), crashed.is_whole), (1, false));
        assert!(!run("exec sleep 600", Duration::from_millis(50)).is_whole);
    }
}
