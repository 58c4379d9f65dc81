//! A study file, from YAML to the list of runs it asks for; the only part of the program that knows YAML.
//!
//! [`Study::load`] reads a file, puts in what the command line sets, checks everything, expands the matrix and
//! returns a [`Study`]: plain data, valid in every respect. What is wrong comes back as a [`StudyError`] with
//! every [`Problem`] found, each with its line, column and a hint.
//!
//! The way through the files: `document` (text to values with positions), `shape` (the table of what a study may
//! hold), `matrix` (one base to many settings, with names), `data` and `rule` (what cannot be together), `read` (all of
//! these in order), `schema` and `page` (the same table as JSON Schema and as a page of the documentation). Knows no
//! stage, no cache and no device.

mod convention;
mod data;
mod device;
mod document;
mod evaluation;
mod extractor;
mod matrix;
pub mod measures;
mod metric;
mod model;
mod page;
mod problem;
mod published;
mod read;
mod rule;
mod schema;
mod shape;
#[cfg(test)]
mod tests;
mod word;

pub use convention::{Convention, Switch, Switches};
pub use device::Device;
pub use document::Override;
pub use extractor::{Extractor, InceptionLayer, InputResize, LogitBias, Vgg16Layer};
pub use metric::{Divisor, Metric, MsSsimForm};
pub use model::{
    Architecture, At, Bootstrap, Data, Dataset, Discriminator, Evaluate, Generator, ImageFolder, Latent,
    MovingAverage, Optimizer, Penalty, Resize, Run, Settings, Study,
};
pub use page::study_page;
pub use problem::{Place, Problem, StudyError};
pub use schema::{schema, template};
pub use word::{
    ArchitectureName, Color, Corrupt, Distribution, DraganForm, Fit, GeneratorNormalization, Keep, Labels,
    Loss, Normalization, Padding, Precision, ResizeFilter, StepsOf,
};
