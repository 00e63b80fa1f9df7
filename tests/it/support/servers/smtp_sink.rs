//! A local SMTP server in a thread of its own: takes what it is sent, and answers as the test says. It counts what it
//! hears.

use std::collections::{BTreeMap, HashMap, VecDeque};
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
    dropped: Vec<Taken>,
    replies: HashMap<String, String>,
    in_turn: HashMap<String, VecDeque<String>>,
    heard: BTreeMap<String, usize>,
    pause: Duration,
    is_closed: bool,
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

    /// The answer to RCPT for this address; or to a verb, as `AUTH`, `MAIL`, or `GREETING` for the first line.
    pub fn answer(&self, what: &str, reply: &str) {
        self.state.lock().unwrap().replies.insert(what.to_owned(), reply.to_owned());
    }

    /// The answers to an address's attempts, one each, then 250. After `drop` the message is read to its end and the
    /// connection closed without an answer.
    pub fn answer_in_turn(&self, address: &str, replies: impl IntoIterator<Item = impl Into<String>>) {
        let replies = replies.into_iter().map(Into::into).collect();
        self.state.lock().unwrap().in_turn.insert(address.to_owned(), replies);
    }

    /// Whether every connection is closed, a new one before a word is said.
    pub fn close(&self, is_closed: bool) {
        self.state.lock().unwrap().is_closed = is_closed;
    }

    /// How often it heard a verb; `CONNECT` for connections.
    pub fn heard(&self, verb: &str) -> usize {
        self.state.lock().unwrap().heard.get(verb).copied().unwrap_or(0)
    }

    /// Messages that are here whole, answered or not.
    pub fn received(&self) -> usize {
        self.state.lock().unwrap().received
    }

    pub fn taken(&self) -> Vec<Taken> {
        self.state.lock().unwrap().taken.clone()
    }

    /// Messages that were read to their end and not answered.
    pub fn dropped(&self) -> Vec<Taken> {
        self.state.lock().unwrap().dropped.clone()
    }
}

impl State {
    fn hear(&mut self, verb: &str) -> Option<String> {
        *self.heard.entry(verb.to_owned()).or_default() += 1;
        self.replies.get(verb).cloned()
    }

    /// What an address is answered, and whether its message is dropped.
    fn recipient(&mut self, address: &str) -> (String, bool) {
        let ok = || "250 ok".to_owned();
        match self.in_turn.get_mut(address).and_then(VecDeque::pop_front) {
            Some(reply) if reply == "drop" => (ok(), true),
            Some(reply) => (reply, false),
            None => (self.replies.get(address).cloned().unwrap_or_else(ok), false),
        }
    }
}

fn converse(stream: &TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut writer = stream;
    let greeting = {
        let mut state = state.lock().unwrap();
        let reply = state.hear("CONNECT").or_else(|| state.hear("GREETING"));
        if state.is_closed {
            return Ok(());
        }
        reply.unwrap_or_else(|| "220 sink.test".to_owned())
    };
    writer.write_all(format!("{greeting}\r\n").as_bytes())?;
    let (mut to, mut is_dropped) = (Vec::new(), false);
    let mut line = String::new();
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let command = line.trim_end().to_owned();
        let verb = command.split([' ', ':']).next().unwrap_or_default().to_uppercase();
        let said = {
            let mut state = state.lock().unwrap();
            if state.is_closed {
                return Ok(());
            }
            state.hear(&verb)
        };
        let reply = match (verb.as_str(), said) {
            (_, Some(reply)) => reply,
            ("EHLO", _) => "250-sink.test\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME".to_owned(),
            ("AUTH", _) => "235 2.7.0 ok".to_owned(),
            ("MAIL", _) => {
                (to, is_dropped) = (Vec::new(), false);
                "250 ok".to_owned()
            }
            ("RCPT", _) => {
                let address = command.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                let (reply, drop) = state.lock().unwrap().recipient(&address);
                is_dropped |= drop;
                if reply.starts_with('2') {
                    to.push(address);
                }
                reply
            }
            ("DATA", _) => {
                writer.write_all(b"354 go\r\n")?;
                let data = read_data(&mut reader)?;
                state.lock().unwrap().received += 1;
                let pause = state.lock().unwrap().pause;
                std::thread::sleep(pause);
                let taken = Taken { to: to.clone(), data };
                let mut state = state.lock().unwrap();
                if is_dropped {
                    state.dropped.push(taken);
                    return Ok(());
                }
                state.taken.push(taken);
                "250 taken".to_owned()
            }
            ("QUIT", _) => {
                writer.write_all(b"221 bye\r\n")?;
                return Ok(());
            }
            _ => "250 ok".to_owned(),
        };
        writer.write_all(format!("{reply}\r\n").as_bytes())?;
        if reply.starts_with("421") {
            return Ok(());
        }
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
