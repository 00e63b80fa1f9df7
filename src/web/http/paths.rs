//! The path of a request: the path of the public URL is taken off, which some proxies keep and others strip, and then the
//! language, which is the first segment of every page's address in a language besides the default one (`/cy/archive`).

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::Uri;
use axum::http::uri::PathAndQuery;
use axum::response::{IntoResponse as _, Response};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;

use super::site::LanguageCode;
use crate::app::App;
use crate::app::operations::reload::Live;

/// The pages, under all the paths at which a proxy may ask for them.
pub(crate) fn under_any(live: Live, pages: Router) -> Router {
    Router::new().fallback(move |request: Request| {
        let (live, pages) = (live.clone(), pages.clone());
        async move { answer(&live.app(), pages, request).await }
    })
}

async fn answer(app: &App, pages: Router, mut request: Request) -> Response {
    let base = app.config.settings.public_url.path().trim_end_matches('/');
    let codes: Vec<&str> = app.config.languages.iter().map(|words| words.code()).collect();
    let (path, code) = taken_apart(request.uri().path(), base, &codes);
    let code = code.map(str::to_owned);
    let query = request.uri().query().map_or(String::new(), |query| format!("?{query}"));
    let mut parts = request.uri().clone().into_parts();
    // What was an address is one without its beginning.
    if let Ok(shorter) = format!("{path}{query}").parse::<PathAndQuery>() {
        parts.path_and_query = Some(shorter);
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
    }
    if let Some(code) = code {
        request.extensions_mut().insert(LanguageCode(code));
    }
    match TowerToHyperService::new(pages).call(request.map(Body::new)).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
    .into_response()
}

/// The path below `base` and below the language, and the language.
fn taken_apart<'p>(path: &'p str, base: &str, codes: &[&str]) -> (&'p str, Option<&'p str>) {
    let below = |path: &'p str, prefix: &str| match path.strip_prefix(prefix)? {
        "" => Some("/"),
        rest => rest.starts_with('/').then_some(rest),
    };
    let path = below(path, base).unwrap_or(path);
    let first = path[1.min(path.len())..].split('/').next().unwrap_or_default();
    match codes.contains(&first).then(|| below(&path[1..], first)).flatten() {
        Some(rest) => (rest, Some(first)),
        None => (path, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_the_public_url_and_the_language_are_taken_off() {
        for (path, base, expected) in [
            ("/archive/x", "", ("/archive/x", None)),
            ("/digest/archive", "/digest", ("/archive", None)),
            ("/archive", "/digest", ("/archive", None)),
            ("/digest", "/digest", ("/", None)),
            ("/digest/", "/digest", ("/", None)),
            ("/digests", "/digest", ("/digests", None)),
            ("/digest/cy/p/t", "/digest", ("/p/t", Some("cy"))),
            ("/cy", "", ("/", Some("cy"))),
            ("/cy/", "/digest", ("/", Some("cy"))),
            ("/cymru", "", ("/cymru", None)),
            ("/en/p", "", ("/p", Some("en"))),
            ("/fr/p", "", ("/fr/p", None)),
            ("/", "", ("/", None)),
            ("*", "", ("*", None)),
        ] {
            assert_eq!(taken_apart(path, base, &["en", "cy"]), expected, "{path} below {base}");
        }
    }
}
