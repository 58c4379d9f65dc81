//! From arguments to what commands work on: a study, its graph, the store, the results folder.
//!
//! The only place that reads environment variables about folders.

use std::env;
use std::path::{Path, PathBuf};

use clap::Args;
use etcetera::BaseStrategy;
use gan_cache::Store;

use super::error::CommandError;
use super::status::Status;
use crate::stages::{Compiled, WEIGHTS, compile, published_network};
use crate::study::{Override, Problem, Study};

/// The environment variable that moves the cache folder.
const CACHE_VARIABLE: &str = "GAN_PIPE_CACHE";

/// The environment variable that moves the folder of weights.
const WEIGHTS_VARIABLE: &str = "GAN_PIPE_WEIGHTS";

/// A study file and what the command line changes in it.
#[derive(Debug, Args)]
pub(super) struct StudyArguments {
    /// The study file.
    #[arg(value_name = "STUDY")]
    pub(super) study: PathBuf,

    /// Set a value of the study; may be repeated, as in --set base.steps=500.
    #[arg(long = "set", value_name = "PATH=VALUE")]
    set: Vec<String>,

    /// Train, sample, extract and measure distances on this device, whatever the study says: cpu, vulkan, vulkan:1,
    /// auto, ...
    #[arg(long, value_name = "NAME")]
    device: Option<String>,
}

/// A study and the graph of its stages.
pub(super) struct Loaded {
    pub(super) study: Study,
    pub(super) compiled: Compiled,
}

impl StudyArguments {
    /// Reads the study and makes the graph of its stages; reads no data.
    pub(super) fn load(&self) -> Result<Loaded, CommandError> {
        Loaded::of(Study::load(&self.study, &self.overrides()?)?)
    }

    fn overrides(&self) -> Result<Vec<Override>, CommandError> {
        let sets = self.set.iter().map(|text| Override::parse(text));
        let device = self
            .device
            .iter()
            .map(|name| Override::text(&format!("--device {name}"), "device", name));
        let (good, bad): (Vec<_>, Vec<_>) = sets.chain(device).partition(Result::is_ok);
        let problems: Vec<Problem> = bad.into_iter().filter_map(Result::err).collect();
        match problems.is_empty() {
            true => Ok(good.into_iter().flatten().collect()),
            false => Err(problems.into()),
        }
    }
}

impl Loaded {
    /// Makes the graph of a study; weights that it does not name are those that were imported.
    pub(super) fn of(mut study: Study) -> Result<Self, CommandError> {
        let network = published_network(study.evaluate.extractor.kind());
        if let (Some(network), None) = (network, &study.evaluate.weights) {
            study.evaluate.weights = Some(network.path_in(&weights_folder()?));
        }
        let compiled = compile(&study)?;
        Ok(Self { study, compiled })
    }

    /// What helps where files are missing that a stage reads under this name.
    pub(super) fn missing_hint(&self, source: &str) -> Option<String> {
        match published_network(self.study.evaluate.extractor.kind()) {
            Some(network) if source == WEIGHTS => Some(network.missing_hint()),
            _ => self.compiled.data_hint.clone(),
        }
    }

    /// The device in words, where it is not the processor that the study names; `auto` is told by what was found.
    pub(super) fn device(&self) -> Option<String> {
        let name = self.compiled.device.name();
        match (self.study.device.is_automatic(), self.compiled.device.is_gpu()) {
            (false, false) => None,
            (false, true) => Some(name.to_owned()),
            (true, false) => Some(format!("{name}, because there is no GPU")),
            (true, true) => Some(format!("{name}, the first GPU that there is")),
        }
    }
}

/// Where the cache lies.
#[derive(Debug, Args)]
pub(super) struct CacheArguments {
    /// Folder of the cache [default: GAN_PIPE_CACHE, else gan-pipe in the user's cache folder].
    #[arg(long, value_name = "DIR")]
    cache_dir: Option<PathBuf>,
}

impl CacheArguments {
    /// Opens the store, and makes it if there is none.
    pub(super) fn open(&self) -> Result<Store, CommandError> {
        Ok(Store::open(&self.folder()?)?)
    }

    /// The folder, which may not be there yet.
    pub(super) fn folder(&self) -> Result<PathBuf, CommandError> {
        let variable = env::var_os(CACHE_VARIABLE).filter(|value| !value.is_empty());
        if let Some(folder) = self.cache_dir.clone().or(variable.map(PathBuf::from)) {
            return Ok(folder);
        }
        let user = etcetera::choose_base_strategy().map_err(|error| {
            CommandError::new(
                Status::Store,
                format!("cannot find the user's cache folder: {error}"),
            )
            .hint(format!("name a folder by --cache-dir or {CACHE_VARIABLE}"))
        })?;
        Ok(user.cache_dir().join("gan-pipe"))
    }
}

/// The folder of weights that other programs made, which may not be there yet.
pub(super) fn weights_folder() -> Result<PathBuf, CommandError> {
    if let Some(folder) = env::var_os(WEIGHTS_VARIABLE).filter(|value| !value.is_empty()) {
        return Ok(folder.into());
    }
    let user = etcetera::choose_base_strategy().map_err(|error| {
        let message = format!("cannot find the user's data folder: {error}");
        CommandError::new(Status::MissingData, message).hint(format!("name a folder by {WEIGHTS_VARIABLE}"))
    })?;
    Ok(user.data_dir().join("gan-pipe").join("weights"))
}

/// Where results of the study go unless told otherwise: `results/<study>` beside the study file.
pub(super) fn results_folder(study_file: &Path, study: &Study) -> PathBuf {
    let beside = study_file.parent().unwrap_or(Path::new(""));
    beside.join("results").join(&study.name)
}
