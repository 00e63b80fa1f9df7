//! Hands the same message of 30 KB to a server on this machine many times over, on some connections, and prints
//! messages a second and milliseconds of processor a message. Arguments: PORT CONNECTIONS MESSAGES.

use std::time::{Duration, Instant};

use futures::{StreamExt, stream};
use policy_digest::mail::Outgoing;
use policy_digest::mail::smtp::{Pool, Settings, Tls};

/// User and system time of this process. Linux counts it in hundredths of a second.
fn processor_ms() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or(f64::NAN);
    (ticks(11) + ticks(12)) * 10.0
}

fn main() {
    let arguments: Vec<usize> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let [port, connections, messages] = arguments[..] else { panic!("PORT CONNECTIONS MESSAGES, please") };
    let pool = Pool::new(Settings {
        host: "127.0.0.1".to_owned(),
        port: u16::try_from(port).expect("a port"),
        tls: Tls::None,
        ca: None,
        login: None,
        hello: None,
        max_connections: connections,
        messages_per_connection: 100,
        timeout: Duration::from_secs(60),
        max_idle: Duration::from_secs(30),
    });
    let line = b"Seventy letters of text, much as quoted-printable leaves them in a mail.\r\n";
    let bytes = [b"Subject: a message\r\n\r\n".to_vec(), line.repeat(30_000 / line.len())].concat();
    let outgoing = Outgoing {
        from: "a@example.org",
        to: "b@example.net",
        message_id: "<1@example.org>",
        bytes: &bytes,
        html: None,
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (started, before) = (Instant::now(), processor_ms());
    runtime.block_on(async {
        let sent = stream::iter(0..messages).for_each_concurrent(connections, |_| async {
            pool.send(&outgoing).await.expect("a server that takes everything");
        });
        sent.await;
        pool.close().await;
    });
    let rate = messages as f64 / started.elapsed().as_secs_f64();
    let each = (processor_ms() - before) / messages as f64;
    println!("{connections} connections: {rate:.0} messages a second, {each:.3} ms of processor each");
}
