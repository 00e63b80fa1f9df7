//! `preview`: the next digest as it would be now, and what is not in it.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use serde_json::json;

use super::marked::{self, plain};
use super::once::waiting;
use super::{Ending, Global, Usage, print, table};
use crate::app::digest::{self, Preview as NextDigest, why};
use crate::app::note::NoteUse;
use crate::domain::subscriber::Cadence;
use crate::domain::topic::Scale;

/// What is told of the posts that are left out fits a terminal of this width, in columns.
const WIDTH: usize = 80;
/// Where their words begin.
const INDENT: usize = 8;

#[derive(Debug, Args)]
#[command(after_help = "\
What is left out is told with it: why, how many each, and the nearest misses.

Examples:
  policy-digest preview --out preview
  policy-digest preview --open")]
pub(super) struct Preview {
    /// daily, weekly or monthly
    #[arg(long, default_value = "weekly")]
    cadence: String,
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
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        let cadence: Cadence = self
            .cadence
            .parse()
            .map_err(|_| Usage(format!("`{}` is no cadence; write daily, weekly or monthly", self.cadence)))?;
        let app = global.open_with(self.note.as_deref()).await?;
        let preview = digest::preview(&app, cadence).await?;
        let mut written = Vec::new();
        let folder = self.out.clone().or_else(|| self.open.then(|| app.config.settings.data.join("preview")));
        if let (Some(folder), Some(rendered)) = (&folder, &preview.rendered) {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
            for (name, content) in [("digest.html", &rendered.html), ("digest.txt", &rendered.text)] {
                let path = folder.join(name);
                std::fs::write(&path, content).with_context(|| format!("cannot write `{}`", path.display()))?;
                written.push(path);
            }
        }
        if let (true, Some(html)) = (self.open, written.first()) {
            open::that_detached(html)
                .with_context(|| format!("no browser could be asked to show `{}`", html.display()))?;
        }
        if global.json {
            let left_out: Vec<_> = preview
                .left_out
                .iter()
                .map(|item| json!({ "title": item.title, "feed": item.feed, "score": item.score.total, "why": why(item) }))
                .collect();
            let subject = preview.rendered.as_ref().map(|rendered| &rendered.subject);
            print(json!({
                "subject": subject, "stories": preview.stories, "listed": preview.listed, "left_out": left_out,
                "reasons": preview.reasons.iter().map(|(why, count)| json!({ "why": why, "count": count })).collect::<Vec<_>>(),
                "files": written, "note": preview.note.as_str(),
            }));
            return Ok(Ending::Done);
        }
        match &preview.rendered {
            None if preview.listed > 0 => print(format_args!(
                "there is no story: no digest would be made; {} for the next one",
                waiting(preview.listed)
            )),
            None => print("nothing is new: no digest would be made"),
            Some(rendered) if written.is_empty() => {
                print(format_args!("Subject: {}\n\n{}", rendered.subject, rendered.text))
            }
            Some(rendered) => {
                print(format_args!(
                    "{} ({} stories, {} borderline)",
                    rendered.subject, preview.stories, preview.listed
                ));
                written.iter().for_each(|path| print(path.display()));
            }
        }
        if preview.note == NoteUse::ShownBefore && preview.rendered.is_some() {
            print("\nthe editor's note is left out: an earlier digest has shown the same text");
        }
        tell_left_out(&preview, app.config.topic.scale());
        Ok(Ending::Done)
    }
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
