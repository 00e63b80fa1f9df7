//! A local SMTP server in a thread of its own: takes what it is sent, and answers each recipient as the test says.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// One transaction that was taken.
#[derive(Clone, Debug)]
pub struct Taken {
    pub to: Vec<String>,
    pub data: String,
}

#[derive(Default)]
struct State {
    taken: Vec<Taken>,
    received: usize,
    replies: HashMap<String, String>,
    pause: Duration,
}

#[derive(Clone)]
pub struct SmtpSink {
    pub port: u16,
    state: Arc<Mutex<State>>,
}

impl SmtpSink {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state: Arc<Mutex<State>> = Arc::default();
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                std::thread::spawn(move || {
                    let _ = converse(&stream, &state);
                });
            }
        });
        Self { port, state }
    }

    /// The pause before each message is taken.
    pub fn slow_down(&self, pause: Duration) {
        self.state.lock().unwrap().pause = pause;
    }

    /// The answer to RCPT for this address.
    pub fn answer(&self, address: &str, reply: &str) {
        self.state.lock().unwrap().replies.insert(address.to_owned(), reply.to_owned());
    }

    /// Messages that are here whole, answered or not.
    pub fn received(&self) -> usize {
        self.state.lock().unwrap().received
    }

    pub fn taken(&self) -> Vec<Taken> {
        self.state.lock().unwrap().taken.clone()
    }
}

fn converse(stream: &TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut writer = stream;
    writer.write_all(b"220 sink.test\r\n")?;
    let mut to = Vec::new();
    let mut line = String::new();
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let command = line.trim_end().to_owned();
        let address = || command.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
        let upper = command.to_uppercase();
        let reply = if upper.starts_with("EHLO") {
            "250-sink.test\r\n250 8BITMIME".to_owned()
        } else if upper.starts_with("MAIL") {
            to = Vec::new();
            "250 ok".to_owned()
        } else if upper.starts_with("RCPT") {
            let reply = state.lock().unwrap().replies.get(&address()).cloned();
            if reply.is_none() {
                to.push(address());
            }
            reply.unwrap_or("250 ok".to_owned())
        } else if upper.starts_with("DATA") {
            writer.write_all(b"354 go\r\n")?;
            let data = read_data(&mut reader)?;
            state.lock().unwrap().received += 1;
            let pause = state.lock().unwrap().pause;
            std::thread::sleep(pause);
            state.lock().unwrap().taken.push(Taken { to: to.clone(), data });
            "250 taken".to_owned()
        } else if upper.starts_with("QUIT") {
            writer.write_all(b"221 bye\r\n")?;
            return Ok(());
        } else {
            "250 ok".to_owned()
        };
        writer.write_all(format!("{reply}\r\n").as_bytes())?;
    }
}

fn read_data(reader: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut data = String::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line == ".\r\n" {
            return Ok(data);
        }
        data.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}
