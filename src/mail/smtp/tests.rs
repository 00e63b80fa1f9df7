//! The pool against a small server on a port of its own.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use super::*;
use crate::mail::Verdict;

/// What the server saw.
#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    lines: Mutex<Vec<String>>,
    messages: Mutex<Vec<String>>,
}

/// Answers RCPT by the recipient's name: `unknown` 550, `later` 451, `drop` is lost after the message's last dot,
/// `silent` gets no answer; `once` closes the connection after the message.
async fn serve(listener: TcpListener, seen: Arc<Seen>) {
    while let Ok((stream, _)) = listener.accept().await {
        seen.connections.fetch_add(1, Ordering::SeqCst);
        tokio::spawn(talk(stream, Arc::clone(&seen)));
    }
}

async fn talk(stream: TcpStream, seen: Arc<Seen>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 sink ESMTP\r\n").await?;
    let mut recipient = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        seen.lines.lock().expect("a lock").push(line.trim_end().to_owned());
        let answer = match line.split([' ', '\r']).next().unwrap_or_default() {
            "EHLO" => "250-sink\r\n250 AUTH PLAIN\r\n",
            "AUTH" => "535 5.7.8 wrong\r\n",
            "RCPT" => {
                recipient = line.clone();
                match () {
                    () if line.contains("unknown") => "550 5.1.1 no such user\r\n",
                    () if line.contains("later") => "451 4.7.1 later\r\n",
                    () if line.contains("silent") => continue,
                    () => "250 ok\r\n",
                }
            }
            "DATA" => {
                stream.write_all(b"354 go\r\n").await?;
                let mut message = String::new();
                while !message.ends_with("\r\n.\r\n") {
                    if stream.read_line(&mut message).await? == 0 {
                        return Ok(());
                    }
                }
                seen.messages.lock().expect("a lock").push(message);
                if recipient.contains("drop") {
                    return Ok(());
                }
                if recipient.contains("once") {
                    stream.write_all(b"250 2.0.0 kept as 1\r\n").await?;
                    return Ok(());
                }
                "250 2.0.0 kept as 1\r\n"
            }
            _ => "250 ok\r\n",
        };
        stream.write_all(answer.as_bytes()).await?;
    }
}

fn settings(port: u16, tls: Tls) -> Settings {
    Settings {
        host: "127.0.0.1".into(),
        port,
        tls,
        login: None,
        hello: "digest.example.org".into(),
        max_connections: 1,
        timeout: Duration::from_millis(500),
    }
}

async fn sink() -> (Pool, Arc<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let seen = Arc::new(Seen::default());
    tokio::spawn(serve(listener, Arc::clone(&seen)));
    (Pool::new(settings(port, Tls::None)), seen)
}

async fn send(pool: &Pool, to: &str, bytes: &[u8]) -> Result<Accepted, Error> {
    let to = format!("{to}@example.org");
    let outgoing = Outgoing { from: "digest@example.org", to: &to, message_id: "<1@example.org>", bytes, html: None };
    pool.send(&outgoing).await
}

#[tokio::test]
async fn a_connection_is_used_again_also_after_a_refusal() {
    let (pool, seen) = sink().await;
    assert_eq!(send(&pool, "a", b"x\r\n").await.expect("accepted").reply, "2.0.0 kept as 1");
    assert_eq!(send(&pool, "unknown", b"x\r\n").await.expect_err("a refusal").verdict(), Verdict::Permanent);
    assert_eq!(send(&pool, "later", b"x\r\n").await.expect_err("a refusal").verdict(), Verdict::Transient);
    send(&pool, "b", b"x\r\n").await.expect("accepted");
    assert_eq!(seen.connections.load(Ordering::SeqCst), 1);
    assert_eq!(seen.lines.lock().expect("a lock").iter().filter(|line| *line == "RSET").count(), 2);
}

#[tokio::test]
async fn a_connection_lost_after_the_message_leaves_it_unknown() {
    let (pool, _) = sink().await;
    assert_eq!(send(&pool, "drop", b"x\r\n").await.expect_err("a loss").verdict(), Verdict::Unknown);
    send(&pool, "a", b"x\r\n").await.expect("accepted on a new connection");
}

#[tokio::test]
async fn a_silent_server_is_given_up() {
    let (pool, _) = sink().await;
    assert_eq!(send(&pool, "silent", b"x\r\n").await.expect_err("no answer").verdict(), Verdict::Transient);
}

#[tokio::test]
async fn a_connection_that_went_stale_is_replaced_without_a_word() {
    let (pool, seen) = sink().await;
    send(&pool, "once", b"x\r\n").await.expect("accepted");
    send(&pool, "a", b"x\r\n").await.expect("accepted");
    assert_eq!(seen.connections.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn line_ends_are_crlf_and_dots_are_stuffed() {
    let (pool, seen) = sink().await;
    send(&pool, "a", b"A: b\n\n.\nMAIL FROM:<x@y>\r\n.z\r\n").await.expect("accepted");
    let message = seen.messages.lock().expect("a lock")[0].clone();
    assert_eq!(message, "A: b\r\n\r\n..\r\nMAIL FROM:<x@y>\r\n..z\r\n.\r\n");
}

#[tokio::test]
async fn a_refused_log_in_is_ours_and_shows_no_password() {
    let (pool, _) = sink().await;
    let login = Some(Login { username: "digest".into(), password: "hunter2".into() });
    let pool = Pool::new(Settings { login, ..pool.settings.clone() });
    let error = send(&pool, "a", b"x").await.expect_err("a refusal");
    assert_eq!(
        (error.verdict(), error.to_string().as_str()),
        (Verdict::Ours, "the mail server refused the log-in: 535 5.7.8")
    );
    assert!(!format!("{pool:?} {error:?}").contains("hunter2"));
}

#[tokio::test]
async fn without_starttls_nothing_is_sent() {
    let (pool, seen) = sink().await;
    let pool = Pool::new(Settings { tls: Tls::StartTls, ..pool.settings.clone() });
    let error = send(&pool, "a", b"x").await.expect_err("a refusal");
    assert!(matches!(error, Error::NoStartTls(_)) && error.verdict() == Verdict::Ours);
    assert!(seen.lines.lock().expect("a lock").iter().all(|line| line.starts_with("EHLO") || line == "QUIT"));
}

/// What comes behind `220 go` must reach the handshake, which chokes on it, and not the reader of answers.
#[tokio::test]
async fn an_answer_injected_before_the_handshake_is_not_taken() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a client");
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        stream.write_all(b"220 sink\r\n").await.expect("written");
        stream.read_line(&mut line).await.expect("EHLO");
        stream.write_all(b"250-sink\r\n250 STARTTLS\r\n").await.expect("written");
        stream.read_line(&mut line).await.expect("STARTTLS");
        stream.write_all(b"220 go\r\n250-evil\r\n250 AUTH PLAIN\r\n").await.expect("written");
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
        rest
    });
    let pool = Pool::new(settings(port, Tls::StartTls));
    let error = send(&pool, "a", b"x").await.expect_err("a refusal");
    assert!(matches!(error, Error::Lost { command: Command::StartTls, .. }), "{error:?}");
    let cause = format!("{error:?}");
    assert!(cause.contains("InvalidMessage") || cause.contains("corrupt"), "the handshake saw it: {cause}");
    drop(pool);
    let rest = server.await.expect("the server");
    assert!(!rest.windows(4).any(|bytes| bytes == b"MAIL" || bytes == b"AUTH"));
}
