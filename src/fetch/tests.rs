//! Downloads from a server of this process that does what servers do: give, break off, refuse, and ignore ranges.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

use super::*;

/// The MD5 of [`content`], by Python's hashlib.
const CONTENT_MD5: &str = "28cb595c158e9b74e34ae9e8da710fff";

fn content() -> Vec<u8> {
    (0..100_000_u32).map(|x| (x % 251) as u8).collect()
}

/// One answer of the server.
enum Answer {
    /// These head lines, and these bytes; then the connection is closed.
    Lines(&'static str, Vec<u8>),
    /// The bytes from where the request asks, as servers do that know ranges.
    Range(Vec<u8>),
}

/// Serves these answers, one a request, and gives each request's lines to the receiver; `URL/name`.
fn serve(answers: Vec<Answer>) -> (String, Receiver<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/file.bin", listener.local_addr().unwrap());
    let (requests, received) = channel();
    thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let lines: Vec<String> = BufReader::new(stream.try_clone().unwrap())
                .lines()
                .map(|line| line.unwrap().to_ascii_lowercase())
                .take_while(|line| !line.is_empty())
                .collect();
            let bytes = match answer {
                Answer::Lines(head, body) => [head.as_bytes(), b"\r\n", &body].concat(),
                Answer::Range(whole) => {
                    let range = lines.iter().find_map(|line| line.strip_prefix("range: bytes="));
                    let from: usize = range.unwrap().trim_end_matches('-').parse().unwrap();
                    let head = format!(
                        "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {from}-{}/{}\r\nContent-Length: {}\r\n\
                         Connection: close\r\n\r\n",
                        whole.len() - 1,
                        whole.len(),
                        whole.len() - from
                    );
                    [head.as_bytes(), &whole[from..]].concat()
                }
            };
            // Nobody may want to know what was asked, and the client may have gone.
            let _ = requests.send(lines);
            let _ = stream.write_all(&bytes);
        }
    });
    (url, received)
}

const WHOLE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\nETag: \"one\"\r\nConnection: close\r\n";
const NOT_FOUND: &str = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n";
const BUSY: &str = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n";

struct Fetched {
    folder: TempDir,
    outcome: Result<String, FetchError>,
    progress: Vec<Progress>,
}

impl Fetched {
    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
        let mut names: Vec<String> = entries.map(name).collect();
        names.sort();
        names
    }

    fn whole(&self) -> Vec<u8> {
        fs::read(self.folder.path().join("file.bin")).unwrap()
    }
}

fn fetch_into(folder: TempDir, url: &str, md5: Option<&str>) -> Fetched {
    let remote = Remote {
        url,
        name: "file.bin",
        md5,
    };
    let mut progress = Vec::new();
    let fetcher = Fetcher::new(Duration::ZERO, Duration::from_secs(20));
    let outcome = fetcher.fetch(&remote, folder.path(), &mut |at| progress.push(at));
    Fetched {
        folder,
        outcome: outcome.map(|(_, md5)| md5),
        progress,
    }
}

fn fetch(url: &str, md5: Option<&str>) -> Fetched {
    fetch_into(tempfile::tempdir().unwrap(), url, md5)
}

#[test]
fn a_file_comes_whole_is_held_to_its_digest_and_leaves_that_beside_it() {
    let (url, _) = serve(vec![Answer::Lines(WHOLE, content())]);
    let fetched = fetch(&url, Some(CONTENT_MD5));
    assert_eq!(fetched.outcome.as_deref().unwrap(), CONTENT_MD5);
    assert_eq!(fetched.whole(), content());
    assert_eq!(fetched.files(), ["file.bin", "file.bin.md5"]);
    let noted = fs::read_to_string(fetched.folder.path().join("file.bin.md5")).unwrap();
    assert_eq!(noted, format!("{CONTENT_MD5}  file.bin\n"));
    let last = Progress {
        done: 100_000,
        total: Some(100_000),
    };
    assert_eq!(fetched.progress.last(), Some(&last));
    assert!(fetched.progress.is_sorted_by_key(|at| at.done));
}

#[test]
fn a_connection_that_breaks_goes_on_where_it_ended() {
    let (url, requests) = serve(vec![
        Answer::Lines(WHOLE, content()[..30_000].to_vec()),
        Answer::Lines(BUSY, Vec::new()),
        Answer::Range(content()),
    ]);
    let fetched = fetch(&url, Some(CONTENT_MD5));
    assert!(fetched.outcome.is_ok(), "{:?}", fetched.outcome);
    assert_eq!(fetched.whole(), content());
    let requests: Vec<Vec<String>> = requests.iter().collect();
    assert!(requests[0].iter().all(|line| !line.starts_with("range")));
    for request in &requests[1..] {
        assert!(request.contains(&"range: bytes=30000-".to_owned()), "{request:?}");
        assert!(request.contains(&"if-range: \"one\"".to_owned()), "{request:?}");
    }
}

#[test]
fn a_download_that_was_interrupted_goes_on_in_the_next_process() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file.bin.part"), &content()[..99_999]).unwrap();
    let (url, _) = serve(vec![Answer::Range(content())]);
    let fetched = fetch_into(folder, &url, Some(CONTENT_MD5));
    assert!(fetched.outcome.is_ok(), "{:?}", fetched.outcome);
    assert_eq!(fetched.progress[0].done, 99_999);
    assert_eq!(fetched.files(), ["file.bin", "file.bin.md5"]);
}

#[test]
fn a_server_without_ranges_sends_all_of_it_again() {
    let (url, _) = serve(vec![
        Answer::Lines(WHOLE, content()[..30_000].to_vec()),
        Answer::Lines(WHOLE, content()),
    ]);
    let fetched = fetch(&url, Some(CONTENT_MD5));
    assert!(fetched.outcome.is_ok(), "{:?}", fetched.outcome);
    assert_eq!(fetched.whole(), content());
}

#[test]
fn what_is_there_already_or_is_of_another_file_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file.bin.part"), content()).unwrap();
    let complete = "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */100000\r\nContent-Length: 0\r\n\
                    Connection: close\r\n";
    let (url, _) = serve(vec![Answer::Lines(complete, Vec::new())]);
    assert!(fetch_into(folder, &url, Some(CONTENT_MD5)).outcome.is_ok());

    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file.bin.part"), vec![0; 200_000]).unwrap();
    let (url, _) = serve(vec![
        Answer::Lines(complete, Vec::new()),
        Answer::Lines(WHOLE, content()),
    ]);
    let fetched = fetch_into(folder, &url, Some(CONTENT_MD5));
    assert!(fetched.outcome.is_ok(), "{:?}", fetched.outcome);
    assert_eq!(fetched.whole(), content());
}

#[test]
fn a_wrong_digest_leaves_nothing() {
    let mut damaged = content();
    damaged[5] ^= 1;
    let (url, _) = serve(vec![Answer::Lines(WHOLE, damaged)]);
    let fetched = fetch(&url, Some(CONTENT_MD5));
    let error = fetched.outcome.as_ref().unwrap_err().to_string();
    assert!(error.ends_with(&format!("expected {CONTENT_MD5}")), "{error}");
    assert!(fetched.files().is_empty(), "{:?}", fetched.files());
}

#[test]
fn without_a_published_digest_later_downloads_are_held_to_the_first() {
    let (url, _) = serve(vec![
        Answer::Lines(WHOLE, content()),
        Answer::Lines(WHOLE, vec![7; 100_000]),
    ]);
    let first = fetch(&url, None);
    assert_eq!(first.outcome.as_deref().unwrap(), CONTENT_MD5);
    let second = fetch_into(first.folder, &url, None);
    let error = second.outcome.as_ref().unwrap_err();
    assert!(error.hint().contains("file.bin.md5"), "{error:?}");
    assert_eq!(second.whole(), content(), "the first one stays");
}

#[test]
fn a_refusal_is_told_at_once_and_a_silent_server_after_some_attempts() {
    let (url, requests) = serve(vec![Answer::Lines(NOT_FOUND, Vec::new())]);
    let error = fetch(&url, None).outcome.unwrap_err().to_string();
    assert_eq!(error, format!("the server answers 404 Not Found to {url}"));
    assert_eq!(requests.iter().count(), 1);

    let busy = (0..FRUITLESS_ATTEMPTS).map(|_| Answer::Lines(BUSY, Vec::new()));
    let (url, requests) = serve(busy.collect());
    let error = fetch(&url, None).outcome.unwrap_err().to_string();
    assert!(
        error.contains("broke off after 0 bytes: the server answers 503"),
        "{error}"
    );
    assert_eq!(requests.iter().count(), FRUITLESS_ATTEMPTS as usize);
}

/// A compressed archive of these files, and a link that leads out of the folder.
fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut all = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let mut link = tar::Header::new_gnu();
    link.set_entry_type(tar::EntryType::Symlink);
    link.set_size(0);
    all.append_link(&mut link, "set/one.bin", "/etc/passwd").unwrap();
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        all.append_data(&mut header, name, *bytes).unwrap();
    }
    all.into_inner().unwrap().finish().unwrap()
}

#[test]
fn only_the_known_files_of_an_archive_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set.tar.gz");
    fs::write(
        &path,
        archive(&[
            ("set/other", b"x"),
            ("set/one.bin", b"one"),
            ("./set/two.bin", b"two"),
        ]),
    )
    .unwrap();
    unpack(&path, folder.path(), &["set/one.bin", "set/two.bin"], &mut |_| ()).unwrap();
    assert_eq!(fs::read(folder.path().join("set/one.bin")).unwrap(), b"one");
    assert_eq!(fs::read_dir(folder.path().join("set")).unwrap().count(), 2);

    let lacking = unpack(&path, folder.path(), &["set/three.bin"], &mut |_| ());
    let error = lacking.unwrap_err().to_string();
    assert!(error.ends_with("set.tar.gz holds no set/three.bin"), "{error}");
    fs::write(&path, &archive(&[("set/one.bin", &[1; 5000])])[..60]).unwrap();
    assert!(unpack(&path, folder.path(), &["set/one.bin"], &mut |_| ()).is_err());
}
