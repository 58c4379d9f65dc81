//! What the runtime reports, as a fault of the device. Knows no operation.
//!
//! The runtime reports a failure where values are read, wrapped in what it stopped and with backtraces. Here it is
//! reduced to the one line that names the cause.

use std::any::Any;

use cubecl::CompilationError;
use cubecl::server::{IoError, LaunchError, ResourceLimitError, ServerError};

use crate::error::Fault;

/// Whether the runtime tells of a failure of something that an operation needed, and not of its own.
pub(super) fn is_inherited(error: &ServerError) -> bool {
    match error {
        ServerError::Unwritten { chain, .. } => !chain.is_empty(),
        ServerError::Several { errors, .. } => errors.iter().any(is_inherited),
        _ => false,
    }
}

impl Fault {
    /// The cause of a failure that the runtime reports.
    pub(super) fn reported(error: &ServerError) -> Self {
        match error {
            ServerError::Unwritten { root, .. } => Self::reported(root),
            ServerError::Several { errors, .. } => {
                let mut faults = errors.iter().map(Self::reported);
                let first = faults.next();
                faults
                    .find(|fault| matches!(fault, Self::Lost(_)))
                    .or(first)
                    .unwrap_or_else(|| Self::Other(one_line(&error.to_string())))
            }
            lost if lost.is_device_poisoned() => Self::Lost(one_line(&lost.to_string())),
            ServerError::Launch(error) => Self::of_launch(error),
            ServerError::Io(error) => Self::of_memory(error),
            ServerError::TornDown => {
                Self::OutOfMemory("the driver refused what it needs, most often memory".into())
            }
            other => Self::Other(one_line(&other.to_string())),
        }
    }

    /// The cause of a panic in the runtime, which is how some of its drivers refuse.
    pub(super) fn panic(payload: &(dyn Any + Send)) -> Self {
        let text = payload
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| payload.downcast_ref::<&str>().copied());
        Self::panicked(text.unwrap_or("the driver failed and said nothing"))
    }

    fn panicked(text: &str) -> Self {
        let text = one_line(text);
        let says = |words: &[&str]| words.iter().any(|word| text.to_lowercase().contains(word));
        if says(&[
            "out of memory",
            "outofmemory",
            "out_of_memory",
            "not enough memory",
        ]) {
            Self::OutOfMemory(text)
        } else if says(&[
            "device lost",
            "devicelost",
            "device_lost",
            "illegal",
            "misaligned",
        ]) {
            Self::Lost(text)
        } else {
            Self::Other(text)
        }
    }

    fn of_launch(error: &LaunchError) -> Self {
        match error {
            LaunchError::OutOfMemory { reason, .. } => Self::OutOfMemory(one_line(reason)),
            LaunchError::TooManyResources(limit) => Self::Kernel(over_limit(limit)),
            LaunchError::CompilationError(error) => Self::Kernel(of_compiler(error)),
            other => Self::Other(one_line(&other.to_string())),
        }
    }

    fn of_memory(error: &IoError) -> Self {
        match error {
            IoError::OutOfMemory { size, .. } | IoError::BufferTooBig { size, .. } => {
                Self::OutOfMemory(format!("it has no room for {size} more bytes"))
            }
            // The runtime forgets why an allocation failed where the driver panicked over it.
            IoError::NotFound { .. } => Self::OutOfMemory("it refused to allocate an array".into()),
            other => Self::Other(one_line(&other.to_string())),
        }
    }
}

fn of_compiler(error: &CompilationError) -> String {
    match error {
        CompilationError::UnsupportedInstruction { reason, .. }
        | CompilationError::Generic { reason, .. }
        | CompilationError::Validation { reason, .. } => one_line(reason),
        other => one_line(&other.to_string()),
    }
}

fn over_limit(limit: &ResourceLimitError) -> String {
    match limit {
        ResourceLimitError::SharedMemory { requested, max, .. } => {
            format!("it needs {requested} bytes of shared memory, and the device has {max}")
        }
        ResourceLimitError::Units { requested, max, .. } => {
            format!("it needs {requested} units in a cube, and the device has {max}")
        }
        ResourceLimitError::CubeDim { requested, max, .. } => {
            format!("it needs cubes of {requested:?} units, and the device takes at most {max:?}")
        }
    }
}

/// A text without the backtrace that may follow it, in one line.
fn one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim);
    let said = lines.take_while(|line| !line.starts_with("Backtrace"));
    said.filter(|line| !line.is_empty() && *line != "Caused by:")
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_one_line_without_what_the_runtime_wraps_it_in() {
        let text = "A launch error happened\nCaused by:\n  it is full\nBacktrace:\n  0: main\n";
        assert_eq!(one_line(text), "A launch error happened it is full");
    }

    #[test]
    fn a_panic_over_memory_is_a_lack_of_memory() {
        let boxed: Box<dyn Any + Send> = Box::new("wgpu error: Out of Memory".to_owned());
        assert_eq!(
            Fault::panic(&*boxed),
            Fault::OutOfMemory("wgpu error: Out of Memory".into())
        );
        let boxed: Box<dyn Any + Send> = Box::new("a validation error");
        assert_eq!(Fault::panic(&*boxed), Fault::Other("a validation error".into()));
        assert!(matches!(Fault::panic(&7_u32), Fault::Other(_)));
    }
}
