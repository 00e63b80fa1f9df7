//! `preview`: the next digest as it would be now, and what is not in it.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use serde_json::json;

use super::once::waiting;
use super::{Ending, Global, Usage, print};
use crate::app::digest;
use crate::app::note::NoteUse;
use crate::domain::subscriber::Cadence;
use crate::store::ItemRow;

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  policy-digest preview --out preview")]
pub(super) struct Preview {
    /// daily, weekly or monthly
    #[arg(long, default_value = "weekly")]
    cadence: String,
    /// Write digest.html and digest.txt into this folder; without it the text is printed
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
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
        if let (Some(folder), Some(rendered)) = (&self.out, &preview.rendered) {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
            for (name, content) in [("digest.html", &rendered.html), ("digest.txt", &rendered.text)] {
                let path = folder.join(name);
                std::fs::write(&path, content).with_context(|| format!("cannot write `{}`", path.display()))?;
                written.push(path);
            }
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
        if !preview.left_out.is_empty() {
            print("\nnearest misses:");
        }
        for item in &preview.left_out {
            print(format_args!("{:6.1}  {}  ({}: {})", item.score.total, item.title, item.feed, why(item)));
        }
        Ok(Ending::Done)
    }
}

fn why(item: &ItemRow) -> String {
    if (item.score.picked || item.score.borderline) && !item.is_mailable {
        return "older than its feed's first-poll window".to_owned();
    }
    if let Some(language) = &item.score.language {
        return format!("written in {language}; judged by title and categories only");
    }
    match item.score.reasons.iter().find(|reason| reason.weight < 0.0) {
        Some(reason) => reason.label.as_ref().unwrap_or(&reason.phrase).to_string(),
        None => "too little on the topic".to_owned(),
    }
}
