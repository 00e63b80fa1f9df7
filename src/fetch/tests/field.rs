//! Answers as the world gives them: odd header lines, bad ends, wrong labels, cookies, refusals for a whole host.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

const DOCUMENT: &str = "<rss><channel><title>Parish news</title></channel></rss>";

async fn answer(raw: String) -> Result<Response, Error> {
    let url = serve(move |_| raw.clone().into_bytes()).await;
    let short = Options { deadlines: Deadlines::within(Duration::from_millis(700)), ..options() };
    fetch(short, &url, &Validators::default()).await
}

fn body(response: &Response) -> String {
    match &response.outcome {
        Outcome::Body { bytes, .. } => String::from_utf8_lossy(bytes).into_owned(),
        Outcome::Unchanged => String::new(),
    }
}

#[tokio::test]
async fn an_odd_header_line_costs_that_line() {
    for line in ["X-Served-By : cache 7", "X-Folded: one\r\n two", "Set-Cookie: a=\u{7f}b", "no colon at all", "X Y: z"]
    {
        let length = DOCUMENT.len();
        let raw =
            format!("HTTP/1.1 200 OK\r\n{line}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{DOCUMENT}");
        assert_eq!(body(&answer(raw).await.unwrap()), DOCUMENT, "{line}");
    }
}

#[tokio::test]
async fn a_whole_document_is_read_though_its_answer_ends_badly_and_a_part_is_not() {
    let chunked = |text: &str| {
        let length = text.len();
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n{length:x}\r\n{text}\r\n")
    };
    let longer = |text: &str| format!("HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n{text}");
    for raw in [chunked(DOCUMENT), longer(DOCUMENT)] {
        let response = answer(raw).await.unwrap();
        assert_eq!(body(&response), DOCUMENT);
        assert!(response.flaw.is_some(), "`feeds check` tells it");
    }
    for raw in [chunked(&DOCUMENT[..30]), longer(&DOCUMENT[..30])] {
        assert!(matches!(answer(raw).await, Err(Error::BrokenOff { .. } | Error::Timeout { .. })));
    }
}

#[tokio::test]
async fn a_whole_document_under_206_is_read_and_a_part_is_not() {
    let part = |text: &str| {
        let length = text.len();
        format!("HTTP/1.1 206 Partial Content\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{text}")
    };
    assert_eq!(body(&answer(part(DOCUMENT)).await.unwrap()), DOCUMENT);
    assert!(matches!(answer(part(&DOCUMENT[..20])).await, Err(Error::Status { code: 206, .. })));
}

#[tokio::test]
async fn a_cookie_is_sent_back_within_one_fetch() {
    let url = serve(|request| match request.to_ascii_lowercase().contains("cookie: seen=1") {
        true => reply("200 OK", DOCUMENT.as_bytes()),
        false => reply("302 Found\r\nLocation: /feed\r\nSet-Cookie: seen=1; Path=/; HttpOnly", b""),
    })
    .await;
    assert_eq!(body(&fetch(options(), &url, &Validators::default()).await.unwrap()), DOCUMENT);
}

#[tokio::test]
async fn a_host_that_asks_to_be_left_alone_is_asked_for_nothing_more() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let url = serve(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        reply("429 Slow down\r\nRetry-After: 600", b"")
    })
    .await;
    let fetcher = Fetcher::new(options()).unwrap();
    let now: DateTime<Utc> = "2026-11-24T12:00:00Z".parse().unwrap();
    let nothing = Validators::default();
    assert!(matches!(fetcher.fetch(&url, &nothing, now).await, Err(Error::Status { code: 429, .. })));
    let other = url.join("/other").unwrap();
    let held = fetcher.fetch(&other, &nothing, now).await.unwrap_err();
    assert_eq!(held.retry_after(), Some(now + chrono::TimeDelta::seconds(600)));
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    let _ = fetcher.fetch(&other, &nothing, now + chrono::TimeDelta::seconds(601)).await;
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_refusal_names_who_refuses() {
    let head = "HTTP/1.1 403 Forbidden\r\nServer: cloudflare\r\nCF-Ray: 8f2a-LHR\r\nCF-Mitigated: challenge";
    let error = answer(format!("{head}\r\nConnection: close\r\n\r\n<html><title>Just a moment</title></html>"))
        .await
        .unwrap_err();
    let explained = error.explain();
    assert!(
        explained.starts_with("Cloudflare keeps us out (403, ") && explained.contains("Ray ID 8f2a-LHR"),
        "{explained}"
    );
    assert!(explained.contains("the address is right") && explained.contains("feeds letter"), "{explained}");
    assert!(matches!(
        answer("HTTP/1.1 403 No\r\nConnection: close\r\n\r\n".into()).await,
        Err(Error::Status { block: None, .. })
    ));
}
