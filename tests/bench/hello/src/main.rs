//! A web server that says hello, whatever is asked: the ceiling of the pages, for the same library. Prints its address.

use axum::Router;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    axum::serve(listener, Router::new().fallback(async || "hello\n")).await
}
