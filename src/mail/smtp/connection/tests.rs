//! How many writes a message takes: packets cannot be counted reliably at the other end.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf};

use super::*;

/// A channel that keeps what each write brought.
#[derive(Debug)]
struct Counted {
    channel: DuplexStream,
    writes: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl AsyncRead for Counted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.channel).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.writes.lock().expect("a lock").push(bytes.to_vec());
        Pin::new(&mut self.channel).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.channel).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.channel).poll_shutdown(cx)
    }
}

#[tokio::test]
async fn a_message_takes_two_writes_the_group_and_the_text_with_its_dot() {
    let (channel, mut server) = tokio::io::duplex(1 << 16);
    let writes: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
    let channel = Counted { channel, writes: Arc::clone(&writes) };
    // All answers in advance: each is read when its command was written.
    server.write_all(b"220 x\r\n250 x\r\n250 ok\r\n250 ok\r\n354 go\r\n250 kept\r\n").await.expect("room");
    let stream = Stream::new(Box::new(channel), SocketAddr::from(([127, 0, 0, 1], 25)));
    let hello = ClientId::Domain("digest.example.org".to_owned());
    let smtp = AsyncSmtpConnection::connect_with_transport(Box::new(stream), &hello).await.expect("a greeting");
    let (timeout, idle_since) = (Duration::from_secs(5), Instant::now());
    let mut connection =
        Connection { smtp, timeout, takes_groups: true, is_spoilt: false, transactions: 0, idle_since };
    let bytes = b"a line of text.\r\n".repeat(1800);
    let (from, to) = ("a@example.org".parse().expect("one"), "b@example.net".parse().expect("one"));
    let transaction = Transaction { from: &from, to: &to, bytes: &bytes };
    assert_eq!(connection.transact(&transaction).await.expect("kept").reply, "kept");
    let writes = writes.lock().expect("a lock").clone();
    assert_eq!(writes.len(), 3, "EHLO and the message");
    assert_eq!(writes[1], b"MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n");
    assert_eq!(writes[2], [bytes.as_slice(), b".\r\n"].concat());
}
