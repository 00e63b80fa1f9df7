//! `feeds parse`: one JSON line a document, never stopping at a bad one.

use std::io::{BufRead as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, SecondsFormat, Utc};
use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use crate::app::Unparsed;
use crate::app::clock::Clock;
use crate::app::parse_document;
use crate::cli::Ending;
use crate::domain::feeds::budget::GiveUp;
use crate::domain::items::item::{Identity, Item};

/// A document that takes longer is given up.
const LIMIT: Duration = Duration::from_secs(20);

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  policy-digest feeds parse saved/feed.xml --base https://blog.example.org/")]
pub(in crate::cli) struct Parse {
    /// Files, or folders with files
    #[arg(required_unless_present = "jsonl")]
    paths: Vec<PathBuf>,
    /// The address that the document came from, for relative links
    #[arg(long, value_name = "URL")]
    base: Option<Url>,
    /// The Content-Type that a server would send
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
    /// Read one {"file","path","base","content_type"} a line from this file, or from standard input
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    jsonl: Option<PathBuf>,
}

/// One document to be parsed.
#[derive(Debug, Deserialize)]
struct Task {
    file: String,
    path: PathBuf,
    #[serde(default)]
    base: Option<String>,
    #[serde(default)]
    content_type: Option<String>,
}

impl Parse {
    pub(super) fn run(self) -> anyhow::Result<Ending> {
        let mut output = std::io::BufWriter::new(std::io::stdout().lock());
        let mut answer = |line: Value| -> anyhow::Result<()> {
            serde_json::to_writer(&mut output, &line).context("cannot write the answers")?;
            output.write_all(b"\n").context("cannot write the answers")
        };
        if let Some(list) = &self.jsonl {
            let input: Box<dyn std::io::BufRead> = if list == Path::new("-") {
                Box::new(std::io::stdin().lock())
            } else {
                Box::new(std::io::BufReader::new(
                    std::fs::File::open(list).with_context(|| format!("cannot open `{}`", list.display()))?,
                ))
            };
            for line in input.split(b'\n') {
                let line = line.context("cannot read the list")?;
                if line.trim_ascii().is_empty() {
                    continue;
                }
                match serde_json::from_slice::<Task>(&line) {
                    Ok(task) => answer(parse(task))?,
                    Err(error) => answer(failure(Value::Null, &format!("not a line of the list: {error}"), None))?,
                }
            }
        }
        for path in files(&self.paths)? {
            let base = self.base.as_ref().map(Url::to_string);
            answer(parse(Task {
                file: path.display().to_string(),
                path,
                base,
                content_type: self.content_type.clone(),
            }))?;
        }
        output.flush().context("cannot write the answers")?;
        Ok(Ending::Done)
    }
}

fn files(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let folder = std::fs::read_dir(path).with_context(|| format!("cannot read the folder `{}`", path.display()))?;
        let mut inside: Vec<_> =
            folder.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_file()).collect();
        inside.sort();
        files.extend(inside);
    }
    Ok(files)
}

/// Parses in a thread of its own, so that a document that takes for ever costs only itself.
fn parse(task: Task) -> Value {
    let file = Value::from(task.file);
    let bytes = match std::fs::read(&task.path) {
        Ok(bytes) => bytes,
        Err(error) => return failure(file, &format!("cannot read the file: {error}"), None),
    };
    let base = task.base.as_deref().and_then(|base| Url::parse(base).ok());
    let now = Clock::System.now();
    let (sender, receiver) = std::sync::mpsc::channel();
    let give_up = GiveUp::default();
    let given_up = give_up.clone();
    std::thread::spawn(move || {
        let _ = sender.send(parse_document(&bytes, task.content_type.as_deref(), base.as_ref(), now, given_up));
    });
    match receiver.recv_timeout(LIMIT) {
        Ok(Ok((title, items))) => {
            let entries: Vec<_> = items.iter().map(entry).collect();
            json!({ "file": file, "ok": true, "error": null, "title": title, "entries": entries })
        }
        Ok(Err(Unparsed { error, is_panic })) => failure(file, &error, is_panic.then_some("panic")),
        Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {
            give_up.now();
            failure(file, &format!("not done after {} seconds", LIMIT.as_secs()), Some("timeout"))
        }
        Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => failure(file, "the parser panicked", Some("panic")),
    }
}

fn failure(file: Value, error: &str, kind: Option<&str>) -> Value {
    let mut line = json!({ "file": file, "ok": false, "error": error, "title": null, "entries": [] });
    if let (Some(kind), Some(line)) = (kind, line.as_object_mut()) {
        line.insert("kind".to_owned(), kind.into());
    }
    line
}

fn entry(item: &Item) -> Value {
    let id = match &item.identity {
        Identity::Id(text) | Identity::Link(text) | Identity::Hash(text) => text,
    };
    json!({
        "id": id,
        "title": item.title,
        "link": item.link.as_ref().map(Url::as_str),
        "published": item.published.map(rfc3339),
        "updated": item.updated.map(rfc3339),
        "author": item.author,
        "summary": item.summary,
        "content": item.content,
    })
}

fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
