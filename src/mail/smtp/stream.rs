//! The stream under lettre's connection, in the clear or within TLS alike: an answer is bounded and ASCII, whatever a
//! server sends, and a failed write is distinguished from an answer that did not come.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The most that is read between two writes. RFC 5321 §4.5.3.1.5 allows 512 bytes a line, a refusal has few of them;
/// lettre bounds only what has line ends, and takes quadratic time for the lines of one answer.
pub(super) const ANSWER_BYTES: usize = 8 * 1024;

/// What carries the bytes.
pub(super) trait Channel: AsyncRead + AsyncWrite + Send + Sync + Unpin + std::fmt::Debug {}

impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin + std::fmt::Debug> Channel for T {}

/// What went wrong below lettre, found again in the causes of its error.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// The other side has not got all of it: a message without its final dot is none.
    #[error("the connection broke before everything was sent")]
    Unsent(#[source] io::Error),
    /// An answer beyond [`ANSWER_BYTES`].
    #[error("the answer has no end")]
    Endless,
}

impl From<Fault> for io::Error {
    fn from(fault: Fault) -> Self {
        Self::other(fault)
    }
}

/// A channel as lettre is to see it.
#[derive(Debug)]
pub(super) struct Stream {
    channel: Box<dyn Channel>,
    peer: SocketAddr,
    greeting: &'static [u8],
    /// Bytes read since the last write.
    read: usize,
    /// Bytes of the answer's line that has not ended: a line without any is no part of an answer.
    line: usize,
    says_helo: bool,
}

impl Stream {
    /// A channel on which the server speaks first.
    pub(super) fn new(channel: Box<dyn Channel>, peer: SocketAddr) -> Self {
        Self { channel, peer, greeting: b"", read: 0, line: 0, says_helo: false }
    }

    /// A channel on which the server has greeted before TLS, and does not greet again (RFC 3207 §4.2): lettre, which
    /// begins each connection by reading a greeting, is given one.
    pub(super) fn greeted(channel: Box<dyn Channel>, peer: SocketAddr) -> Self {
        Self { greeting: b"220 secured\r\n", ..Self::new(channel, peer) }
    }

    /// The same for a server that knows no EHLO (RFC 5321 §3.2): lettre's becomes HELO.
    pub(super) fn saying_helo(self) -> Self {
        Self { says_helo: true, ..self }
    }
}

impl AsyncTokioStream for Stream {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.greeting.is_empty() {
            let (now, later) = this.greeting.split_at(this.greeting.len().min(buffer.remaining()));
            buffer.put_slice(now);
            this.greeting = later;
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        loop {
            ready!(Pin::new(&mut this.channel).poll_read(cx, buffer))?;
            let answer = &mut buffer.filled_mut()[before..];
            let is_over = answer.is_empty();
            ascii(answer);
            this.read += answer.len();
            if this.read > ANSWER_BYTES {
                return Poll::Ready(Err(Fault::Endless.into()));
            }
            let kept = without_empty_lines(answer, &mut this.line);
            buffer.set_filled(before + kept);
            // Empty lines alone are nothing yet; nothing at all is the end.
            if kept > 0 || is_over {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.read = 0;
        if this.says_helo && bytes.starts_with(b"EHLO ") {
            let helo = [b"HELO", &bytes[4..]].concat();
            return Pin::new(&mut this.channel).poll_write(cx, &helo).map_err(|error| Fault::Unsent(error).into());
        }
        Pin::new(&mut this.channel).poll_write(cx, bytes).map_err(|error| Fault::Unsent(error).into())
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().channel).poll_flush(cx).map_err(|error| Fault::Unsent(error).into())
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().channel).poll_shutdown(cx)
    }
}

/// Moves what is in lines with something in them to the front, and tells how much that is. Some servers write an empty
/// line before an answer, which lettre would take for a broken one.
fn without_empty_lines(answer: &mut [u8], line: &mut usize) -> usize {
    let mut kept = 0;
    for at in 0..answer.len() {
        let byte = answer[at];
        if *line == 0 && matches!(byte, b'\r' | b'\n') {
            continue;
        }
        *line = if byte == b'\n' { 0 } else { *line + 1 };
        answer[kept] = byte;
        kept += 1;
    }
    kept
}

/// Answers are ASCII save where both sides agreed on more (RFC 6531 §3.7.4.1). Words in other encodings must not cost
/// us the code in front of them.
pub(super) fn ascii(answer: &mut [u8]) {
    answer.iter_mut().filter(|byte| !byte.is_ascii()).for_each(|byte| *byte = b'?');
}
