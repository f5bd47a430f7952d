//! Stands between the program and a server, and answers some requests itself, as a gateway does.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// What a gateway says by itself.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    /// The function's answer did not come in time, or was none; it may have carried out what was asked.
    AfterTheCommand(&'static str),
    /// It was not asked at all.
    BeforeTheCommand(&'static str),
    /// It was not asked; this body came with a 200, as from a copy that lags.
    Instead(&'static str),
}

pub(crate) struct Disturber {
    pub(crate) address: String,
    faults: Arc<AtomicUsize>,
}

impl Disturber {
    /// What stands before this server. `fault` says what becomes of the request of this number, from 1, with
    /// this first line.
    pub(crate) fn before(server: &str, fault: fn(usize, &str) -> Option<Fault>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let server = server.strip_prefix("http://").unwrap().to_owned();
        let (requests, faults) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let counted = Arc::clone(&faults);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (server, requests, counted) =
                    (server.clone(), Arc::clone(&requests), Arc::clone(&counted));
                thread::spawn(move || {
                    let mut stream = stream.unwrap();
                    let Some(request) = read_request(&mut stream) else { return };
                    let line =
                        String::from_utf8_lossy(&request).lines().next().unwrap_or_default().to_owned();
                    let fault = fault(requests.fetch_add(1, Ordering::Relaxed) + 1, &line);
                    counted.fetch_add(usize::from(fault.is_some()), Ordering::Relaxed);
                    // Whoever was killed does not listen.
                    let _ = stream.write_all(&answer(&request, &server, fault));
                });
            }
        });
        Self { address, faults }
    }

    /// How many requests it answered itself.
    pub(crate) fn faults(&self) -> usize {
        self.faults.load(Ordering::Relaxed)
    }
}

/// What one request is answered. There is one on each connection.
fn answer(request: &[u8], server: &str, fault: Option<Fault>) -> Vec<u8> {
    const SAID: &str = r#"{"message":"Service Unavailable"}"#;
    match fault {
        Some(Fault::BeforeTheCommand(status)) => said(status, SAID),
        Some(Fault::AfterTheCommand(status)) => {
            ask(server, request);
            said(status, SAID)
        }
        Some(Fault::Instead(body)) => said("200 OK", body),
        None => ask(server, request),
    }
}

fn said(status: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len())
        .into_bytes()
}

/// Everything that the server answers, on a connection that is closed afterwards.
fn ask(server: &str, request: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(server).unwrap();
    let head_end = request.windows(2).position(|bytes| bytes == b"\r\n").unwrap() + 2;
    stream.write_all(&request[..head_end]).unwrap();
    stream.write_all(b"Connection: close\r\n").unwrap();
    stream.write_all(&request[head_end..]).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer
}

/// A request with its body; none if the connection was opened for nothing.
fn read_request(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let (mut request, mut part) = (Vec::new(), [0; 4_096]);
    loop {
        let read = stream.read(&mut part).ok().filter(|read| *read > 0)?;
        request.extend_from_slice(&part[..read]);
        let Some(head) = request.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { continue };
        let text = String::from_utf8_lossy(&request[..head]).to_lowercase();
        let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
        if request.len() >= head + 4 + length {
            return Some(request);
        }
    }
}
