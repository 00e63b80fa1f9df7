//! The HTTP client as we want it: no redirects, no proxy of the system, no referrer, names behind the guard, and
//! a bound on everything that a server can make long. Connections are kept and shared, HTTP/2 where it is offered.

use super::Options;
use super::error::Error;
use super::guard::{Guard, GuardedNames};

/// More header lines than any honest server sends; their bytes are bounded by the client's own buffer.
const MAX_HEADERS: usize = 100;

/// HTTP/2 announces its bound; 16 KiB is what most servers keep to themselves.
const MAX_HEADER_BYTES: u32 = 16 * 1024;

/// What an HTTP/2 server may send ahead of what we read: a body that waits for room waits at its server.
const WINDOW_BYTES: u32 = 256 * 1024;

pub(super) fn build(options: &Options, guard: &Guard) -> Result<reqwest::Client, Error> {
    let mut builder = reqwest::Client::builder()
        .user_agent(&options.user_agent)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .no_proxy()
        // What is packed is unpacked in `coding`: labels are often wrong.
        .no_gzip()
        // One odd line costs that line, as in browsers and curl (RFC 9112 §5.1 and §5.2 let a client be lenient).
        .http1_allow_spaces_after_header_name_in_responses(true)
        .http1_allow_obsolete_multiline_headers_in_responses(true)
        .http1_ignore_invalid_headers_in_responses(true)
        .connect_timeout(options.deadlines.connect)
        .http1_max_headers(MAX_HEADERS)
        .http2_max_header_list_size(MAX_HEADER_BYTES)
        .http2_initial_stream_window_size(WINDOW_BYTES)
        .http2_initial_connection_window_size(WINDOW_BYTES);
    builder = match &options.proxy {
        Some(proxy) => builder.proxy(reqwest::Proxy::all(proxy.clone()).map_err(Error::Setup)?),
        None => builder.dns_resolver(GuardedNames {
            guard: guard.clone(),
            names: options.names.clone(),
            limit: options.deadlines.dns,
        }),
    };
    if let Some(pem) = &options.ca {
        builder = builder.tls_certs_merge(reqwest::Certificate::from_pem_bundle(pem).map_err(Error::Certificates)?);
    }
    builder.build().map_err(Error::Setup)
}
