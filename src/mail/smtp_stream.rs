//! The stream under an SMTP connection: plain, plain until TLS, or TLS from the start.
//!
//! STARTTLS response injection (the class of CVE-2011-0411): whoever can write into the connection puts an answer
//! behind `220 go`, in the same packet; a client that reads ahead takes it, after the handshake, for the server's. A
//! guarded stream hands out one byte a read, so nothing is read ahead, until the ClientHello is written.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

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
