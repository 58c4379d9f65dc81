//! Which devices there are, what they have, whether they compute rightly and how fast. Processes of their own ask the
//! drivers, one to list the devices and one for each: drivers print what they like, and some crash or hang.

use std::time::Duration;

use gan_kernels::Device;
use serde_json::{Value, json};

use super::child::{self, Ended};
use super::survey::{self, Surveyed};
use super::{Finding, State};
use crate::cli::error::CommandError;
use crate::cli::status::Status;
use crate::cli::terminal::Terminal;
use crate::cli::text;

/// A driver that takes longer to list its devices hangs.
const LISTING: Duration = Duration::from_secs(30);

/// A device that takes longer to open, test and measure hangs: compiling kernels and the measurements take seconds.
const SURVEY: Duration = Duration::from_secs(60);

const NAME: &str = "device";

/// Prints the names of the devices beside the processor, each on a line.
pub(super) fn list(terminal: Terminal) -> Result<Status, CommandError> {
    for name in Device::present().iter().filter(|name| *name != "cpu") {
        terminal.print(&format!("{name}\n"))?;
    }
    Ok(Status::Success)
}

/// A finding for each device, or one that there is none.
pub(super) fn check() -> Vec<Finding> {
    if !Device::kinds().iter().any(|(_, is_built)| *is_built) {
        return vec![
            Finding::new(NAME, State::Note, "this build has the processor only")
                .hint("build with a feature such as `vulkan`"),
        ];
    }
    let listed = match child::run(&["doctor", "--list-devices"], LISTING) {
        Ok(listed) => listed,
        Err(error) => {
            let text = format!("GPUs could not be looked for: {error}");
            return vec![Finding::new(NAME, State::Note, text)];
        }
    };
    let mut findings: Vec<_> = listed.lines.iter().map(|name| device(name)).collect();
    if !listed.lines.iter().any(|name| !name.ends_with(":software")) {
        findings.insert(
            0,
            Finding::new(NAME, State::Fine, "no GPU; training runs on the processor"),
        );
    }
    if listed.ended != Ended::Whole {
        let text = format!("listing the devices, a driver {}", listed.ended.words());
        findings.push(
            Finding::new(NAME, State::Note, text)
                .hint("update the driver; builds on the processor are not affected"),
        );
    }
    findings
}

fn device(name: &str) -> Finding {
    match child::run(&["doctor", "--survey-device", name], SURVEY) {
        Ok(ran) => finding(name, &Surveyed::read(&ran.lines), ran.ended),
        Err(error) => Finding::new(NAME, State::Note, format!("{name} could not be tried: {error}")),
    }
}

/// What was found of one device by a process that told so much and ended so.
fn finding(name: &str, surveyed: &Surveyed, ended: Ended) -> Finding {
    let mut parts = Vec::new();
    let mut hint = None;
    if let Some(opened) = &surveyed.opened {
        parts.extend(described(opened));
    }
    if let Some(reason) = &surveyed.refused {
        parts.push(reason.clone());
        hint = Some("install or update its driver; builds on the processor are not affected");
    }
    match &surveyed.tested {
        Some(Ok(())) => parts.push("self-test passed".into()),
        Some(Err(reason)) => {
            parts.push(format!("SELF-TEST FAILED: {reason}"));
            hint = Some("do not train on it; update its driver, or use another device");
        }
        None => {}
    }
    match &surveyed.measured {
        Some(Ok(rates)) => parts.push(survey::rates_in_words(*rates)),
        Some(Err(reason)) => {
            parts.push(format!("it failed while it was measured: {reason}"));
            hint = Some("update its driver, or use another device");
        }
        None => {}
    }
    if ended != Ended::Whole {
        parts.push(format!("then the driver {}", ended.words()));
        hint = Some("update the driver; builds on the processor are not affected");
    }
    let state = if hint.is_none() { State::Fine } else { State::Note };
    let finding = Finding::new(NAME, state, format!("{name}: {}", parts.join("; ")));
    Finding {
        hint: hint.map(str::to_owned),
        device: Some(message(name, surveyed)),
        ..finding
    }
}

/// What the driver tells, in words: `Name, driver, 2.00 GiB, arrays to 128 MiB; with f64, f16, without planes`.
fn described(opened: &survey::Opened) -> Vec<String> {
    let mut device = vec![opened.adapter.clone()];
    device.extend(opened.driver.iter().map(|driver| format!("driver {driver}")));
    device.push(match opened.memory {
        Some(memory) => format!("{} of memory", text::bytes(memory)),
        None => "memory not told".into(),
    });
    device.push(format!("arrays up to {}", text::bytes(opened.largest_array)));
    let list = |word: &str, features: &[String]| match features {
        [] => None,
        _ => Some(format!("{word} {}", features.join(", "))),
    };
    let features = [list("with", &opened.features), list("without", &opened.missing)];
    let features: Vec<_> = features.into_iter().flatten().collect();
    vec![device.join(", "), features.join(", ")]
}

/// The fields of a device in a JSON message; null where nothing is known.
fn message(name: &str, surveyed: &Surveyed) -> Value {
    let opened = surveyed.opened.as_ref();
    let rates = surveyed
        .measured
        .as_ref()
        .and_then(|measured| measured.as_ref().ok());
    let passed = surveyed.tested.as_ref().map(Result::is_ok);
    json!({
        "name": name,
        "adapter": opened.map(|opened| opened.adapter.clone()),
        "driver": opened.and_then(|opened| opened.driver.clone()),
        "memory_bytes": opened.and_then(|opened| opened.memory),
        "largest_array_bytes": opened.map(|opened| opened.largest_array),
        "features": opened.map(|opened| opened.features.clone()),
        "missing_features": opened.map(|opened| opened.missing.clone()),
        "self_test_passed": passed,
        "matmul_flops_per_second": rates.map(|rates| rates.matmul),
        "copy_bytes_per_second": rates.map(|rates| rates.copy),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPENED: &str = r#"{"opened":{"adapter":"Card","driver":"maker 1.2","memory":2147483648,"largest_array":1048576,"features":["f64"],"missing":["planes","matrix units"]}}"#;

    fn told(lines: &[&str], ended: Ended) -> Finding {
        let lines: Vec<_> = lines.iter().map(|line| (*line).to_owned()).collect();
        finding("vulkan:0", &Surveyed::read(&lines), ended)
    }

    #[test]
    fn a_device_that_works_is_described_with_its_rates() {
        let rates = r#"{"measured":{"matmul":1.5e12,"copy":2.5e11}}"#;
        let found = told(&[OPENED, r#""passed""#, rates], Ended::Whole);
        assert_eq!(found.state, State::Fine);
        assert_eq!(
            found.text,
            "vulkan:0: Card, driver maker 1.2, 2.00 GiB of memory, arrays up to 1.00 MiB; with f64, without planes, \
             matrix units; self-test passed; matmul 1500 GFLOP/s, copy 250.0 GB/s"
        );
        let message = found.device.expect("a device has fields");
        assert_eq!(message["self_test_passed"], true);
        assert_eq!(message["memory_bytes"], 2_147_483_648_u64);
    }

    #[test]
    fn a_crash_or_a_failure_is_a_note_that_says_how_far_it_came() {
        let crashed = told(&[OPENED], Ended::Crashed);
        assert_eq!(crashed.state, State::Note);
        assert!(
            crashed.text.ends_with("; then the driver crashed"),
            "{}",
            crashed.text
        );
        let wrong = told(&[OPENED, r#"{"wrong":"matmul is wrong"}"#], Ended::Whole);
        assert_eq!(wrong.state, State::Note);
        assert!(
            wrong.text.contains("SELF-TEST FAILED: matmul is wrong"),
            "{}",
            wrong.text
        );
        let refused = told(&[r#"{"refused":"too old"}"#], Ended::Whole);
        assert_eq!(
            (refused.state, refused.text.as_str()),
            (State::Note, "vulkan:0: too old")
        );
        let hung = told(&[], Ended::Hung);
        assert!(hung.text.contains("hung") && hung.hint.is_some(), "{}", hung.text);
    }

    #[test]
    fn what_a_driver_prints_between_is_passed_over() {
        let noisy = told(
            &["warning: no display", OPENED, "{}", r#""passed""#],
            Ended::Whole,
        );
        assert!(noisy.text.ends_with("self-test passed"), "{}", noisy.text);
    }
}
