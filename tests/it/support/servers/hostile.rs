//! Servers that misbehave: each plays one trick on every connection, byte by byte, and counts what it got away with.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// What is done to a client.
#[derive(Debug, Clone)]
pub enum Trick {
    /// The connection is reset as soon as it is open.
    ResetAtOnce,
    /// Reset when the request has been read.
    ResetAfterRequest,
    /// Reset within the head of the answer.
    ResetInHead,
    /// Reset within the body.
    ResetInBody,
    /// The request is read, and that is all.
    Silence,
    /// A good feed, a byte at a time.
    Drip,
    /// The head of the answer, a byte at a time.
    DripHead,
    /// Header after header, as fast as it goes.
    EndlessHeaders,
    /// One header without an end.
    EndlessHeader,
    /// Each address leads to another.
    EndlessRedirects,
    /// A redirect to this.
    RedirectTo(String),
    /// Ten gigabytes of zeros, packed.
    Bomb,
    /// The body is longer than its Content-Length says.
    LengthTooShort,
    /// The body is shorter than its Content-Length says.
    LengthTooLong,
    /// Packed, and cut off.
    BrokenGzip,
    /// Something that is no HTTP.
    Nonsense,
    /// These bytes, to each request of a connection that is kept open.
    Say(Vec<u8>),
}

/// A running trickster.
pub struct Hostile {
    pub port: u16,
    connections: Arc<AtomicUsize>,
    sent: Arc<AtomicUsize>,
}

impl Hostile {
    pub async fn start(trick: Trick) -> Self {
        Self::at("127.0.0.1:0", trick).await
    }

    pub async fn at(address: &str, trick: Trick) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (connections, sent): (Arc<AtomicUsize>, Arc<AtomicUsize>) = Default::default();
        let (shared, counter) = (Arc::clone(&connections), Arc::clone(&sent));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                shared.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(play(stream, trick.clone(), Arc::clone(&counter)));
            }
        });
        Self { port, connections, sent }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/feed", self.port)
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Bytes that the client's side took.
    pub fn sent(&self) -> usize {
        self.sent.load(Ordering::Relaxed)
    }
}

/// A feed over TLS, with the certificate (and its key) of that file.
pub async fn over_tls(pem: &Path, feed: String) -> String {
    let acceptor = TlsAcceptor::from(Arc::new(tls(pem)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, answer) = (acceptor.clone(), reply("200 OK", feed.as_bytes()));
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut buffer = [0; 4096];
                while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {
                    let _ = stream.write_all(&answer).await;
                }
            });
        }
    });
    format!("https://127.0.0.1:{port}/feed")
}

pub(super) fn tls(pem: &Path) -> ServerConfig {
    let chain = CertificateDer::pem_file_iter(pem).unwrap().map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(pem).unwrap();
    ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap()
}

/// A server that agrees on a protocol within TLS, and then hangs up.
pub struct TlsOffer {
    pub url: String,
    agreed: Arc<Mutex<Option<Vec<u8>>>>,
}

impl TlsOffer {
    pub async fn start(pem: &Path, protocol: &[u8]) -> Self {
        let mut config = tls(pem);
        config.alpn_protocols = vec![protocol.to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}/feed", listener.local_addr().unwrap());
        let agreed: Arc<Mutex<Option<Vec<u8>>>> = Arc::default();
        let shared = Arc::clone(&agreed);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if let Ok(stream) = acceptor.accept(stream).await {
                    *shared.lock().unwrap() = stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec);
                }
            }
        });
        Self { url, agreed }
    }

    pub fn agreed(&self) -> Option<Vec<u8>> {
        self.agreed.lock().unwrap().clone()
    }
}

/// A whole answer.
pub fn reply(head: &str, body: &[u8]) -> Vec<u8> {
    let mut answer = format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n", body.len()).into_bytes();
    answer.extend_from_slice(body);
    answer
}

const FEED: &str = "<rss version=\"2.0\"><channel><title>Slow</title></channel></rss>";

async fn play(mut stream: TcpStream, trick: Trick, sent: Arc<AtomicUsize>) {
    if matches!(trick, Trick::ResetAtOnce) {
        return reset(stream);
    }
    let mut request = [0; 4096];
    let mut number = 0;
    while stream.read(&mut request).await.is_ok_and(|read| read > 0) {
        number += 1;
        let say = |text: &str| text.as_bytes().to_vec();
        let answer = match &trick {
            Trick::ResetAtOnce | Trick::ResetAfterRequest => return reset(stream),
            Trick::ResetInHead => say("HTTP/1.1 200 OK\r\ncontent-le"),
            Trick::ResetInBody => say("HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n<rss version=\"2.0\"><channel>"),
            Trick::Silence => continue,
            Trick::Drip => {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
                return drip(stream, FEED.repeat(100).as_bytes()).await;
            }
            Trick::DripHead => return drip(stream, &reply("200 OK", FEED.as_bytes())).await,
            Trick::EndlessHeaders => {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n").await;
                return for_ever(stream, b"x-more: and more of the same\r\n", &sent).await;
            }
            Trick::EndlessHeader => {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nx-more: ").await;
                return for_ever(stream, &[b'x'; 1000], &sent).await;
            }
            Trick::EndlessRedirects => reply(&format!("302 Found\r\nlocation: /{number}"), b""),
            Trick::RedirectTo(target) => reply(&format!("302 Found\r\nlocation: {target}"), b""),
            Trick::Bomb => {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n").await;
                let (start, repeated) = bomb();
                let _ = stream.write_all(&start).await;
                return for_ever(stream, &repeated, &sent).await;
            }
            Trick::LengthTooShort => {
                let mut answer = reply("200 OK", FEED.as_bytes());
                answer.extend_from_slice(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nbad");
                answer
            }
            // A whole document would be read, whatever its length was said to be.
            Trick::LengthTooLong => {
                say(&format!("HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n{}", &FEED[..FEED.len() - 6]))
            }
            Trick::BrokenGzip => {
                reply("200 OK\r\ncontent-encoding: gzip", &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x4b, 0x4c])
            }
            Trick::Nonsense => say("220 mail.example.org ESMTP\r\n"),
            Trick::Say(bytes) => bytes.clone(),
        };
        let _ = stream.write_all(&answer).await;
        match trick {
            Trick::ResetInHead | Trick::ResetInBody => {
                // What was written must arrive before the reset overtakes it.
                tokio::time::sleep(Duration::from_millis(50)).await;
                return reset(stream);
            }
            Trick::LengthTooLong | Trick::Nonsense => return,
            _ => {}
        }
    }
}

fn reset(stream: TcpStream) {
    let _ = stream.set_zero_linger();
}

async fn drip(mut stream: TcpStream, answer: &[u8]) {
    for byte in answer {
        if stream.write_all(&[*byte]).await.is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Until the client has had enough, or ten gigabytes have been unpacked.
async fn for_ever(mut stream: impl AsyncWrite + Unpin, piece: &[u8], sent: &AtomicUsize) {
    let block = piece.repeat(64 * 1024 / piece.len() + 1);
    while sent.load(Ordering::Relaxed) < 10_000_000_000 / ZEROS_A_BYTE && stream.write_all(&block).await.is_ok() {
        sent.fetch_add(block.len(), Ordering::Relaxed);
    }
}

/// 8 copies of 258 zeros each in 13 bytes.
const ZEROS_A_BYTE: usize = 8 * 258 / 13;

/// RFC 1951 §3.2.6: a block of fixed codes with one zero, and then, without an end, "258 bytes as the one before":
/// 13 bits each, so that 13 bytes hold 8 of them.
fn bomb() -> (Vec<u8>, Vec<u8>) {
    let match_258 = "1100010100000";
    // Not the last block, fixed codes, a literal zero; two bits of the first match fill the byte up.
    let bits = format!("010{}{}", "00110000", match_258.repeat(17));
    let bytes: Vec<u8> = bits
        .as_bytes()
        .chunks_exact(8)
        .map(|byte| byte.iter().rev().fold(0, |value, bit| value << 1 | (bit - b'0')))
        .collect();
    let mut start = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    start.extend_from_slice(&bytes[..2]);
    (start, bytes[2..15].to_vec())
}
