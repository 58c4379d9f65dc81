//! From a study to its graph: the stages that all runs share, then each run's chain with its evaluations.
//!
//! Reads no data: where files are missing the graph names the places they would be, and a plan says so.

use std::sync::Arc;

use gan_pipeline::{Graph, GraphError, Stage, StageId};

use super::checkpoint::Checkpoint;
use super::data::{PrepareData, PreparedDataset};
use super::device::StudyDevice;
use super::evaluation::Shared;
use super::samples::SampleGrid;
use super::settings::ImageExtents;
use super::train::{Initialize, TrainSegment, TrainedRun};
use crate::data::{Color, Corrupt, Filter, Fit, ImageFolder, Labels, Resize};
use crate::data::{DataError, Polygons};
use crate::study::{self, Metric, Study};

/// A study's graph, and which stage is what.
pub struct Compiled {
    /// The graph.
    pub graph: Graph,
    /// The runs, in the study's order.
    pub runs: Vec<CompiledRun>,
    /// The device that training, sampling, extraction and distances run on.
    pub device: Arc<StudyDevice>,
    /// What to do where files of the data set are missing.
    pub data_hint: Option<String>,
    pub(super) data: StageId,
    /// What all evaluations of the study share.
    pub(super) shared: Shared,
}

/// The stages of one run.
pub struct CompiledRun {
    /// The run's name.
    pub name: String,
    /// The stage that ends at each checkpoint, by step.
    pub segments: Vec<(u64, StageId)>,
    /// The segment before the last one, where the last one is shorter than a checkpoint interval.
    pub before_short_segment: Option<StageId>,
    /// The features of each evaluated checkpoint, by step.
    pub features: Vec<(u64, StageId)>,
    /// The metrics of each evaluated checkpoint.
    pub metrics: Vec<(u64, Metric, StageId)>,
    /// The sample grid of each checkpoint, by step.
    pub grids: Vec<(u64, StageId)>,
}

impl Compiled {
    /// Outputs that must be in the store when a build ends: losses, grids, each run's last generator, and where the last
    /// segment is a short one the state it began with, so that a longer run begins there too.
    #[must_use]
    pub fn required(&self) -> Vec<(StageId, String)> {
        let of_run = |run: &CompiledRun| {
            let mut all: Vec<(StageId, String)> =
                run.grids.iter().map(|(_, id)| (*id, "grid".to_owned())).collect();
            all.extend(
                run.segments
                    .iter()
                    .skip(1)
                    .map(|(_, id)| (*id, "losses".to_owned())),
            );
            all.extend(run.segments.last().map(|(_, id)| (*id, "generator".to_owned())));
            all.extend(run.before_short_segment.map(|id| (id, "state".to_owned())));
            all
        };
        self.runs.iter().flat_map(of_run).collect()
    }
}

/// A study whose graph cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// The study leaves open where its data is.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The stages do not fit together, which is a mistake in this program.
    #[error(transparent)]
    Graph(#[from] GraphError),
}

impl CompileError {
    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Data(error) => error.hint(),
            Self::Graph(_) => Some("this is a bug in gan-pipe; please report it".to_owned()),
        }
    }
}

/// Makes the graph of a study. Opens no device; `auto` asks the drivers which ones there are.
///
/// # Errors
/// [`CompileError::Data`] when the study names no folder for a data set that has no usual one.
pub fn compile(study: &Study) -> Result<Compiled, CompileError> {
    let mut graph = Graph::new(&study.name);
    let device = Arc::new(StudyDevice::of(&study.device, study.precision));
    let (dataset, data_hint) = dataset(&study.data)?;
    let data = graph.add(Arc::new(PrepareData {
        dataset,
        resolution: study.data.resolution,
        validation: study.data.validation,
    }));
    let shared = Shared::add(&mut graph, study, data, &device)?;
    let mut compiled = Compiled {
        graph,
        runs: Vec::new(),
        device,
        data_hint,
        data,
        shared,
    };
    for run in &study.runs {
        let run = compiled.add_run(study, run)?;
        compiled.runs.push(run);
    }
    Ok(compiled)
}

impl Compiled {
    fn add_run(&mut self, study: &Study, run: &study::Run) -> Result<CompiledRun, GraphError> {
        let trained = TrainedRun {
            name: run.name.clone(),
            settings: run.settings.clone(),
            convention: study.convention.clone(),
            images: ImageExtents {
                resolution: study.data.resolution,
                channels: study.data.channels(),
            },
            study_seed: study.seed,
            run_seed: run.seed,
            device: Arc::clone(&self.device),
        };
        let mut compiled = CompiledRun {
            name: run.name.clone(),
            segments: Vec::new(),
            before_short_segment: None,
            features: Vec::new(),
            metrics: Vec::new(),
            grids: Vec::new(),
        };
        let evaluated = study.evaluate.steps(run);
        for step in run.checkpoints() {
            if !step.is_multiple_of(run.settings.checkpoint_every) {
                compiled.before_short_segment = compiled.segments.last().map(|(_, id)| *id);
            }
            let id = self.add_segment(&trained, compiled.segments.last().copied(), step)?;
            compiled.segments.push((step, id));
            let checkpoint = Checkpoint {
                run: trained.clone(),
                step,
            };
            let grid = SampleGrid {
                checkpoint: checkpoint.clone(),
            };
            compiled.grids.push((step, self.add_below(id, grid)?));
            if evaluated.contains(&step) {
                self.add_evaluation(study, &checkpoint, id, &mut compiled)?;
            }
        }
        Ok(compiled)
    }

    fn add_segment(
        &mut self,
        run: &TrainedRun,
        previous: Option<(u64, StageId)>,
        last: u64,
    ) -> Result<StageId, GraphError> {
        let Some((first, before)) = previous else {
            return Ok(self.graph.add(Arc::new(Initialize { run: run.clone() })));
        };
        let id = self.add_below(
            before,
            TrainSegment {
                run: run.clone(),
                first,
                last,
            },
        )?;
        self.graph.connect(before, "state", id, "state")?;
        self.graph.connect(self.data, "train", id, "data")?;
        Ok(id)
    }

    /// Adds a stage that consumes the generator of a checkpoint.
    pub(super) fn add_below(
        &mut self,
        checkpoint: StageId,
        stage: impl Stage + 'static,
    ) -> Result<StageId, GraphError> {
        let id = self.graph.add(Arc::new(stage));
        self.graph.connect(checkpoint, "generator", id, "generator")?;
        Ok(id)
    }
}

/// The data set, and a hint in case its files are missing.
fn dataset(data: &study::Data) -> Result<(PreparedDataset, Option<String>), DataError> {
    match &data.dataset {
        study::Dataset::ImageFolder(folder) => {
            let dataset = "image-folder";
            let path = data.path.clone().ok_or(DataError::FolderNotGiven { dataset })?;
            let hint = "data.path in the study names the folder that holds the images";
            let folder = image_folder(folder, data.resolution);
            Ok((PreparedDataset::ImageFolder(folder, path), Some(hint.to_owned())))
        }
        &study::Dataset::Polygons { count } => {
            let polygons = Polygons {
                train: count,
                ..Polygons::default()
            };
            Ok((PreparedDataset::Polygons(polygons), None))
        }
        &study::Dataset::Published(set) => {
            let located = set.locate(data.path.as_deref(), data.form)?;
            let hint = located.missing.and_then(|missing| missing.hint());
            Ok((PreparedDataset::Published(set, located.files), hint))
        }
    }
}

/// How a folder of images is read, as the study says it.
#[must_use]
pub fn image_folder(folder: &study::ImageFolder, resolution: usize) -> ImageFolder {
    ImageFolder {
        resolution,
        color: match folder.color {
            study::Color::Gray => Color::Gray,
            study::Color::Rgb => Color::Rgb,
        },
        resize: Resize {
            filter: match folder.resize.filter {
                study::ResizeFilter::Box => Filter::Box,
                study::ResizeFilter::Bilinear => Filter::Bilinear,
                study::ResizeFilter::Bicubic => Filter::Bicubic,
                study::ResizeFilter::Lanczos3 => Filter::Lanczos3,
            },
            fit: match folder.resize.fit {
                study::Fit::Crop => Fit::Crop,
                study::Fit::Stretch => Fit::Stretch,
            },
        },
        test_fraction: folder.test_fraction,
        labels: match folder.labels {
            study::Labels::None => Labels::None,
            study::Labels::Folder => Labels::Folder,
        },
        corrupt: match folder.corrupt {
            study::Corrupt::Refuse => Corrupt::Refuse,
            study::Corrupt::Skip => Corrupt::Skip,
        },
    }
}
