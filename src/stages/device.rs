//! The device that a study's stages compute on: a name while the study is planned, opened when a build has work for it.
//!
//! One thread owns a GPU: it opens the device and makes every call of every stage. The CPU device has no owner; each stage
//! gets threads of its own.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use gan_cache::Value;
use gan_kernels::{Device, DeviceError, ReadError, activity};
use gan_pipeline::{Blame, StageContext, StageFailure};
use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};

use super::numerics::{numeric_parameters, numerics, of_products, precision_parameter};
use crate::nn::WeightsError;
use crate::study;

/// Kernels that a stage launched on the device.
pub const LAUNCHES: &str = "kernel_launches";
/// Operations on arrays that the CPU device computed for a stage.
pub const HOST_OPERATIONS: &str = "host_operations";
/// Most bytes that a stage's arrays held at a time on the device.
pub const DEVICE_MEMORY: &str = "peak_device_memory_bytes";

/// What helps where a device cannot be opened.
const DEVICE_HINT: &str =
    "`gan-pipe doctor` lists the devices that can be used; `--device cpu` runs on the processor";

/// What helps where a device lacks the precision that a study asks for.
const PRECISION_HINT: &str =
    "leave precision out, or name a GPU: `gan-pipe doctor` lists the devices that can be used";

/// The device of a study.
pub struct StudyDevice {
    name: String,
    /// Of products in training.
    precision: study::Precision,
    opened: Mutex<Option<Opened>>,
}

/// A device that can be computed on.
#[derive(Clone)]
struct Opened {
    device: Device,
    /// The same one, with products in the study's precision.
    training: Device,
    /// The one thread that makes all calls of a GPU.
    owner: Option<Arc<ThreadPool>>,
}

/// A device that a build cannot use.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It cannot be opened.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// Its thread cannot be started.
    #[error("cannot start the thread of the device")]
    Thread(#[from] ThreadPoolBuildError),
}

impl OpenError {
    /// What helps.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Device(DeviceError::Precision { .. }) => PRECISION_HINT,
            _ => DEVICE_HINT,
        }
    }
}

impl StudyDevice {
    /// The device that a study names, not opened; for `auto` the first GPU that there is, and else the processor. Training
    /// there has products in the study's precision.
    pub(super) fn of(device: &study::Device, precision: study::Precision) -> StudyDevice {
        let name = match device.is_automatic() {
            true => Device::first_gpu().unwrap_or_else(|| study::Device::CPU.to_owned()),
            false => device.name().to_owned(),
        };
        StudyDevice {
            name,
            precision,
            opened: Mutex::new(None),
        }
    }

    /// The name, which is never `auto`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is another device than the processor, which one stage at a time can have.
    #[must_use]
    pub fn is_gpu(&self) -> bool {
        self.name != study::Device::CPU
    }

    /// Its class and the version of its algorithms; results under one class are interchangeable, on the processor equal.
    pub(super) fn numerics(&self) -> String {
        numerics(&self.name)
    }

    /// The parameters that every stage which computes on this device has.
    pub(super) fn parameters(&self) -> BTreeMap<String, Value> {
        numeric_parameters(&self.name)
    }

    /// As [`Self::parameters`], for training: with the study's precision.
    pub(super) fn training_parameters(&self) -> BTreeMap<String, Value> {
        let mut parameters = self.parameters();
        parameters.extend([precision_parameter(self.precision)]);
        parameters
    }

    /// Opens the device, if it is not open yet.
    ///
    /// # Errors
    /// [`OpenError`] where this machine or this build has no such device, or the device lacks the study's precision.
    pub fn open(&self) -> Result<(), OpenError> {
        self.opened().map(drop)
    }

    fn opened(&self) -> Result<Opened, OpenError> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(opened) = &*opened {
            return Ok(opened.clone());
        }
        let (device, owner) = match self.is_gpu() {
            false => (Device::Cpu, None),
            true => {
                let owner = ThreadPoolBuilder::new()
                    .num_threads(1)
                    .thread_name(|_| "device".to_owned())
                    .build()?;
                (owner.install(|| Device::open(&self.name))?, Some(Arc::new(owner)))
            }
        };
        let found = Opened {
            training: device.with_precision(of_products(self.precision))?,
            device,
            owner,
        };
        *opened = Some(found.clone());
        Ok(found)
    }

    /// Makes the opened device count as lost.
    #[cfg(test)]
    pub(super) fn lose(&self, reason: &str) {
        let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        opened.as_ref().expect("it was opened").device.lose(reason);
    }

    /// Does a stage's work on the device: on its owner's thread, or on as many threads as the stage has, on which results
    /// do not depend. Measures what the work launched and held.
    ///
    /// # Errors
    /// What the work returns; a device that fails is to blame for it. A device that cannot be opened.
    pub(super) fn compute<R: Send>(
        &self,
        context: &StageContext<'_>,
        work: impl FnOnce(&Device) -> Result<R, StageFailure> + Send,
    ) -> Result<R, StageFailure> {
        let opened = self.opened().map_err(unusable)?;
        opened.compute(&opened.device, context, work)
    }

    /// As [`Self::compute`], with products in the study's precision.
    ///
    /// # Errors
    /// As there; a device that lacks the precision.
    pub(super) fn train<R: Send>(
        &self,
        context: &StageContext<'_>,
        work: impl FnOnce(&Device) -> Result<R, StageFailure> + Send,
    ) -> Result<R, StageFailure> {
        let opened = self.opened().map_err(unusable)?;
        opened.compute(&opened.training, context, work)
    }
}

impl Opened {
    fn compute<R: Send>(
        &self,
        device: &Device,
        context: &StageContext<'_>,
        work: impl FnOnce(&Device) -> Result<R, StageFailure> + Send,
    ) -> Result<R, StageFailure> {
        match &self.owner {
            Some(owner) => owner.install(|| measured(context, device, work)),
            None => on_processor(context, |device| work(device)),
        }
    }
}

/// Does a stage's work on the CPU device, on as many threads as the stage has; results do not depend on how many.
pub(super) fn on_processor<R: Send>(
    context: &StageContext<'_>,
    work: impl FnOnce(&Device) -> Result<R, StageFailure> + Send,
) -> Result<R, StageFailure> {
    on_threads(context.threads(), || measured(context, &Device::Cpu, work))
}

/// Runs work whose parallel parts use this many threads; results do not depend on how many.
pub(super) fn on_threads<R: Send>(
    threads: usize,
    work: impl FnOnce() -> Result<R, StageFailure> + Send,
) -> Result<R, StageFailure> {
    ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()?
        .install(work)
}

/// Does work on the thread that makes its calls, and notes what it launched and held.
fn measured<R>(
    context: &StageContext<'_>,
    device: &Device,
    work: impl FnOnce(&Device) -> Result<R, StageFailure>,
) -> Result<R, StageFailure> {
    // What other stages held before is not this one's.
    let _ = device.take_peak_memory();
    let before = activity::so_far();
    let result = work(device);
    let done = activity::so_far() - before;
    context.measure(LAUNCHES, done.launches);
    context.measure(HOST_OPERATIONS, done.host_operations);
    if let Some(bytes) = device.take_peak_memory() {
        context.measure(DEVICE_MEMORY, bytes);
    }
    result.map_err(blaming_the_device)
}

fn unusable(error: OpenError) -> StageFailure {
    let hint = error.hint();
    StageFailure::from(error)
        .with_blame(Blame::Device)
        .with_hint(hint)
}

/// Blames the device for a failure that it reported.
fn blaming_the_device(failure: StageFailure) -> StageFailure {
    let hint = match &failure {
        StageFailure::Failed { error, .. } => read_error(&**error).map(ReadError::hint),
        StageFailure::Cancelled => None,
    };
    match hint {
        Some(hint) => failure
            .with_blame(Blame::Device)
            .with_hint(format!("{hint}; {DEVICE_HINT}")),
        None => failure,
    }
}

/// The failure of a device that an error is, or comes from.
fn read_error<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e ReadError> {
    let mut chain = std::iter::successors(Some(error), |cause| (*cause).source());
    chain.find_map(|error| match error.downcast_ref() {
        Some(WeightsError::Read(error)) => Some(error),
        _ => error.downcast_ref(),
    })
}
