//! A folder with a study in it, and the program run there.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use serde_json::Value;

/// A study small enough to run in about a second: two settings, checkpoints 0, 2 and 4.
const STUDY: &str = "\
study: tiny
data: { dataset: polygons, count: 64 }
base:
  architecture: { name: sndcgan, width: 0.015625 }
  latent: { dimension: 4, distribution: uniform }
  batch_size: 4
  steps: 4
  checkpoint_every: 2
matrix:
  discriminator.normalization: [none, spectral]
seeds: 1
evaluate: { extractor: classifier, samples: 16, metrics: [fid, inception-score], at: all }
";

/// Runs and checkpoints of the study, from which its stages can be counted.
pub(crate) const RUNS: usize = 2;
pub(crate) const CHECKPOINTS: usize = 3;

/// One test's folder.
pub(crate) struct TestEnv {
    folder: tempfile::TempDir,
    seed: u32,
}

/// What the program did.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl TestEnv {
    /// A folder with the study `tiny.yaml`; the seed is one that no other test has.
    pub(crate) fn new(seed: u32) -> TestEnv {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let env = TestEnv { folder, seed };
        env.write("tiny.yaml", &format!("seed: {seed}\n{STUDY}"));
        env
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        let parent = path.parent().expect("a file has a folder");
        fs::create_dir_all(parent).expect("the test's folder can be written");
        fs::write(path, text).expect("the test's folder can be written");
    }

    /// The program, to be run in the folder with the shared cache.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("gan-pipe"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("GAN_PIPE_CACHE", shared_cache())
            .env("GAN_PIPE_WEIGHTS", "weights")
            .env_remove("CLICOLOR_FORCE");
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let output = self.command(arguments).output();
        Ran::from(output.unwrap_or_else(|error| panic!("the program did not start: {error}")))
    }

    /// Builds `tiny.yaml` and returns its last message.
    pub(crate) fn build(&self, more: &[&str]) -> Value {
        let arguments = [&["build", "tiny.yaml", "--message-format", "json"], more].concat();
        let ran = self.run(&arguments);
        assert_eq!(ran.code, 0, "seed {}:\n{}\n{}", self.seed, ran.stdout, ran.stderr);
        ran.messages().pop().expect("a build has a last message")
    }

    /// Every file below a folder, by its path there, with its content.
    pub(crate) fn files(&self, folder: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        let read = |path: &Path| fs::read(path).expect("a file that is listed can be read");
        below(&self.path(folder), &read)
    }

    /// When each file below a folder was written.
    pub(crate) fn times(&self, folder: &str) -> BTreeMap<PathBuf, SystemTime> {
        let time = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified());
        below(&self.path(folder), &|path| time(path).expect("files have times"))
    }

    /// Changes the first byte of every file below a folder whose content is chosen.
    pub(crate) fn damage(&self, folder: &str, is_chosen: impl Fn(&[u8]) -> bool) {
        for (path, mut content) in self.files(folder) {
            if !content.is_empty() && is_chosen(&content) {
                content[0] ^= 1;
                let path = self.path(folder).join(path);
                // Blobs are read-only, but their folder is not.
                fs::remove_file(&path)
                    .and_then(|()| fs::write(&path, content))
                    .expect("the test's folder can be written");
            }
        }
    }

    /// Whether a process holds the lock of a key in the shared cache: it writes its number there for as long.
    pub(crate) fn holds_a_lock(&self, process: u32) -> bool {
        let holder = format!("{{\"pid\":{process}}}");
        let locks = fs::read_dir(shared_cache().join("locks")).expect("a cache has locks");
        locks
            .map(|lock| lock.expect("a folder of the cache can be read").path())
            .any(|lock| fs::read_to_string(lock).is_ok_and(|content| content == holder))
    }

    /// Makes a second cache that knows what the shared one knows now.
    pub(crate) fn copy_cache(&self, name: &str) {
        for folder in ["blobs", "entries"] {
            let copy = |path: &Path| {
                let own = path
                    .strip_prefix(shared_cache())
                    .expect("files of the cache lie in it");
                let target = self.path(name).join(own);
                fs::create_dir_all(target.parent().expect("a file has a folder"))
                    .expect("the test's folder can be written");
                match fs::copy(path, &target) {
                    // Another test's build has dropped a consumed state since; the copy is a cache without it.
                    Err(error) if error.kind() == ErrorKind::NotFound => {}
                    copied => drop(copied.expect("the test's folder can be written")),
                }
            };
            below(&shared_cache().join(folder), &copy);
        }
    }
}

impl Ran {
    /// Standard output as JSON messages; fails if any line is something else.
    pub(crate) fn messages(&self) -> Vec<Value> {
        let parse = |line: &str| {
            let message: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"));
            assert!(message["event"].is_string(), "{line} has no event");
            message
        };
        self.stdout.lines().map(parse).collect()
    }

    /// Fails unless the program ended like this.
    pub(crate) fn expect(self, code: i32) -> Ran {
        assert_eq!(
            self.code, code,
            "standard output:\n{}\nstandard error:\n{}",
            self.stdout, self.stderr
        );
        self
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Ran {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program writes UTF-8");
        Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

/// The messages of one event.
pub(crate) fn of_event<'m>(messages: &'m [Value], event: &str) -> Vec<&'m Value> {
    messages
        .iter()
        .filter(|message| message["event"] == event)
        .collect()
}

/// What `read` makes of each file below a folder, by the file's path there.
fn below<T>(folder: &Path, read: &dyn Fn(&Path) -> T) -> BTreeMap<PathBuf, T> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(current) = open.pop() {
        for entry in fs::read_dir(current).expect("the folder can be listed") {
            let path = entry.expect("the folder can be listed").path();
            match path.is_dir() {
                true => open.push(path),
                false => {
                    let own = path.strip_prefix(folder).expect("it lies below").to_owned();
                    found.insert(own, read(&path));
                }
            }
        }
    }
    found
}

/// The cache of this test process. It goes when a later process finds it old.
fn shared_cache() -> &'static Path {
    static CACHE: OnceLock<PathBuf> = OnceLock::new();
    CACHE.get_or_init(|| {
        let all = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli-caches");
        remove_old(&all);
        let own = all.join(std::process::id().to_string());
        // One left by an earlier process of the same number.
        let _ = fs::remove_dir_all(&own);
        fs::create_dir_all(&own).expect("the target folder can be written");
        own
    })
}

fn remove_old(folder: &Path) {
    let is_old = |path: &Path| {
        let written = fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
        let age = written.and_then(|time| time.elapsed().ok());
        age.is_some_and(|age| age > Duration::from_secs(3600))
    };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if is_old(&entry.path()) {
            // Another process may remove it at the same time.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
