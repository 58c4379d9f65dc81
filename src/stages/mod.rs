//! The stages of a study: where learning and the pipeline meet, and the only place where they do.
//!
//! One stage a file, each a set of parameters and how it runs; no mathematics. [`compile`] makes the graph of a study,
//! [`run_rows`], [`metric_rows`] and [`loss_rows`] turn entries into rows of the result tables, [`cautions`] says what to mind, and [`workload`] says how
//! much work a stage is.

mod caution;
mod checkpoint;
mod classifier;
mod compile;
mod data;
mod device;
mod discriminator_accuracy;
mod evaluation;
mod features;
mod image_similarity;
mod images_draft;
mod images_file;
mod jacobian;
mod measurement;
mod metric;
mod metric_rows;
mod numerics;
mod parameters;
mod random_convolution;
mod read_weights;
mod results;
mod samples;
pub mod score;
mod settings;
mod statistics;
#[cfg(test)]
mod tests;
mod train;
mod workload;

pub use caution::{cautions, few_images, unpublished};
pub use compile::{CompileError, Compiled, CompiledRun, compile, image_folder};
pub use device::{DEVICE_MEMORY, HOST_OPERATIONS, LAUNCHES, OpenError, StudyDevice};
pub use evaluation::published_network;
pub use metric_rows::metric_rows;
pub use read_weights::{FILE as WEIGHTS, ReadWeights};
pub use results::{Export, Known, ResultsError, exports, loss_rows, run_rows};
pub use workload::workload;
