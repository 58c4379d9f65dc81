//! Fake stages whose outputs are a function of their key document, and a bench to build graphs of them on.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use gan_cache::{Digest, Entry, Store, Value};
use gan_pipeline::{
    Event, ExecuteError, ExecuteOptions, FinalState, Graph, Keep, Outcome, OutputSpecification, Plan, Report,
    Source, Stage, StageContext, StageFailure, StageId, StagePlan, execute, plan,
};
use tempfile::TempDir;

/// The names of the stages that ran, in the order they began.
pub(crate) type Log = Arc<Mutex<Vec<String>>>;

type Work = dyn Fn(&mut StageContext<'_>) -> Result<Outcome, StageFailure> + Send + Sync;

/// A stage that logs its name and writes outputs made from its parameters and inputs, or does the work it is
/// given.
#[derive(Clone)]
pub(crate) struct Fake {
    kind: &'static str,
    name: String,
    parameters: BTreeMap<String, Value>,
    sources: Vec<Source>,
    outputs: Vec<OutputSpecification>,
    work: Option<Arc<Work>>,
    needs_device: bool,
    /// The input that it only looks at.
    looks_at: Option<&'static str>,
    log: Log,
}

impl Fake {
    pub(crate) fn looking_at(mut self, input: &'static str) -> Fake {
        self.looks_at = Some(input);
        self
    }

    pub(crate) fn on_device(mut self) -> Fake {
        self.needs_device = true;
        self
    }

    pub(crate) fn parameter(mut self, name: &str, value: i64) -> Fake {
        self.parameters.insert(name.to_owned(), Value::from(value));
        self
    }

    pub(crate) fn output(mut self, name: &'static str, keep: Keep) -> Fake {
        self.outputs.push(OutputSpecification { name, keep });
        self
    }

    pub(crate) fn source(mut self, name: &str, path: &Path) -> Fake {
        self.sources.push(Source {
            name: name.to_owned(),
            path: path.to_owned(),
        });
        self
    }

    pub(crate) fn work<F>(mut self, work: F) -> Fake
    where
        F: Fn(&mut StageContext<'_>) -> Result<Outcome, StageFailure> + Send + Sync + 'static,
    {
        self.work = Some(Arc::new(work));
        self
    }

    /// Writes every output as the digest of the stage's name of output, parameters and inputs.
    pub(crate) fn write_outputs(&self, context: &mut StageContext<'_>) -> Result<Outcome, StageFailure> {
        let mut text = format!("{}{:?}", self.kind, self.parameters);
        let inputs: Vec<String> = context.input_names().map(str::to_owned).collect();
        for input in inputs {
            let bytes = context.input(&input)?;
            text.push_str(&format!("{input}={};", Digest::of(&bytes)));
        }
        for output in &self.outputs {
            context.output(output.name, format!("{} of {text}", output.name).as_bytes())?;
        }
        Ok(Outcome::Completed)
    }
}

impl Stage for Fake {
    fn kind(&self) -> &'static str {
        self.kind
    }

    fn version(&self) -> u32 {
        1
    }

    fn name(&self) -> String {
        self.name.clone()
    }

    fn parameters(&self) -> BTreeMap<String, Value> {
        self.parameters.clone()
    }

    fn sources(&self) -> Vec<Source> {
        self.sources.clone()
    }

    fn needs_device(&self) -> bool {
        self.needs_device
    }

    fn consumes(&self, input: &str) -> bool {
        self.looks_at != Some(input)
    }

    fn outputs(&self) -> Vec<OutputSpecification> {
        self.outputs.clone()
    }

    fn run(&self, context: &mut StageContext<'_>) -> Result<Outcome, StageFailure> {
        self.log.lock().unwrap().push(self.name.clone());
        match &self.work {
            Some(work) => work(context),
            None => self.write_outputs(context),
        }
    }
}

/// A store in a folder of its own, and the log of what ran on it.
pub(crate) struct Bench {
    pub(crate) folder: TempDir,
    pub(crate) store: Store,
    pub(crate) log: Log,
}

impl Bench {
    pub(crate) fn new() -> Bench {
        let folder = TempDir::new().unwrap();
        let store = Store::open(&folder.path().join("store")).unwrap();
        Bench {
            folder,
            store,
            log: Log::default(),
        }
    }

    /// A bench whose store need not wait for a disk, where the system has such a place.
    pub(crate) fn in_memory() -> Bench {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() {
            TempDir::new_in(memory)
        } else {
            TempDir::new()
        }
        .unwrap();
        let store = Store::open(&folder.path().join("store")).unwrap();
        Bench {
            folder,
            store,
            log: Log::default(),
        }
    }

    pub(crate) fn fake(&self, kind: &'static str, name: &str) -> Fake {
        Fake {
            kind,
            name: name.to_owned(),
            parameters: BTreeMap::new(),
            sources: Vec::new(),
            outputs: Vec::new(),
            work: None,
            needs_device: false,
            looks_at: None,
            log: Arc::clone(&self.log),
        }
    }

    /// The stage of a run that trains for one segment: generator and state.
    pub(crate) fn train(&self, run: &str, segment: i64) -> Fake {
        self.fake("train", &format!("{run}/train {segment}"))
            .parameter("segment", segment)
            .output("generator", Keep::Always)
            .output("state", Keep::UntilConsumed)
    }

    pub(crate) fn metric(&self, name: &str) -> Fake {
        self.fake("metric", name).output("value", Keep::Always)
    }

    /// Takes what ran since the last call.
    pub(crate) fn ran(&self) -> Vec<String> {
        std::mem::take(&mut *self.log.lock().unwrap())
    }

    pub(crate) fn build(&self, graph: &Graph) -> Report {
        self.build_with(graph, &options()).unwrap()
    }

    pub(crate) fn build_with(&self, graph: &Graph, options: &ExecuteOptions) -> Result<Report, ExecuteError> {
        execute(graph, &self.store, options, &|_| {})
    }

    /// Builds and collects the events.
    pub(crate) fn watch(&self, graph: &Graph, options: &ExecuteOptions) -> (Report, Vec<Event>) {
        let events = Mutex::new(Vec::new());
        let report = execute(graph, &self.store, options, &|event| {
            events.lock().unwrap().push(event.clone())
        })
        .unwrap();
        (report, events.into_inner().unwrap())
    }

    pub(crate) fn plan(&self, graph: &Graph) -> Plan {
        plan(graph, &self.store).unwrap()
    }

    /// Where the blob of an output lies.
    pub(crate) fn blob_path(&self, entry: &Entry, output: &str) -> PathBuf {
        let hex = entry.outputs[output].digest.to_string();
        self.store.root().join("blobs").join(&hex[..2]).join(hex)
    }

    pub(crate) fn has_blob(&self, entry: &Entry, output: &str) -> bool {
        self.store.has_blob(&entry.outputs[output])
    }

    /// Changes the bytes of a blob without changing their number.
    pub(crate) fn damage(&self, entry: &Entry, output: &str) {
        let path = self.blob_path(entry, output);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[0] ^= 1;
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, bytes).unwrap();
    }
}

/// One stage at a time, with two threads.
pub(crate) fn options() -> ExecuteOptions {
    ExecuteOptions {
        jobs: 1,
        threads: 2,
        ..ExecuteOptions::default()
    }
}

/// A graph being put together.
pub(crate) struct Sketch {
    pub(crate) graph: Graph,
}

impl Sketch {
    pub(crate) fn new() -> Sketch {
        Sketch {
            graph: Graph::new("study"),
        }
    }

    pub(crate) fn add(&mut self, stage: Fake) -> StageId {
        self.graph.add(Arc::new(stage))
    }

    pub(crate) fn connect(&mut self, from: StageId, output: &str, to: StageId, input: &str) {
        self.graph.connect(from, output, to, input).unwrap();
    }

    /// Adds the segments of a run, each on the state of the one before, and a metric on each generator.
    pub(crate) fn run(&mut self, bench: &Bench, run: &str, seed: i64, segments: i64) -> Vec<StageId> {
        let mut chain: Vec<StageId> = Vec::new();
        for segment in 1..=segments {
            let train = self.add(bench.train(run, segment).parameter("seed", seed));
            if let Some(before) = chain.last() {
                self.connect(*before, "state", train, "state");
            }
            let metric = self.add(bench.metric(&format!("{run}/metric {segment}")));
            self.connect(train, "generator", metric, "generator");
            chain.push(train);
        }
        chain
    }
}

pub(crate) fn chain(bench: &Bench, segments: i64) -> (Graph, Vec<StageId>) {
    let mut sketch = Sketch::new();
    let chain = sketch.run(bench, "run", 1, segments);
    (sketch.graph, chain)
}

pub(crate) fn entry(report: &Report, id: StageId) -> Entry {
    Entry::clone(report.stage(id).entry.as_ref().unwrap())
}

pub(crate) fn is_hit(plan: &Plan, id: StageId) -> bool {
    matches!(plan.stage(id), StagePlan::Hit(_))
}

pub(crate) fn failure_of(report: &Report, id: StageId) -> gan_pipeline::Failure {
    match &report.stage(id).state {
        FinalState::Failed(failure) => failure.clone(),
        other => panic!("expected a failure, found {other:?}"),
    }
}

/// Every file of the store that is a result, by its path, with its bytes; entries without what their stages took.
pub(crate) fn results(store: &Store) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut results = BTreeMap::new();
    for part in ["blobs", "entries"] {
        collect(store.root(), &store.root().join(part), &mut results);
    }
    results
}

fn collect(root: &Path, folder: &Path, results: &mut BTreeMap<PathBuf, Vec<u8>>) {
    let Ok(files) = std::fs::read_dir(folder) else {
        return;
    };
    for path in files.map(|file| file.unwrap().path()) {
        if path.is_dir() {
            collect(root, &path, results);
        } else {
            let bytes = std::fs::read(&path).unwrap();
            let own = path.strip_prefix(root).unwrap().to_owned();
            results.insert(own, without_cost(bytes));
        }
    }
}

/// An entry's content without its cost, which no two runs share; other bytes as they are.
fn without_cost(bytes: Vec<u8>) -> Vec<u8> {
    let Ok(mut json) = serde_json::from_slice::<serde_json::Value>(&bytes) else {
        return bytes;
    };
    match json.get_mut("content").and_then(serde_json::Value::as_object_mut) {
        Some(content) => {
            content.remove("cost").expect("an entry says what its stage took");
            serde_json::to_vec(content).unwrap()
        }
        None => bytes,
    }
}

/// A list as a set, where the order of parallel stages must not matter.
pub(crate) fn set<T: Ord + Clone>(list: &[T]) -> BTreeSet<T> {
    list.iter().cloned().collect()
}
