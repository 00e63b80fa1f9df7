//! How far a connection has got with a request, and since when: told by what is read and written on it, so that one look
//! at the time since the last step finds whoever dawdles, wherever they do.

use std::io;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::Instant;

/// What is still read, and thrown away, of a connection that we close.
const MOST_LEFTOVER_BYTES: usize = 1024 * 1024;

/// What a connection is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// No byte of a request has come.
    Idle,
    /// The head of a request is coming.
    Head,
    /// A request is being answered; its body may still come.
    Request,
    /// The answer is leaving.
    Answer,
    /// All is said; what still comes is thrown away.
    Close,
}

/// A connection's stage, and the way to end it.
#[derive(Debug)]
pub(super) struct Pace {
    at: Mutex<(Stage, Instant)>,
    cut: Notify,
}

impl Pace {
    pub(super) fn new() -> Self {
        Self { at: Mutex::new((Stage::Idle, Instant::now())), cut: Notify::new() }
    }

    pub(super) fn reach(&self, stage: Stage) {
        *self.lock() = (stage, Instant::now());
    }

    /// The same if it is at `from`. Time spent at one stage is not made longer by doing a little more of the same.
    fn leave(&self, from: Stage, to: Stage) {
        let mut at = self.lock();
        if at.0 == from {
            *at = (to, Instant::now());
        }
    }

    pub(super) fn stage(&self) -> Stage {
        self.lock().0
    }

    /// The stage, and since when.
    pub(super) fn at(&self) -> (Stage, Instant) {
        *self.lock()
    }

    /// Ends the connection.
    pub(super) fn end(&self) {
        self.cut.notify_one();
    }

    /// Waits until it is ended.
    pub(super) async fn cut(&self) {
        self.cut.notified().await;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, (Stage, Instant)> {
        self.at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that tells its pace.
pub(super) struct Paced<'a> {
    stream: TcpStream,
    pace: &'a Pace,
    leftover: usize,
}

impl<'a> Paced<'a> {
    pub(super) fn new(stream: TcpStream, pace: &'a Pace) -> Self {
        Self { stream, pace, leftover: MOST_LEFTOVER_BYTES }
    }
}

impl AsyncRead for Paced<'_> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        if buffer.filled().len() > before {
            self.pace.leave(Stage::Idle, Stage::Head);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Paced<'_> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.pace.leave(Stage::Idle, Stage::Answer);
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.pace.leave(Stage::Idle, Stage::Answer);
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// hyper flushes when all of an answer is written.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        self.pace.leave(Stage::Answer, Stage::Idle);
        Poll::Ready(Ok(()))
    }

    /// Says that nothing more comes, and waits until the other side does. Closed with unread bytes in it, a connection is
    /// reset, and an answer on its way (413, say) is lost with it.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.pace.stage() != Stage::Close {
            ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
            self.pace.reach(Stage::Close);
        }
        let mut bytes = [0; 8 * 1024];
        while self.leftover > 0 {
            let mut buffer = ReadBuf::new(&mut bytes);
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer))?;
            let read = buffer.filled().len();
            self.leftover = if read == 0 { 0 } else { self.leftover.saturating_sub(read) };
        }
        Poll::Ready(Ok(()))
    }
}
