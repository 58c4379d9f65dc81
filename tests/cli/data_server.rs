//! A server of files on this machine, for downloads.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread;

/// Serves the bytes that `content` gives for a path, 404 where it gives none, until the test ends; returns the address.
pub(crate) fn serve(content: impl Fn(&str) -> Option<Vec<u8>> + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("a listener has an address");
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("the connection is accepted");
            let reader = BufReader::new(stream.try_clone().expect("a stream can be read"));
            let lines = reader.lines().map_while(Result::ok);
            let lines: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
            let path = lines
                .first()
                .and_then(|line| line.split(' ').nth(1))
                .unwrap_or_default();
            let answer = match content(path) {
                Some(bytes) => {
                    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n", bytes.len());
                    [head.as_bytes(), b"Connection: close\r\n\r\n", &bytes].concat()
                }
                None => b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec(),
            };
            // The program may have ended.
            let _ = stream.write_all(&answer);
        }
    });
    format!("http://{address}")
}
