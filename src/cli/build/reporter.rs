//! Whom a build tells what happens. Reporters decide nothing and outlive no build.

use std::path::{Path, PathBuf};

use gan_pipeline::{Estimate, Event, ExecuteOptions, Report};

use crate::cli::error::CommandError;
use crate::cli::inputs::Loaded;
use crate::stages::Known;

/// What is known before the build.
pub(super) struct Begin<'a> {
    pub(super) loaded: &'a Loaded,
    /// The results folder.
    pub(super) results: &'a Path,
    /// The cache folder.
    pub(super) cache: &'a Path,
}

/// What is known after the build.
pub(super) struct End<'a> {
    pub(super) loaded: &'a Loaded,
    pub(super) report: &'a Report,
    pub(super) known: &'a Known,
    /// The results folder.
    pub(super) results: &'a Path,
    /// The files in it, relative to it.
    pub(super) files: &'a [PathBuf],
    /// How long the build took.
    pub(super) seconds: f64,
}

/// Someone who is told.
pub(super) trait Reporter: Send + Sync {
    /// The build begins.
    fn begin(&self, begin: &Begin<'_>);

    /// What the build is likely to take, where something like it was measured.
    fn estimate(&self, estimate: &Estimate, options: &ExecuteOptions);

    /// Something happened to a stage; called from many threads, and to return quickly.
    fn event(&self, event: &Event);

    /// The build was asked to stop.
    fn stopping(&self);

    /// The build ended.
    fn end(&self, end: &End<'_>) -> Result<(), CommandError>;
}
