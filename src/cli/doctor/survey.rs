//! What the process that tries one device tells, line by line, so that a crash leaves what was found before.

use std::time::Duration;

use gan_kernels::Device;
use gan_kernels::survey::{self, Rates};
use serde::{Deserialize, Serialize};

use crate::cli::error::CommandError;
use crate::cli::status::Status;
use crate::cli::terminal::Terminal;

/// How long a device is measured, about; its kernels are compiled before.
pub(super) const MEASURING: Duration = Duration::from_millis(600);

/// One step of a survey.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    Refused(String),
    Opened(Opened),
    Passed,
    Wrong(String),
    Measured(Measured),
    Failed(String),
}

/// What the driver tells of an opened device.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Opened {
    pub(super) adapter: String,
    pub(super) driver: Option<String>,
    /// Bytes.
    pub(super) memory: Option<u64>,
    /// Bytes.
    pub(super) largest_array: u64,
    pub(super) features: Vec<String>,
    pub(super) missing: Vec<String>,
}

/// Floating-point operations, and bytes read and written, a second.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Measured {
    pub(super) matmul: f64,
    pub(super) copy: f64,
}

impl From<Rates> for Measured {
    fn from(Rates { matmul, copy }: Rates) -> Self {
        Self { matmul, copy }
    }
}

/// What lines told.
#[derive(Debug, Default)]
pub(super) struct Surveyed {
    pub(super) refused: Option<String>,
    pub(super) opened: Option<Opened>,
    pub(super) tested: Option<Result<(), String>>,
    pub(super) measured: Option<Result<Measured, String>>,
}

impl Surveyed {
    /// Reads lines, and passes over what a driver printed between them.
    pub(super) fn read(lines: &[String]) -> Self {
        let mut surveyed = Self::default();
        for line in lines.iter().filter_map(|line| serde_json::from_str(line).ok()) {
            match line {
                Line::Refused(reason) => surveyed.refused = Some(reason),
                Line::Opened(opened) => surveyed.opened = Some(opened),
                Line::Passed => surveyed.tested = Some(Ok(())),
                Line::Wrong(reason) => surveyed.tested = Some(Err(reason)),
                Line::Measured(measured) => surveyed.measured = Some(Ok(measured)),
                Line::Failed(reason) => surveyed.measured = Some(Err(reason)),
            }
        }
        surveyed
    }
}

/// Opens, describes, tests and measures a device, and prints each as soon as it is known.
pub(super) fn tell(name: &str, terminal: Terminal) -> Result<Status, CommandError> {
    let tell = |line: Line| {
        let line = serde_json::to_string(&line).expect("lines have no keys but strings");
        terminal.print(&format!("{line}\n"))
    };
    let device = match Device::open(name) {
        Ok(device) => device,
        Err(error) => {
            tell(Line::Refused(error.to_string()))?;
            return Ok(Status::Success);
        }
    };
    if let Some(told) = survey::describe(&device) {
        tell(Line::Opened(told.into()))?;
    }
    match survey::self_test(&device) {
        Ok(()) => tell(Line::Passed)?,
        Err(error) => tell(Line::Wrong(error.to_string()))?,
    }
    match survey::rates(&device, MEASURING) {
        Ok(rates) => tell(Line::Measured(rates.into()))?,
        Err(error) => tell(Line::Failed(error.to_string()))?,
    }
    Ok(Status::Success)
}

impl From<survey::Description> for Opened {
    fn from(told: survey::Description) -> Self {
        let features = |wanted: bool| {
            let features = told.features.iter().filter(|(_, has)| *has == wanted);
            features.map(|(feature, _)| feature.name().to_owned()).collect()
        };
        Self {
            features: features(true),
            missing: features(false),
            adapter: told.adapter,
            driver: told.driver,
            memory: told.memory,
            largest_array: told.largest_array,
        }
    }
}

/// Rates as `matmul 150 GFLOP/s, copy 9.10 GB/s`.
pub(super) fn rates_in_words(rates: Measured) -> String {
    format!(
        "matmul {} GFLOP/s, copy {} GB/s",
        giga(rates.matmul),
        giga(rates.copy)
    )
}

fn giga(number: f64) -> String {
    crate::cli::text::significant(number / 1e9)
}
