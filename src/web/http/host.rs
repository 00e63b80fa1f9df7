//! The host that a request is for. Every request needs exactly one valid `Host` (RFC 9112 §3.2): if a proxy read another
//! one than we do, it would cache the response under the wrong name. The operator's pages accept only known hosts, against
//! DNS rebinding: a hostile site could point its own name at this address, and its page, open in a browser behind the
//! firewall, could then read these pages.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{StatusCode, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::app::App;

/// Refuses a request without a valid host, or with several.
pub(crate) async fn named(request: Request, next: Next) -> Response {
    match host(&request) {
        Ok(_) => next.run(request).await,
        Err(Unreadable) => StatusCode::BAD_REQUEST.into_response(),
    }
}

/// Refuses a request for a host that anyone could have pointed here. Runs after [`named`].
pub(crate) async fn ours(State(app): State<App>, request: Request, next: Next) -> Response {
    let is_ours = |host: &str| is_ours(host, &app);
    match host(&request) {
        Ok(host) if host.as_deref().is_none_or(is_ours) => next.run(request).await,
        _ => StatusCode::MISDIRECTED_REQUEST.into_response(),
    }
}

/// The `Host` header is missing, repeated or invalid.
struct Unreadable;

/// The host without its port; `None` for HTTP/1.0, which does not require one.
fn host(request: &Request) -> Result<Option<String>, Unreadable> {
    let mut lines = request.headers().get_all(header::HOST).iter();
    let host = match (lines.next(), lines.next()) {
        (Some(line), None) => line.to_str().ok().and_then(host_of).map(Some),
        (None, _) if request.version() <= Version::HTTP_10 => Some(None),
        _ => None,
    }
    .ok_or(Unreadable)?;
    // RFC 9112 §3.2.2: the host of an absolute URL in the request line takes precedence.
    Ok(request.uri().host().map(str::to_owned).or(host))
}

/// The host in `example.org` or `[::1]:8081`.
fn host_of(line: &str) -> Option<String> {
    let authority: Authority = line.parse().ok()?;
    let host = authority.host();
    let port = line.strip_prefix(host)?;
    let is_port = |port: &str| port.strip_prefix(':').is_some_and(|digits| digits.bytes().all(|c| c.is_ascii_digit()));
    (!host.is_empty() && (port.is_empty() || is_port(port))).then(|| host.to_ascii_lowercase())
}

/// IP addresses and names without a dot cannot be registered by anyone; other names must be configured.
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
