//! A small reverse proxy in front of the pages, as a web server is that serves them below a path: it hands on what is below
//! that path, with or without it, and answers everything else itself.

use std::net::SocketAddr;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use hyper::server::conn::http1;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;

/// What a proxy does with the path that the pages are below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prefix {
    Kept,
    Stripped,
}

/// Serves what is below `/digest` from these pages, on a listener of the test's own.
pub fn start(listener: TcpListener, pages: SocketAddr, prefix: Prefix) {
    let client: Client<HttpConnector, Body> = Client::builder(TokioExecutor::new()).build_http();
    let router = Router::new().fallback(move |request: Request| {
        let client = client.clone();
        async move { pass_on(&client, pages, prefix, request).await }
    });
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = TowerToHyperService::new(router.clone());
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
}

async fn pass_on(
    client: &Client<HttpConnector, Body>,
    pages: SocketAddr,
    prefix: Prefix,
    request: Request,
) -> Response {
    let address = request.uri().path_and_query().map_or("/", |address| address.as_str()).to_owned();
    let below = address.strip_prefix("/digest").filter(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
    let Some(below) = below else { return (StatusCode::NOT_FOUND, "nothing of ours is here").into_response() };
    let path = match prefix {
        Prefix::Kept => address.clone(),
        Prefix::Stripped if below.starts_with('/') => below.to_owned(),
        Prefix::Stripped => format!("/{below}"),
    };
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let mut onward = Request::builder().method(parts.method).uri(format!("http://{pages}{path}"));
    for (name, value) in parts.headers.iter().filter(|(name, _)| **name != header::CONTENT_LENGTH) {
        onward = onward.header(name, value);
    }
    let answer = client.request(onward.body(Body::from(body)).unwrap()).await.unwrap();
    let (parts, body) = answer.into_parts();
    Response::from_parts(parts, Body::new(body))
}
