//! Notes about stages that the report does not have: the memory of the process when each ended.

use std::fs;
use std::sync::{Mutex, PoisonError};

use gan_pipeline::{Event, StageId};

/// The notes of one build.
pub(super) struct Recorder {
    /// By stage: the largest resident memory of the process until the stage ended, in bytes.
    peaks: Mutex<Vec<Option<u64>>>,
}

impl Recorder {
    pub(super) fn new(stages: usize) -> Recorder {
        Recorder {
            peaks: Mutex::new(vec![None; stages]),
        }
    }

    /// Takes note of an event.
    pub(super) fn note(&self, event: &Event) {
        if let Event::StageFinished { stage, .. } | Event::StageFailed { stage, .. } = event {
            let peak = peak_memory();
            self.peaks.lock().unwrap_or_else(PoisonError::into_inner)[stage.id.index()] = peak;
        }
    }

    /// The memory that was noted for a stage.
    pub(super) fn peak(&self, id: StageId) -> Option<u64> {
        self.peaks.lock().unwrap_or_else(PoisonError::into_inner)[id.index()]
    }
}

/// The largest resident memory of this process so far, in bytes, where the system tells it.
fn peak_memory() -> Option<u64> {
    if cfg!(target_os = "linux") {
        parse_peak(&fs::read_to_string("/proc/self/status").ok()?)
    } else {
        None
    }
}

/// Reads `VmHWM:     1234 kB` out of the process's status; a kB is 1024 bytes there.
fn parse_peak(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kilobytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_read_from_its_line_and_nothing_else() {
        let status = "Name:\tgan-pipe\nVmPeak:\t   9000 kB\nVmHWM:\t    1234 kB\nVmRSS:\t 1000 kB\n";
        assert_eq!(parse_peak(status), Some(1234 * 1024));
        assert_eq!(parse_peak("VmHWM:\tmany kB\n"), None);
        assert_eq!(parse_peak(""), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_has_a_peak() {
        assert!(peak_memory().is_some_and(|bytes| bytes > 1 << 16));
    }
}
