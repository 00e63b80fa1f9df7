//! An SMTP server whose every answer a test may set. It keeps what it was told: in the clear, as lines, by packet.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::hostile::tls;

/// What is done where a test does not want the ordinary answer.
#[derive(Debug, Clone)]
pub enum Act {
    /// This, and a line end if there is none.
    Say(String),
    /// These bytes.
    Bytes(&'static [u8]),
    /// This, and then the connection ends.
    SayLast(&'static str),
    /// Nothing, for ever.
    Silence,
    /// The connection ends.
    HangUp,
    /// This over and over, for ever.
    Repeat(&'static [u8]),
}

pub fn say(words: &str) -> Option<Act> {
    Some(Act::Say(words.to_owned()))
}

/// The stage is `greeting`, `dot`, or the command's word; the line is the command's, or the first recipient's at `dot`.
pub type Answer = Arc<dyn Fn(&str, &str) -> Option<Act> + Send + Sync>;

/// How a server behaves.
#[derive(Clone)]
pub struct Script {
    pub offers: &'static [&'static str],
    pub tls: Option<TlsAcceptor>,
    pub is_implicit: bool,
    pub answer: Answer,
}

impl Script {
    /// Offers these extensions, and answers as it should.
    pub fn offering(offers: &'static [&'static str]) -> Self {
        Self { offers, tls: None, is_implicit: false, answer: Arc::new(|_, _| None) }
    }

    /// Where this has no answer, the ordinary one is given.
    pub fn answering(self, answer: impl Fn(&str, &str) -> Option<Act> + Send + Sync + 'static) -> Self {
        Self { answer: Arc::new(answer), ..self }
    }

    /// After STARTTLS, with the certificate and key of this file.
    pub fn with_certificate(self, pem: &Path) -> Self {
        Self { tls: Some(TlsAcceptor::from(Arc::new(tls(pem)))), ..self }
    }

    /// From the first byte.
    pub fn implicit(self) -> Self {
        Self { is_implicit: true, ..self }
    }
}

/// What a server saw.
#[derive(Default)]
pub struct Seen {
    pub connections: AtomicUsize,
    /// Bytes that a client took of an endless answer.
    pub taken: AtomicUsize,
    /// Everything that came unencrypted.
    pub clear: Mutex<Vec<u8>>,
    /// What one read brought, above TLS.
    pub packets: Mutex<Vec<Vec<u8>>>,
    pub lines: Mutex<Vec<String>>,
    /// Recipients and text, dots taken out again, of what was accepted.
    pub messages: Mutex<Vec<(Vec<String>, Vec<u8>)>>,
}

/// A running server.
pub struct Stage {
    pub port: u16,
    pub seen: Arc<Seen>,
}

impl Stage {
    pub async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Seen::default());
        let shared = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                shared.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(meet(stream, script.clone(), Arc::clone(&shared)));
            }
        });
        Self { port, seen }
    }

    pub fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// How many commands began with this word.
    pub fn count(&self, word: &str) -> usize {
        self.seen.lines.lock().unwrap().iter().filter(|line| line.starts_with(word)).count()
    }

    pub fn clear(&self) -> String {
        String::from_utf8_lossy(&self.seen.clear.lock().unwrap()).into_owned()
    }
}

async fn meet(tcp: TcpStream, script: Script, seen: Arc<Seen>) -> std::io::Result<()> {
    tcp.set_nodelay(true)?;
    let mut session = Session { script, seen, is_secure: false, unread: Vec::new() };
    if session.script.is_implicit {
        let stream = session.script.tls.clone().expect("a certificate").accept(tcp).await?;
        session.is_secure = true;
        return session.converse(stream, true).await.map(drop);
    }
    if let Some(tcp) = session.converse(tcp, true).await? {
        let Some(acceptor) = session.script.tls.clone() else {
            // What comes now should be a handshake; it is kept.
            return session.converse(tcp, false).await.map(drop);
        };
        let stream = acceptor.accept(tcp).await?;
        session.is_secure = true;
        session.converse(stream, false).await?;
    }
    Ok(())
}

struct Session {
    script: Script,
    seen: Arc<Seen>,
    is_secure: bool,
    unread: Vec<u8>,
}

impl Session {
    /// Gives the stream back when TLS is to begin on it.
    async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        mut stream: S,
        greets: bool,
    ) -> std::io::Result<Option<S>> {
        if greets {
            self.answer(&mut stream, "greeting", "", "220 stage.test ESMTP").await?;
        }
        let mut to: Vec<String> = Vec::new();
        while let Some(line) = self.line(&mut stream).await? {
            self.seen.lines.lock().unwrap().push(line.clone());
            let word = line.split(' ').next().unwrap_or_default().to_uppercase();
            let usual = match word.as_str() {
                "EHLO" => self.offer(),
                "DATA" if to.is_empty() => "554 5.5.1 no valid recipients".to_owned(),
                "DATA" => "354 go".to_owned(),
                "STARTTLS" => "220 go".to_owned(),
                "AUTH" => self.log_in(&mut stream, &line).await?,
                "QUIT" => "221 bye".to_owned(),
                _ => "250 ok".to_owned(),
            };
            let code = self.answer(&mut stream, &word, &line, &usual).await?;
            match word.as_str() {
                "STARTTLS" if code == "220" => return Ok(Some(stream)),
                "QUIT" => return Ok(None),
                "MAIL" | "RSET" => to.clear(),
                "RCPT" if code == "250" => to.push(line.split(['<', '>']).nth(1).unwrap_or_default().to_owned()),
                "DATA" if code == "354" => self.take(&mut stream, &to).await?,
                _ => {}
            }
        }
        Ok(None)
    }

    fn offer(&self) -> String {
        let hidden = |offer: &&&str| **offer == "STARTTLS" && self.is_secure;
        let offers = self.script.offers.iter().filter(|offer| !hidden(offer));
        let lines: String = offers.map(|offer| format!("250-{offer}\r\n")).collect();
        format!("250-stage.test\r\n{lines}250 HELP")
    }

    /// LOGIN asks twice; what PLAIN brought stands in the line.
    async fn log_in<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        line: &str,
    ) -> std::io::Result<String> {
        if line.eq_ignore_ascii_case("AUTH LOGIN") {
            for question in ["334 VXNlcm5hbWU6\r\n", "334 UGFzc3dvcmQ6\r\n"] {
                stream.write_all(question.as_bytes()).await?;
                stream.flush().await?;
                let answer = self.line(stream).await?.unwrap_or_default();
                self.seen.lines.lock().unwrap().push(answer);
            }
        }
        Ok("235 2.7.0 welcome".to_owned())
    }

    async fn take<S: AsyncRead + AsyncWrite + Unpin>(&mut self, stream: &mut S, to: &[String]) -> std::io::Result<()> {
        let mut text = Vec::new();
        while let Some(line) = self.raw_line(stream).await? {
            if line == b".\r\n" {
                let first = to.first().map(String::as_str).unwrap_or_default();
                let usual = if to.is_empty() { "554 5.5.1 no valid recipients" } else { "250 2.0.0 kept" };
                if self.answer(stream, "dot", first, usual).await? == "250" {
                    self.seen.messages.lock().unwrap().push((to.to_vec(), text));
                }
                return Ok(());
            }
            text.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        }
        Err(std::io::ErrorKind::UnexpectedEof.into())
    }

    /// The code that was said.
    async fn answer<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        stage: &str,
        line: &str,
        usual: &str,
    ) -> std::io::Result<String> {
        let act = (self.script.answer)(stage, line).unwrap_or(Act::Say(usual.to_owned()));
        match act {
            Act::Say(words) => {
                let end = if words.ends_with('\n') { "" } else { "\r\n" };
                stream.write_all(format!("{words}{end}").as_bytes()).await?;
                stream.flush().await?;
                Ok(words.chars().take(3).collect())
            }
            Act::Bytes(bytes) => {
                stream.write_all(bytes).await?;
                stream.flush().await?;
                Ok(String::from_utf8_lossy(&bytes[..3]).into_owned())
            }
            Act::SayLast(words) => {
                stream.write_all(format!("{words}\r\n").as_bytes()).await?;
                Err(std::io::ErrorKind::ConnectionAborted.into())
            }
            Act::Silence => std::future::pending().await,
            Act::HangUp => Err(std::io::ErrorKind::ConnectionAborted.into()),
            Act::Repeat(bytes) => loop {
                let written = stream.write(bytes).await?;
                self.seen.taken.fetch_add(written, Ordering::SeqCst);
            },
        }
    }

    async fn line<S: AsyncRead + Unpin>(&mut self, stream: &mut S) -> std::io::Result<Option<String>> {
        let line = self.raw_line(stream).await?;
        Ok(line.map(|line| String::from_utf8_lossy(&line).trim_end().to_owned()))
    }

    /// Up to CRLF, as a strict server reads.
    async fn raw_line<S: AsyncRead + Unpin>(&mut self, stream: &mut S) -> std::io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(at) = self.unread.windows(2).position(|pair| pair == b"\r\n") {
                return Ok(Some(self.unread.drain(..at + 2).collect()));
            }
            let mut packet = vec![0; 1 << 18];
            let read = stream.read(&mut packet).await?;
            if read == 0 {
                return Ok(None);
            }
            packet.truncate(read);
            self.unread.extend_from_slice(&packet);
            if !self.is_secure {
                self.seen.clear.lock().unwrap().extend_from_slice(&packet);
            }
            self.seen.packets.lock().unwrap().push(packet);
        }
    }
}
