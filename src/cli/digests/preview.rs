//! `preview`: the next digest as it would be now, and what is left out.

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
use crate::cli::terminal::table::count;
use crate::cli::{Ending, Global, Usage, look_ahead, print};
use crate::domain::selection::topic::Scale;
use crate::domain::subscribers::subscriber::Cadence;

/// The width of the list of posts left out, in columns.
const WIDTH: usize = 80;
/// The indentation of their titles.
const INDENT: usize = 8;

#[derive(Debug, Args)]
#[command(after_help = "\
Also shows what is left out: how many posts for each reason, and the nearest \
misses. While nothing is new, --last shows the last digest again, as most \
subscribers got it, and --sample shows one with sample stories.

Examples:
  policy-digest preview --out preview
  policy-digest preview --open
  policy-digest preview --sample --open")]
pub(crate) struct Preview {
    /// daily, weekly or monthly (default: weekly; with --last, any)
    #[arg(long)]
    cadence: Option<String>,
    /// Show a digest of sample stories, to try templates, settings and the note
    #[arg(long)]
    sample: bool,
    /// Show the last digest again
    #[arg(long, conflicts_with_all = ["sample", "note"])]
    last: bool,
    /// Write digest.html and digest.txt into this folder (default: print the text)
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Open the HTML in a browser (written to `preview` in the data folder, unless --out is given)
    #[arg(long)]
    open: bool,
    /// Use this editor's note (Markdown) instead of note.md in the configuration folder
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
                "{}\n\n`preview --last` shows the last digest again, `preview --sample` one with sample stories",
                nothing(&preview)
            )),
            Some(rendered) => {
                let size = format!("{}, {} borderline", count(preview.stories, "story"), preview.listed);
                show(&rendered.subject, &size, &rendered.text, &written);
            }
        }
        if preview.note == NoteUse::ShownBefore && preview.rendered.is_some() {
            print("\nthe editor's note is left out: an earlier digest already had the same text");
        }
        for pin in &preview.unused_pins {
            print(format_args!("\nthe pin `{}` has no effect: {}", pin.link, pin.why));
        }
        print_left_out(&preview, app.config.topic.scale());
        Ok(Ending::Done)
    }

    async fn show_last(&self, app: &ReadOnly, cadence: Option<Cadence>, global: &Global) -> anyhow::Result<Ending> {
        let Some(last) = digests::preview_last(app, cadence).await? else {
            let which = cadence.map_or(String::new(), |cadence| format!("{cadence} "));
            let hint = "`preview` shows the next one, `preview --sample` one with sample stories";
            return Err(Advised::failure(
                format!("no {which}digest is stored: none has been made yet, or it is too old"),
                hint,
            )
            .into());
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

    /// Writes HTML and text into the requested folder, if any, and opens the HTML if requested. Returns the files.
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
            open::that_detached(html).with_context(|| format!("cannot open a browser to show `{}`", html.display()))?;
        }
        Ok(written)
    }
}

pub(super) fn cadence(word: &str) -> Result<Cadence, Usage> {
    word.parse().map_err(|_| Usage(format!("`{word}` is not a cadence; write daily, weekly or monthly")))
}

/// Prints a digest, or the files that it was written to.
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
        listed => format!("there are no stories: no digest would be made; {} for the next one", waiting(listed)),
    }
}

fn to_json(preview: &NextDigest, written: &[PathBuf]) -> serde_json::Value {
    let left_out: Vec<_> = preview
        .left_out
        .iter()
        .map(|item| json!({ "title": item.title, "feed": item.feed, "score": item.score.total, "why": why(item) }))
        .collect();
    let subject = preview.rendered.as_ref().map(|rendered| &rendered.subject);
    let pins = preview.unused_pins.iter().map(|pin| json!({ "link": pin.link.as_str(), "why": pin.why }));
    json!({
        "subject": subject, "stories": preview.stories, "listed": preview.listed, "left_out": left_out,
        "reasons": preview.reasons.iter().map(|(why, count)| json!({ "why": why, "count": count })).collect::<Vec<_>>(),
        "files": written, "note": preview.note.as_str(), "unused_pins": pins.collect::<Vec<_>>(),
    })
}

/// Prints how many posts are left out for which reason, and the nearest misses.
fn print_left_out(preview: &NextDigest, scale: Scale) {
    if preview.left_out.is_empty() {
        return;
    }
    let all: usize = preview.reasons.iter().map(|(_, count)| count).sum();
    print(format_args!("\nleft out: {}", count(all, "post")));
    for (why, number) in &preview.reasons {
        print(format_args!("{number:6}  {}", plain(why)));
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
