//! The pages over a real connection: the application served on a free port, and requests to it byte by byte.

use std::net::SocketAddr;

use policy_digest::app::App;
use policy_digest::app::operations::reload::Live;
use policy_digest::app::subscribers::subscribe::{Request, add};
use policy_digest::domain::subscribers::subscriber::{EmailAddress, Preferences, Status};
use policy_digest::domain::subscribers::token::{CONFIRM_FOR, Purpose, sign};
use policy_digest::web;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::start;

pub const FORM: &str = "application/x-www-form-urlencoded";

/// Signs somebody up who has not confirmed.
pub async fn ask(app: &App) -> String {
    let request = Request {
        address: EmailAddress::parse("new@example.org").unwrap(),
        name: String::new(),
        preferences: Preferences::default(),
        consent: None,
        asker: policy_digest::app::subscribers::subscribe::Asker::Administrator,
    };
    add(app, request).await.unwrap().id
}

/// A confirmed person.
pub async fn join(app: &App, address: &str) -> String {
    let request = Request {
        address: EmailAddress::parse(address).unwrap(),
        name: String::new(),
        preferences: Preferences::default(),
        consent: Some("a test".to_owned()),
        asker: policy_digest::app::subscribers::subscribe::Asker::Administrator,
    };
    add(app, request).await.unwrap().id
}

pub async fn serve(app: App) -> (App, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(web::serve(Live::new(app.clone()), listener, std::future::pending()));
    (app, address)
}

pub fn confirm_path(app: &App, id: &str) -> String {
    format!("/confirm/{}", sign(&app.keys.token, Purpose::Confirm, id, Some(start() + CONFIRM_FOR)))
}

pub fn unsubscribe_path(app: &App, id: &str) -> String {
    format!("/unsubscribe/{}", sign(&app.keys.token, Purpose::Unsubscribe, id, None))
}

pub async fn status(app: &App, id: &str) -> Status {
    app.store.subscribers().subscriber(id.to_owned()).await.unwrap().unwrap().status
}

pub async fn get(address: SocketAddr, path: &str) -> String {
    request(address, "GET", path, "", "").await
}

/// Without a `kind`, without a Content-Type.
pub async fn request(address: SocketAddr, method: &str, path: &str, kind: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let kind = if kind.is_empty() { String::new() } else { format!("content-type: {kind}\r\n") };
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{kind}content-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}
