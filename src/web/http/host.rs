//! The name that a request asks for. Every page wants one that can be read, and only one (RFC 9112 §3.2): where a proxy and
//! we read different ones, the proxy would keep an answer under the wrong name. The operator's pages want one of theirs:
//! the page of a stranger, open in a browser behind the firewall, may have its own name point here (DNS rebinding), and
//! would read what it gets as its own.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{StatusCode, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::app::App;

/// Refuses a request that does not say which site it is for, or says so more than once.
pub(crate) async fn named(request: Request, next: Next) -> Response {
    match host(&request) {
        Ok(_) => next.run(request).await,
        Err(Unreadable) => StatusCode::BAD_REQUEST.into_response(),
    }
}

/// Refuses a request under a name that anybody could have pointed here. [`named`] comes before it.
pub(crate) async fn ours(State(app): State<App>, request: Request, next: Next) -> Response {
    let is_ours = |host: &str| is_ours(host, &app);
    match host(&request) {
        Ok(host) if host.as_deref().is_none_or(is_ours) => next.run(request).await,
        _ => StatusCode::MISDIRECTED_REQUEST.into_response(),
    }
}

/// The `Host` line is missing, there are several, or it names no host.
struct Unreadable;

/// The host, without its port. HTTP/1.0 knows of none.
fn host(request: &Request) -> Result<Option<String>, Unreadable> {
    let mut lines = request.headers().get_all(header::HOST).iter();
    let host = match (lines.next(), lines.next()) {
        (Some(line), None) => line.to_str().ok().and_then(host_of).map(Some),
        (None, _) if request.version() <= Version::HTTP_10 => Some(None),
        _ => None,
    }
    .ok_or(Unreadable)?;
    // RFC 9112 §3.2.2: what a whole address in the first line says goes before it.
    Ok(request.uri().host().map(str::to_owned).or(host))
}

/// Of `example.org` or `[::1]:8081`.
fn host_of(line: &str) -> Option<String> {
    let authority: Authority = line.parse().ok()?;
    let host = authority.host();
    let port = line.strip_prefix(host)?;
    let is_port = |port: &str| port.strip_prefix(':').is_some_and(|digits| digits.bytes().all(|c| c.is_ascii_digit()));
    (!host.is_empty() && (port.is_empty() || is_port(port))).then(|| host.to_ascii_lowercase())
}

/// An address in numbers and a name without a dot are nobody's to register; the others an administrator has written down.
fn is_ours(host: &str, app: &App) -> bool {
    let name = host.trim_end_matches('.');
    let is_address = || name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok();
    let settings = &app.config.settings;
    !name.contains('.') && !name.starts_with('[')
        || is_address()
        || name.ends_with(".localhost")
        || settings.public_url.host_str() == Some(name)
        || settings.web.admin_hosts.iter().any(|known| known == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_read_with_and_without_its_port() {
        for (line, host) in [
            ("Digest.Example.ORG", Some("digest.example.org")),
            ("127.0.0.1:8081", Some("127.0.0.1")),
            ("[::1]:8081", Some("[::1]")),
            ("policy_digest:80", Some("policy_digest")),
            ("", None),
            (":80", None),
            ("a b", None),
            ("a, b", None),
            ("user@example.org", None),
            ("example.org:80x", None),
            ("example.org/x", None),
        ] {
            assert_eq!(host_of(line).as_deref(), host, "{line}");
        }
    }
}
