//! `preview`: the next digest as it would be now, and what is not in it.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use serde_json::json;

use super::once::waiting;
use super::runs::local;
use crate::app::clock::Clock;
use crate::app::digests;
use crate::app::digests::note::NoteUse;
use crate::app::digests::{Preview as NextDigest, why};
use crate::app::{Advised, App, ReadOnly};
use crate::cli::terminal::marked;
use crate::cli::terminal::marked::plain;
use crate::cli::terminal::table;
use crate::cli::{Ending, Global, Usage, look_ahead, print};
use crate::domain::selection::topic::Scale;
use crate::domain::subscribers::subscriber::Cadence;

/// What is told of the posts that are left out fits a terminal of this width, in columns.
const WIDTH: usize = 80;
/// Where their words begin.
const INDENT: usize = 8;

#[derive(Debug, Args)]
#[command(after_help = "\
What is left out is told with it: why, how many each, and the nearest misses.
While nothing is new, --last shows the last digest again, as most of its readers
got it, and --sample one of made-up stories under the topic's themes.

Examples:
  policy-digest preview --out preview
  policy-digest preview --open
  policy-digest preview --sample --open")]
pub(crate) struct Preview {
    /// daily, weekly or monthly; weekly unless given, and with --last any
    #[arg(long)]
    cadence: Option<String>,
    /// A digest of made-up stories: what templates, settings and the note look like
    #[arg(long)]
    sample: bool,
    /// The last digest that was made, again
    #[arg(long, conflicts_with_all = ["sample", "note"])]
    last: bool,
    /// Write digest.html and digest.txt into this folder; without it the text is printed
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Show the HTML in a browser; written into the folder `preview` in the data folder, unless --out names another
    #[arg(long)]
    open: bool,
    /// The editor's note, in Markdown, instead of note.md in the configuration folder
    #[arg(long, value_name = "FILE")]
    note: Option<PathBuf>,
}

impl Preview {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        let cadence = self.cadence.as_deref().map(cadence).transpose()?;
        let config = global.load_with(self.note.as_deref())?;
        let app = match self.sample {
            true => look_ahead(config).await?,
            false => App::look(config, Clock::System).await?,
        };
        if self.last {
            return self.show_last(&app, cadence, global).await;
        }
        let cadence = cadence.unwrap_or(Cadence::Weekly);
        let preview = match self.sample {
            true => digests::preview_sample(&app, cadence).await?,
            false => digests::preview(&app, cadence).await?,
        };
        let written = match &preview.rendered {
            Some(rendered) => self.write(&app, &rendered.html, &rendered.text)?,
            None => Vec::new(),
        };
        if global.json {
            print(to_json(&preview, &written));
            return Ok(Ending::Done);
        }
        match &preview.rendered {
            None => print(format_args!(
                "{}\n\n`preview --last` shows the last digest again, `preview --sample` one of made-up stories",
                nothing(&preview)
            )),
            Some(rendered) => {
                let size = format!("{} stories, {} borderline", preview.stories, preview.listed);
                show(&rendered.subject, &size, &rendered.text, &written);
            }
        }
        if preview.note == NoteUse::ShownBefore && preview.rendered.is_some() {
            print("\nthe editor's note is left out: an earlier digest has shown the same text");
        }
        tell_left_out(&preview, app.config.topic.scale());
        Ok(Ending::Done)
    }

    async fn show_last(&self, app: &ReadOnly, cadence: Option<Cadence>, global: &Global) -> anyhow::Result<Ending> {
        let Some(last) = digests::preview_last(app, cadence).await? else {
            let which = cadence.map_or(String::new(), |cadence| format!("{cadence} "));
            let hint = "`preview` shows the next one, `preview --sample` one of made-up stories";
            return Err(
                Advised::failure(format!("no {which}digest is kept: none was made yet, or long ago"), hint).into()
            );
        };
        let written = self.write(app, &last.html, &last.text)?;
        if global.json {
            print(json!({
                "run": last.run, "cadence": last.cadence, "made": last.made.to_rfc3339(), "subject": last.subject,
                "files": written,
            }));
            return Ok(Ending::Done);
        }
        let made = format!("run {}, made {}", last.run, local(app, last.made));
        show(&last.subject, &made, &last.text, &written);
        Ok(Ending::Done)
    }

    /// Writes both parts into the folder that is asked for, if one is, and opens the first. Gives what was written.
    fn write(&self, app: &ReadOnly, html: &str, text: &str) -> anyhow::Result<Vec<PathBuf>> {
        let preview = || app.config.settings.data.join("preview");
        let Some(folder) = self.out.clone().or_else(|| self.open.then(preview)) else { return Ok(Vec::new()) };
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
        let mut written = Vec::new();
        for (name, content) in [("digest.html", html), ("digest.txt", text)] {
            let path = folder.join(name);
            std::fs::write(&path, content).with_context(|| format!("cannot write `{}`", path.display()))?;
            written.push(path);
        }
        if let (true, Some(html)) = (self.open, written.first()) {
            open::that_detached(html)
                .with_context(|| format!("no browser could be asked to show `{}`", html.display()))?;
        }
        Ok(written)
    }
}

fn cadence(word: &str) -> Result<Cadence, Usage> {
    word.parse().map_err(|_| Usage(format!("`{word}` is no cadence; write daily, weekly or monthly")))
}

/// A digest by itself, or where it was written.
fn show(subject: &str, about: &str, text: &str, written: &[PathBuf]) {
    if written.is_empty() {
        print(format_args!("Subject: {subject}\n\n{text}"));
    } else {
        print(format_args!("{subject} ({about})"));
        written.iter().for_each(|path| print(path.display()));
    }
}

fn nothing(preview: &NextDigest) -> String {
    match preview.listed {
        0 => "nothing is new: no digest would be made".to_owned(),
        listed => format!("there is no story: no digest would be made; {} for the next one", waiting(listed)),
    }
}

fn to_json(preview: &NextDigest, written: &[PathBuf]) -> serde_json::Value {
    let left_out: Vec<_> = preview
        .left_out
        .iter()
        .map(|item| json!({ "title": item.title, "feed": item.feed, "score": item.score.total, "why": why(item) }))
        .collect();
    let subject = preview.rendered.as_ref().map(|rendered| &rendered.subject);
    json!({
        "subject": subject, "stories": preview.stories, "listed": preview.listed, "left_out": left_out,
        "reasons": preview.reasons.iter().map(|(why, count)| json!({ "why": why, "count": count })).collect::<Vec<_>>(),
        "files": written, "note": preview.note.as_str(),
    })
}

/// Why posts are not in it, and which of them missed it by least.
fn tell_left_out(preview: &NextDigest, scale: Scale) {
    if preview.left_out.is_empty() {
        return;
    }
    let all: usize = preview.reasons.iter().map(|(_, count)| count).sum();
    print(format_args!("\nleft out: {}", table::count(all, "post")));
    for (why, count) in &preview.reasons {
        print(format_args!("{count:6}  {}", plain(why)));
    }
    print("\nnearest misses:");
    for item in &preview.left_out {
        let title = marked::wrap(&plain(&item.title), WIDTH - INDENT);
        let about = marked::wrap(&format!("{}, item {}: {}", item.feed, item.seq, plain(&why(item))), WIDTH - INDENT);
        for (number, line) in title.lines().chain(about.lines()).enumerate() {
            let score = if number == 0 { format!("{:>6}", scale.show(item.score.total)) } else { String::new() };
            print(format_args!("{score:INDENT$}{line}"));
        }
    }
}
