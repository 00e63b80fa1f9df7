//! Against a small local server that says exactly what a test wants.

mod field;

use super::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Answers every request with what `answer` makes of its text; gives its address.
async fn serve(answer: impl Fn(&str) -> Vec<u8> + Send + 'static) -> Url {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut buffer = vec![0; 8192];
            let length = stream.read(&mut buffer).await.unwrap_or(0);
            let reply = answer(&String::from_utf8_lossy(&buffer[..length]));
            if reply.is_empty() {
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_secs(60)).await;
                    drop(stream)
                });
            } else {
                let _ = stream.write_all(&reply).await;
            }
        }
    });
    Url::parse(&format!("http://{address}/feed")).unwrap()
}

fn reply(head: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes =
        format!("HTTP/1.1 {head}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

fn options() -> Options {
    Options {
        user_agent: "test".into(),
        concurrency: 4,
        per_host: 2,
        spacing: Duration::ZERO,
        deadlines: Deadlines::within(Duration::from_secs(5)),
        max_body_bytes: 100_000,
        allow_private: vec![("127.0.0.0".parse().unwrap(), 8)],
        ports: Vec::new(),
        allow_files: false,
        proxy: None,
        ca: None,
        names: Names::default(),
    }
}

async fn fetch(options: Options, url: &Url, validators: &Validators) -> Result<Response, Error> {
    Fetcher::new(options).unwrap().fetch(url, validators, "2026-11-24T12:00:00Z".parse().unwrap()).await
}

#[tokio::test]
async fn validators_are_replayed_and_refreshed_by_a_304() {
    let url = serve(|request| match request.to_ascii_lowercase().contains("if-none-match: w/\"1\"") {
        true => reply("304 Not Modified\r\nCache-Control: max-age=60", b""),
        false => reply("200 OK\r\nETag: W/\"1\"\r\nContent-Type: text/xml", b"<rss/>"),
    })
    .await;
    let first = fetch(options(), &url, &Validators::default()).await.unwrap();
    assert_eq!(first.outcome, Outcome::Body { bytes: b"<rss/>".to_vec(), content_type: Some("text/xml".into()) });
    let second = fetch(options(), &url, &first.validators).await.unwrap();
    assert_eq!((second.outcome, &second.validators), (Outcome::Unchanged, &first.validators));
    assert!(second.fresh_until.is_some() && second.moved_to.is_none());
}

#[tokio::test]
async fn a_loopback_address_is_refused_by_name_and_by_number() {
    let url = serve(|_| reply("200 OK", b"x")).await;
    let closed = Options { allow_private: Vec::new(), ..options() };
    let error = fetch(closed.clone(), &url, &Validators::default()).await.unwrap_err();
    assert!(matches!(error, Error::Address { .. }), "{error:?}");
    let mut named = url.clone();
    named.set_host(Some("localhost")).unwrap();
    let error = fetch(closed, &named, &Validators::default()).await.unwrap_err();
    assert!(matches!(error, Error::Address { .. }), "{error:?}");
    assert_eq!(error.verdict(), Verdict::Ours);
}

#[tokio::test]
async fn redirects_into_the_private_or_to_files_are_refused() {
    for location in
        ["http://10.0.0.1/", "http://[::ffff:10.0.0.1]/", "file:///etc/passwd", "http://127.0.0.1:22/", "gopher://x/"]
    {
        let url = serve(move |_| reply(&format!("302 Found\r\nLocation: {location}"), b"")).await;
        let error = fetch(options(), &url, &Validators::default()).await.unwrap_err();
        assert!(matches!(error, Error::Address { .. } | Error::Redirect(_)), "{location} {error:?}");
    }
}

#[tokio::test]
async fn a_moved_feed_is_followed_and_a_loop_ends() {
    let url = serve(|request| match request.starts_with("GET /new") {
        true => reply("200 OK", b"x"),
        false => reply("301 Moved\r\nLocation: /new", b""),
    })
    .await;
    let answer = fetch(options(), &url, &Validators::default()).await.unwrap();
    assert!(answer.moved_to == Some(answer.final_url.clone()) && answer.final_url.path() == "/new");
    let url = serve(|_| reply("302 Found\r\nLocation: /again", b"")).await;
    assert!(matches!(fetch(options(), &url, &Validators::default()).await, Err(Error::TooManyRedirects(10))));
}

#[tokio::test]
async fn a_large_body_and_an_unknown_encoding_are_refused() {
    let url = serve(|_| reply("200 OK", &vec![b'x'; 200_000])).await;
    assert!(matches!(fetch(options(), &url, &Validators::default()).await, Err(Error::TooLarge { .. })));
    let url = serve(|_| reply("200 OK\r\nContent-Encoding: br", b"\x8b\x1b")).await;
    assert!(matches!(fetch(options(), &url, &Validators::default()).await, Err(Error::Encoding(_))));
}

#[tokio::test]
async fn a_large_body_waits_until_those_before_it_are_done_with_and_a_small_one_does_not() {
    let bytes = |request: &str| if request.starts_with("GET /large") { 4 * body::room::FREE_BYTES } else { 1_000 };
    let small = serve(move |request| reply("200 OK", &vec![b'x'; bytes(request)])).await;
    let large = small.join("/large").unwrap();
    let room = Room::of(0);
    let of = |total: Duration| {
        let deadlines = Deadlines { total, ..Deadlines::within(Duration::from_secs(20)) };
        let fetcher = Fetcher::new(Options { deadlines, max_body_bytes: 10_000_000, ..options() }).unwrap();
        Fetcher { room: room.clone(), ..fetcher }
    };
    let (patient, hasty) = (of(Duration::from_secs(20)), of(Duration::from_millis(300)));
    let now = "2026-11-24T12:00:00Z".parse().unwrap();
    let fetch = async |fetcher: &Fetcher, url: &Url| fetcher.fetch(url, &Validators::default(), now).await;
    let held = fetch(&patient, &large).await.expect("one goes on without room");
    let waited = fetch(&hasty, &large).await;
    assert!(matches!(waited, Err(Error::Timeout { .. })), "{waited:?}");
    fetch(&patient, &small).await.expect("its beginning is all of it");
    drop(held);
    fetch(&patient, &large).await.expect("the one before is done with");
}

#[tokio::test]
async fn a_silent_server_is_cut_off() {
    let url = serve(|_| Vec::new()).await;
    let short = Options { deadlines: Deadlines::within(Duration::from_millis(200)), ..options() };
    assert!(matches!(fetch(short, &url, &Validators::default()).await, Err(Error::Timeout { .. })));
}

#[tokio::test]
async fn a_busy_server_says_when_to_come_back() {
    let url = serve(|_| reply("503 Busy\r\nRetry-After: 120", b"")).await;
    let error = fetch(options(), &url, &Validators::default()).await.unwrap_err();
    assert_eq!(error.retry_after().unwrap().to_rfc3339(), "2026-11-24T12:02:00+00:00");
    assert_eq!(error.verdict(), Verdict::Transient);
    let url = serve(|_| reply("410 Gone", b"")).await;
    assert!(matches!(fetch(options(), &url, &Validators::default()).await, Err(Error::Gone)));
}

#[tokio::test]
async fn a_file_is_read_where_files_are_allowed() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "<rss/>").unwrap();
    let url = Url::from_file_path(file.path()).unwrap();
    assert!(matches!(fetch(options(), &url, &Validators::default()).await, Err(Error::NotAllowed(_))));
    let open = Options { allow_files: true, ..options() };
    let first = fetch(open.clone(), &url, &Validators::default()).await.unwrap();
    let second = fetch(open, &url, &first.validators).await.unwrap();
    assert_eq!(second.outcome, Outcome::Unchanged);
}

#[tokio::test]
async fn a_gzip_bomb_is_cut_off() {
    // 200,000 zeros.
    let bomb = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xed\xc1\x31\x01\x00\x00\x00\xc2\xa0\xf5\x4f\x6d\x06\x7f\xa0\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\xd7\x00\x7b\x58\xe0\x5c\x40\x0d\x03\x00";
    let url = serve(|_| reply("200 OK\r\nContent-Encoding: gzip", bomb)).await;
    assert!(matches!(fetch(options(), &url, &Validators::default()).await, Err(Error::TooLarge { .. })));
}

#[tokio::test]
async fn a_log_in_is_sent_and_goes_no_further() {
    let mut url =
        serve(|request| match request.to_ascii_lowercase().contains("authorization: basic ywrhonnly3jlda==") {
            true => reply("200 OK\r\nETag: \"1\"", b"<rss/>"),
            false => reply("401 Who", b""),
        })
        .await;
    let error = fetch(options(), &url, &Validators::default()).await.unwrap_err();
    assert!(matches!(error, Error::Status { code: 401, .. }));
    url.set_username("ada").unwrap();
    url.set_password(Some("secret")).unwrap();
    let answer = fetch(options(), &url, &Validators::default()).await.unwrap();
    assert!(!format!("{answer:?}").contains("secret"), "links are resolved against the address");
}

#[tokio::test]
async fn no_thread_of_the_caller_is_busy_with_a_server() {
    let (asked, mut threads) = tokio::sync::mpsc::unbounded_channel();
    let names = Names::by(move |_| {
        let _ = asked.send(std::thread::current().name().map(str::to_owned));
        Box::pin(std::future::ready(Ok(vec![IpAddr::from([127, 0, 0, 1])])))
    });
    let mut url = serve(|_| reply("200 OK", b"<rss/>")).await;
    url.set_host(Some("blog.example.org")).unwrap();
    fetch(Options { names, ..options() }, &url, &Validators::default()).await.unwrap();
    assert_eq!(threads.recv().await.unwrap().as_deref(), Some("network"));
}

#[tokio::test]
async fn a_server_that_is_given_up_is_left() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    let left = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        while stream.read(&mut [0; 8192]).await.is_ok_and(|length| length > 0) {}
    });
    let short = Options { deadlines: Deadlines::within(Duration::from_millis(200)), ..options() };
    let fetcher = Fetcher::new(short).unwrap();
    let now = "2026-11-24T12:00:00Z".parse().unwrap();
    assert!(matches!(fetcher.fetch(&url, &Validators::default(), now).await, Err(Error::Timeout { .. })));
    tokio::time::timeout(Duration::from_secs(20), left).await.expect("the connection ends").unwrap();
}
