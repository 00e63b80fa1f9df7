//! A visitor of the pages who says exactly these bytes, and reads what comes back.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Longer than any answer takes; whoever meets it has found a server that hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// An answer, taken apart.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    /// Lower case.
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n")?;
        let status = head.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
        Some(Self { status, head: head.to_lowercase(), body: body.to_owned() })
    }

    /// A header's value; all of them, if it stands there more than once.
    pub fn header(&self, name: &str) -> Option<String> {
        let values: Vec<&str> = self
            .head
            .split("\r\n")
            .skip(1)
            .filter_map(|line| line.split_once(": ").filter(|(key, _)| *key == name).map(|(_, value)| value))
            .collect();
        (!values.is_empty()).then(|| values.join(" | "))
    }
}

/// Sends a request of a head without its last line, and a body, and gives all that comes back.
pub async fn ask(at: SocketAddr, head: &str, body: &[u8]) -> Answer {
    let request = [format!("{head}\r\nhost: digest.test\r\nconnection: close\r\n\r\n").as_bytes(), body].concat();
    let bytes = say(at, &request).await;
    Answer::read(&bytes).unwrap_or_else(|| panic!("no answer to {head:?}: {bytes:?}"))
}

/// Sends these bytes, and gives all that comes back until the server closes.
pub async fn say(at: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    speak(at, bytes, false).await
}

/// The same, and says that nothing more comes.
pub async fn say_and_end(at: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    speak(at, bytes, true).await
}

async fn speak(at: SocketAddr, bytes: &[u8], says_end: bool) -> Vec<u8> {
    let mut stream = TcpStream::connect(at).await.unwrap();
    let mut answer = Vec::new();
    let (mut reading, mut writing) = stream.split();
    let speaking = async {
        // A server that has answered may close before it has heard all.
        if writing.write_all(bytes).await.is_ok() && says_end {
            let _ = writing.shutdown().await;
        }
    };
    let both = async {
        // What comes before a reset counts.
        let ((), _) = tokio::join!(speaking, reading.read_to_end(&mut answer));
    };
    tokio::time::timeout(PATIENCE, both).await.expect("the server closes in the end");
    answer
}
