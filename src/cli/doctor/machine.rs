//! What the operating system says about processor, memory and disk. Where it says nothing, that is a note.

use std::fs;
use std::num::NonZero;
use std::path::Path;
use std::thread;

use gan_kernels::Device;
use gan_kernels::survey as kernels;

use super::{Finding, State, survey};
use crate::cli::text;

/// With less memory than this, training at full width may not fit.
const LITTLE_MEMORY: u64 = 2 << 30;

pub(super) fn processor() -> Finding {
    let threads = text::count(thread::available_parallelism().map_or(1, NonZero::get), "thread");
    let vectors = vectors();
    let text = format!(
        "{}, {threads}, {}",
        std::env::consts::ARCH,
        vectors.unwrap_or("no wide vectors")
    );
    if let Err(error) = kernels::self_test(&Device::Cpu) {
        return Finding::new(
            "cpu",
            State::Problem,
            format!("{text}; SELF-TEST FAILED: {error}"),
        )
        .hint("its results cannot be trusted; please report it with the processor's name");
    }
    let rates = kernels::rates(&Device::Cpu, survey::MEASURING);
    let rates = rates.map(|rates| survey::rates_in_words(rates.into()));
    let text = format!(
        "{text}; self-test passed; {}",
        rates.unwrap_or_else(|error| error.to_string())
    );
    match vectors {
        Some(_) => Finding::new("cpu", State::Fine, text),
        None => Finding::new("cpu", State::Note, text)
            .hint("matrix products are several times slower without AVX2 and FMA, or NEON"),
    }
}

/// The widest vector instructions that matrix products can use here.
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
fn vectors() -> Option<&'static str> {
    let has_fma = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
    match (is_x86_feature_detected!("avx512f"), has_fma) {
        (true, true) => Some("AVX-512"),
        (false, true) => Some("AVX2 and FMA"),
        _ => None,
    }
}

/// Every processor of this kind has them.
#[cfg(target_arch = "aarch64")]
fn vectors() -> Option<&'static str> {
    Some("NEON")
}

#[cfg(not(any(target_arch = "x86", target_arch = "x86_64", target_arch = "aarch64")))]
fn vectors() -> Option<&'static str> {
    None
}

pub(super) fn memory() -> Finding {
    let told = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let Some((total, available)) = parse_memory(&told) else {
        return Finding::new(
            "memory",
            State::Note,
            "this system does not tell how much there is",
        );
    };
    let limit = fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    let limit = limit
        .and_then(|limit| limit.trim().parse::<u64>().ok())
        .filter(|limit| *limit < total);
    let text = format!("{}, {} available", text::bytes(total), text::bytes(available));
    let text = match limit {
        Some(limit) => format!("{text}, at most {} for this process", text::bytes(limit)),
        None => text,
    };
    match limit.unwrap_or(available).min(available) < LITTLE_MEMORY {
        true => Finding::new("memory", State::Note, text)
            .hint("training at full width may not fit; a smaller width does"),
        false => Finding::new("memory", State::Fine, text),
    }
}

/// All memory and what is available, in bytes, from the lines `MemTotal:  1234 kB`; a kB is 1024 bytes there.
fn parse_memory(told: &str) -> Option<(u64, u64)> {
    let value = |name: &str| {
        let line = told.lines().find_map(|line| line.strip_prefix(name))?;
        let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        kilobytes.checked_mul(1024)
    };
    Some((value("MemTotal:")?, value("MemAvailable:")?))
}

/// The room on the disk that a folder lies on, for this user, in bytes.
#[cfg(unix)]
pub(super) fn free_bytes(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    disk.f_bavail.checked_mul(disk.f_frsize)
}

#[cfg(not(unix))]
pub(super) fn free_bytes(_folder: &Path) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_from_its_lines_and_nothing_else() {
        let told = "MemTotal:       16000 kB\nMemFree:  1 kB\nMemAvailable:    8000 kB\n";
        assert_eq!(parse_memory(told), Some((16_000 << 10, 8_000 << 10)));
        assert_eq!(parse_memory("MemTotal: much kB\n"), None);
        assert_eq!(parse_memory(""), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_has_room_and_one_that_is_not_there_tells_nothing() {
        assert!(free_bytes(Path::new("/")).is_some());
        assert_eq!(free_bytes(Path::new("/absent/folder")), None);
    }
}
