//! What fetching and parsing cost at least, with the same libraries as the program and nothing around them:
//! no repair, no clean text, no score, no database, no manners. `ceiling FILE STATE` reads addresses from FILE,
//! one a line, and keeps the ETags in STATE.

use std::collections::HashMap;
use std::error::Error;

use futures::StreamExt as _;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(file), Some(state)) = (arguments.next(), arguments.next()) else {
        return Err("ceiling FILE STATE".into());
    };
    let addresses = std::fs::read_to_string(file)?;
    let known: HashMap<String, String> = std::fs::read_to_string(&state)
        .unwrap_or_default()
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .map(|(address, etag)| (address.to_owned(), etag.to_owned()))
        .collect();
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()?;
    let polls = addresses.lines().map(|address| {
        let (client, etag, address) = (client.clone(), known.get(address).cloned(), address.to_owned());
        async move {
            let mut request = client.get(&address);
            if let Some(etag) = &etag {
                request = request.header("if-none-match", etag);
            }
            let answer = request.send().await.ok()?;
            if answer.status().as_u16() == 304 {
                return Some((address, etag?, 0));
            }
            let etag = answer.headers().get("etag")?.to_str().ok()?.to_owned();
            let body = answer.bytes().await.ok()?;
            let parsed = tokio::task::spawn_blocking(move || feed_rs::parser::parse(&body[..])).await.ok()?;
            Some((address, etag, parsed.ok()?.entries.len()))
        }
    });
    let done: Vec<_> = futures::stream::iter(polls).buffer_unordered(64).filter_map(async |poll| poll).collect().await;
    let entries: usize = done.iter().map(|(_, _, entries)| entries).sum();
    println!("{} feeds, {entries} entries", done.len());
    let lines: String = done.iter().map(|(address, etag, _)| format!("{address}\t{etag}\n")).collect();
    Ok(std::fs::write(state, lines)?)
}
