//! The stream under an SMTP connection: plain, plain until TLS, or TLS from the start; and what goes over it.
//!
//! STARTTLS response injection (the class of CVE-2011-0411): whoever can write into the connection puts an answer
//! behind `220 go`, in the same packet; a client that reads ahead takes it, after the handshake, for the server's. A
//! guarded stream hands out one byte a read, so nothing is read ahead, until the ClientHello is written.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};

/// The first byte of a TLS handshake record (RFC 8446 §5.1), and of no SMTP command.
const HANDSHAKE: u8 = 0x16;

#[derive(Debug)]
pub(super) enum Stream {
    Plain(TcpStream),
    Guarded { tcp: TcpStream, is_clear: bool },
    Tls(Box<TlsStream<TcpStream>>),
}

impl AsyncTokioStream for Stream {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        match self {
            Self::Plain(tcp) | Self::Guarded { tcp, .. } => tcp.peer_addr(),
            Self::Tls(tls) => tls.get_ref().0.peer_addr(),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) | Self::Guarded { tcp, is_clear: false } => Pin::new(tcp).poll_read(cx, buffer),
            Self::Guarded { tcp, is_clear: true } => {
                let mut byte = [0; 1];
                let mut one = ReadBuf::new(&mut byte);
                let polled = Pin::new(tcp).poll_read(cx, &mut one);
                if let Poll::Ready(Ok(())) = polled {
                    buffer.put_slice(one.filled());
                }
                polled
            }
            Self::Tls(tls) => Pin::new(tls).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_write(cx, bytes),
            Self::Guarded { tcp, is_clear } => {
                *is_clear = *is_clear && bytes.first() != Some(&HANDSHAKE);
                Pin::new(tcp).poll_write(cx, bytes)
            }
            Self::Tls(tls) => Pin::new(tls).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) | Self::Guarded { tcp, .. } => Pin::new(tcp).poll_flush(cx),
            Self::Tls(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) | Self::Guarded { tcp, .. } => Pin::new(tcp).poll_shutdown(cx),
            Self::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}

/// The system's certificates, as lettre takes them for STARTTLS.
pub(super) fn client_config() -> Result<ClientConfig, Box<dyn std::error::Error + Send + Sync>> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// CRLF at every line end, so that no bare LF smuggles a dot past a lax server, and none at the very end: lettre
/// writes the last one with the dot.
pub(super) fn wire_form(bytes: &[u8]) -> Vec<u8> {
    let mut wire = Vec::with_capacity(bytes.len() + bytes.len() / 40);
    let mut rest = bytes.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        match byte {
            b'\r' | b'\n' => {
                if byte == b'\r' && rest.peek() == Some(&b'\n') {
                    rest.next();
                }
                wire.extend_from_slice(b"\r\n");
            }
            other => wire.push(other),
        }
    }
    if wire.ends_with(b"\r\n") {
        wire.truncate(wire.len() - 2);
    }
    wire
}
