//! Files from elsewhere: one file by HTTP into a folder, whole and checked or not at all.
//!
//! What has come lies in `NAME.part` until it is complete and has the digest that it must have; then it is renamed. A
//! download that was interrupted goes on where it ended, if the server can do so. The digest is noted in `NAME.md5`, as
//! `md5sum` writes it: where none was published, that of the first download is what later ones are held to. Knows no data
//! set and prints nothing.

mod archive;
mod digest;
mod error;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use ureq::http::{Response, StatusCode};
use ureq::{Agent, Body};

pub use archive::unpack;
pub use error::FetchError;

/// Bytes that are read before they are written.
const BUFFER_BYTES: usize = 256 << 10;
/// Attempts in a row that bring nothing, after which it is given up.
const FRUITLESS_ATTEMPTS: u32 = 5;

/// A file that can be had.
#[derive(Clone, Copy, Debug)]
pub struct Remote<'r> {
    /// Where.
    pub url: &'r str,
    /// The name that it gets.
    pub name: &'r str,
    /// Its MD5 in hexadecimal digits, where one is published.
    pub md5: Option<&'r str>,
}

/// How downloads are made.
#[derive(Clone, Debug)]
pub struct Fetcher {
    agent: Agent,
    /// The wait after the first attempt that brings nothing; it grows with each further one.
    pause: Duration,
}

impl Default for Fetcher {
    fn default() -> Self {
        Self::new(Duration::from_secs(2), Duration::from_secs(60))
    }
}

/// How far a download is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes that are there.
    pub done: u64,
    /// Bytes of the whole file, where the server says so.
    pub total: Option<u64>,
}

/// What an attempt ended with.
enum Attempt {
    Complete,
    /// It broke off, and why.
    Broken(String),
}

impl Fetcher {
    /// `patience` is how long the server may be silent.
    #[must_use]
    pub fn new(pause: Duration, patience: Duration) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(patience))
            .timeout_recv_response(Some(patience))
            .timeout_per_read(Some(patience));
        Self {
            agent: config.build().into(),
            pause,
        }
    }

    /// Brings a file into a folder, which is made if it is not there, and returns its path and MD5. A file of that name is
    /// replaced.
    ///
    /// # Errors
    /// [`FetchError`]; what has come stays in `NAME.part`, unless it is wrong.
    pub fn fetch(
        &self,
        remote: &Remote<'_>,
        folder: &Path,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(PathBuf, String), FetchError> {
        let file = folder.join(remote.name);
        let part = Part::of(&file);
        fs::create_dir_all(folder).map_err(FetchError::file("make the folder", folder))?;
        let mut fruitless = 0;
        loop {
            let before = part.length();
            match self.attempt(remote, &part, progress)? {
                Attempt::Complete => break,
                Attempt::Broken(_) if part.length() > before => fruitless = 0,
                Attempt::Broken(reason) => {
                    fruitless += 1;
                    if fruitless == FRUITLESS_ATTEMPTS {
                        return Err(FetchError::Broken {
                            url: remote.url.to_owned(),
                            at: part.length(),
                            reason,
                        });
                    }
                    thread::sleep(self.pause * fruitless);
                }
            }
        }
        let md5 = check(remote, &file, &part)?;
        fs::rename(&part.path, &file).map_err(FetchError::file("rename", &part.path))?;
        part.forget();
        Ok((file, md5))
    }

    /// Asks for what is missing, and takes what comes.
    fn attempt(
        &self,
        remote: &Remote<'_>,
        part: &Part,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Attempt, FetchError> {
        let there = part.length();
        let mut request = self.agent.get(remote.url).header("Accept-Encoding", "identity");
        if there > 0 {
            request = request.header("Range", format!("bytes={there}-"));
            if let Some(version) = part.version() {
                request = request.header("If-Range", version);
            }
        }
        let response = match request.call() {
            Ok(response) => response,
            Err(error) => return Ok(Attempt::Broken(error.to_string())),
        };
        match response.status() {
            StatusCode::PARTIAL_CONTENT if first_byte(&response) == Some(there) => {
                let total = range_total(&response);
                part.take(there, total, response, progress)
            }
            StatusCode::OK => {
                part.begin(header(&response, "etag"))?;
                let total = header(&response, "content-length").and_then(|length| length.parse().ok());
                part.take(0, total, response, progress)
            }
            // Nothing is missing; or what is there is not of this file.
            StatusCode::RANGE_NOT_SATISFIABLE if range_total(&response) == Some(there) => {
                Ok(Attempt::Complete)
            }
            StatusCode::RANGE_NOT_SATISFIABLE | StatusCode::PARTIAL_CONTENT if there > 0 => {
                part.begin(None)?;
                Ok(Attempt::Broken(
                    "the server has another file than before".to_owned(),
                ))
            }
            status if status.is_server_error() => Ok(Attempt::Broken(format!("the server answers {status}"))),
            status => Err(FetchError::Refused {
                url: remote.url.to_owned(),
                status: status.to_string(),
            }),
        }
    }
}

/// A file that is not complete, and the version of it that the server named.
struct Part {
    path: PathBuf,
    version: PathBuf,
}

impl Part {
    fn of(file: &Path) -> Self {
        Self {
            path: beside(file, ".part"),
            version: beside(file, ".part.etag"),
        }
    }

    fn length(&self) -> u64 {
        fs::metadata(&self.path).map_or(0, |metadata| metadata.len())
    }

    fn version(&self) -> Option<String> {
        fs::read_to_string(&self.version).ok()
    }

    /// Begins anew.
    fn begin(&self, version: Option<String>) -> Result<(), FetchError> {
        File::create(&self.path).map_err(FetchError::file("write", &self.path))?;
        match version {
            // A weak version says that the content is much the same, not that its bytes are.
            Some(version) if !version.starts_with("W/") => {
                fs::write(&self.version, version).map_err(FetchError::file("write", &self.version))
            }
            _ => {
                self.forget();
                Ok(())
            }
        }
    }

    fn forget(&self) {
        // That it is not there is as well.
        let _ = fs::remove_file(&self.version);
    }

    /// Appends what comes to the `done` bytes that are there.
    fn take(
        &self,
        mut done: u64,
        total: Option<u64>,
        response: Response<Body>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Attempt, FetchError> {
        let mut file = OpenOptions::new()
            .append(true)
            .open(&self.path)
            .map_err(FetchError::file("write", &self.path))?;
        let mut body = response.into_body().into_reader();
        let mut buffer = vec![0; BUFFER_BYTES];
        loop {
            progress(Progress { done, total });
            let read = match body.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Ok(Attempt::Broken(error.to_string())),
            };
            let written = file.write_all(&buffer[..read]);
            written.map_err(FetchError::file("write", &self.path))?;
            done += read as u64;
        }
        file.sync_all().map_err(FetchError::file("write", &self.path))?;
        match total.is_none_or(|total| total == done) {
            true => Ok(Attempt::Complete),
            false => Ok(Attempt::Broken("the connection ended early".to_owned())),
        }
    }
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(ending);
    path.into()
}

/// Holds a complete file to the published digest or, where there is none, to the one that was noted first.
fn check(remote: &Remote<'_>, file: &Path, part: &Part) -> Result<String, FetchError> {
    let found = digest::md5(&part.path).map_err(FetchError::file("read", &part.path))?;
    let noted = beside(file, ".md5");
    let before = fs::read_to_string(&noted).ok();
    let before = before.as_deref().and_then(|line| line.split_whitespace().next());
    if let Some(expected) = remote.md5.or(before).filter(|expected| *expected != found) {
        let expected = expected.to_owned();
        fs::remove_file(&part.path).map_err(FetchError::file("remove", &part.path))?;
        part.forget();
        return Err(FetchError::WrongDigest {
            url: remote.url.to_owned(),
            found,
            expected,
            noted: remote.md5.is_none().then_some(noted),
        });
    }
    fs::write(&noted, format!("{found}  {}\n", remote.name)).map_err(FetchError::file("write", &noted))?;
    Ok(found)
}

fn header(response: &Response<Body>, name: &str) -> Option<String> {
    Some(response.headers().get(name)?.to_str().ok()?.to_owned())
}

/// The first byte of the part that comes.
fn first_byte(response: &Response<Body>) -> Option<u64> {
    let range = header(response, "content-range")?;
    range.strip_prefix("bytes ")?.split('-').next()?.parse().ok()
}

/// Bytes of the file of which a part comes.
fn range_total(response: &Response<Body>) -> Option<u64> {
    header(response, "content-range")?
        .rsplit('/')
        .next()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests;
