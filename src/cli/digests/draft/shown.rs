//! A draft on the terminal, and as JSON.

use serde_json::{Value, json};

use crate::app::ReadOnly;
use crate::app::digests::editing;
use crate::app::digests::editing::page;
use crate::cli::digests::runs::local;
use crate::cli::print;
use crate::cli::terminal::marked::plain;
use crate::domain::digests::digest::{Digest, Entry};
use crate::domain::digests::draft::{Fate, LedgerEntry, Piece, Status};
use crate::store::DraftRow;

/// A draft to be shown.
pub(super) struct Shown<'a> {
    pub(super) app: &'a ReadOnly,
    pub(super) row: &'a DraftRow,
}

impl Shown<'_> {
    pub(super) async fn print(&self) -> anyhow::Result<()> {
        let (row, draft) = (self.row, &self.row.draft);
        let digest = page::composed(self.app, row).await?;
        print(format_args!(
            "the {} digest of {}, version {}: {}",
            row.cadence,
            row.slot,
            draft.version(),
            self.state()
        ));
        if !draft.note().is_empty() {
            print(format_args!(
                "\nNote\n{}",
                draft.note().lines().map(|line| format!("  {}\n", plain(line))).collect::<String>().trim_end()
            ));
        }
        self.list("Leads the digest", digest.iter().flat_map(|digest| &digest.lead).map(|entry| entry.seq));
        for section in digest.iter().flat_map(|digest| &digest.sections) {
            self.list(&section.title(), section.stories.iter().map(|entry| entry.seq));
        }
        self.entries("Also this week", digest.as_ref().map(|digest| &digest.more));
        self.entries("You may also like", digest.as_ref().map(|digest| &digest.listed));
        let out = [Fate::LeftOut, Fate::OffTopic, Fate::Postponed];
        self.list("Taken out", out.into_iter().flat_map(|fate| draft.with_fate(fate)).map(|piece| piece.story.seq));
        self.list("Near misses", draft.near_misses().into_iter().map(|piece| piece.story.seq));
        self.list("Drawn at random", draft.sample().into_iter().map(|piece| piece.story.seq));
        if !draft.ledger().is_empty() {
            print("\nDone so far");
        }
        for entry in draft.ledger() {
            print(format_args!("  {}", line(self.app, row, entry)));
        }
        Ok(())
    }

    /// What happens next.
    fn state(&self) -> String {
        let row = self.row;
        let (at, limit) = (local(self.app, row.due), local(self.app, editing::limit(row)));
        match (row.draft.status(), row.run) {
            (Status::Open, _) => match self.app.config.settings.editor.when_silent.as_str() {
                "hold" => format!("it goes out at {at} if it is approved"),
                _ => format!("if nobody does anything, it goes out at {at}"),
            },
            (Status::Approved, _) => format!("approved; it goes out at {at}"),
            (Status::Releasing, _) => "approved; it goes out now".to_owned(),
            (Status::Held, _) => format!("held; if nobody approves it by {limit}, its stories go into the next digest"),
            (Status::Sent, Some(run)) => format!("sent, as run {run}"),
            (Status::Sent, None) => "sent".to_owned(),
            (Status::RolledOn, _) => "held for too long; its stories are in the next digest".to_owned(),
        }
    }

    fn entries(&self, title: &str, entries: Option<&Vec<Entry>>) {
        self.list(title, entries.into_iter().flatten().map(|entry| entry.seq));
    }

    fn list(&self, title: &str, seqs: impl Iterator<Item = i64>) {
        let pieces: Vec<&Piece> = seqs.filter_map(|seq| self.row.draft.piece(seq)).collect();
        if pieces.is_empty() {
            return;
        }
        print(format_args!("\n{title}"));
        for piece in pieces {
            let story = &piece.story;
            let mut marks = Vec::new();
            marks.extend((self.row.draft.lead() == Some(story.seq)).then_some("leads"));
            marks.extend((piece.is_extra && piece.fate == Fate::In).then_some("included"));
            marks.extend(piece.is_edited.then_some("edited"));
            marks.extend((piece.fate == Fate::OffTopic).then_some("not on topic"));
            marks.extend((piece.fate == Fate::Postponed).then_some("next time"));
            let marks = if marks.is_empty() { String::new() } else { format!(" ({})", marks.join(", ")) };
            let score = self.app.config.topic.scale().show(story.score);
            print(format_args!("{:>6}  {:>5}  {}{marks}", story.seq, score, plain(&story.title)));
            print(format_args!("{:>15}{}", "", plain(&story.source)));
            if !story.comment.is_empty() {
                print(format_args!("{:>15}comment: {}", "", plain(&story.comment)));
            }
        }
    }

    pub(super) async fn json(&self) -> anyhow::Result<Value> {
        let (row, draft) = (self.row, &self.row.draft);
        let digest: Option<Digest> = page::composed(self.app, row).await?;
        let piece = |seq: i64| draft.piece(seq).map(|piece| self.piece(piece));
        let sections = digest.iter().flat_map(|digest| &digest.sections).map(|section| {
            json!({ "name": section.name, "title": section.title(),
                "stories": section.stories.iter().filter_map(|entry| piece(entry.seq)).collect::<Vec<_>>() })
        });
        let entries = |entries: Option<&Vec<Entry>>| -> Vec<Value> {
            entries.into_iter().flatten().filter_map(|entry| piece(entry.seq)).collect()
        };
        let out = [Fate::LeftOut, Fate::OffTopic, Fate::Postponed];
        let out = out.into_iter().flat_map(|fate| draft.with_fate(fate)).map(|piece| self.piece(piece));
        Ok(json!({
            "id": row.id, "cadence": row.cadence.as_str(), "slot": row.slot, "due": row.due.to_rfc3339(),
            "limit": editing::limit(row).to_rfc3339(), "version": draft.version(), "status": draft.status().as_str(),
            "run": row.run, "note": draft.note(), "lead": draft.lead(),
            "first": digest.as_ref().and_then(|digest| piece(digest.lead.as_ref()?.seq)),
            "sections": sections.collect::<Vec<_>>(),
            "more": entries(digest.as_ref().map(|digest| &digest.more)),
            "listed": entries(digest.as_ref().map(|digest| &digest.listed)),
            "out": out.collect::<Vec<_>>(),
            "near_misses": draft.near_misses().into_iter().map(|piece| self.piece(piece)).collect::<Vec<_>>(),
            "sample": draft.sample().into_iter().map(|piece| self.piece(piece)).collect::<Vec<_>>(),
            "ledger": ledger_json(row),
        }))
    }

    fn piece(&self, piece: &Piece) -> Value {
        let (story, fate) = (
            &piece.story,
            match piece.fate {
                Fate::In => "in",
                Fate::NearMiss => "near_miss",
                Fate::LeftOut => "left_out",
                Fate::OffTopic => "off_topic",
                Fate::Postponed => "postponed",
            },
        );
        json!({
            "seq": story.seq, "title": story.title, "link": story.link, "source": story.source, "score": story.score,
            "themes": story.themes, "reasons": story.phrases, "excerpt": story.excerpt, "comment": story.comment,
            "fate": fate, "by": piece.by, "included": piece.is_extra, "edited": piece.is_edited,
        })
    }
}

/// An act of a ledger: "2026-11-30 06:12  ada@example.org approved it".
pub(in crate::cli) fn line(app: &ReadOnly, row: &DraftRow, entry: &LedgerEntry) -> String {
    let title = entry.act.story().map_or("", |seq| row.draft.title(seq));
    format!("{}  {} {}", local(app, entry.at), plain(&entry.by), plain(&entry.act.sentence(title)))
}

/// The ledger of a draft, the first act first.
pub(in crate::cli) fn ledger_json(row: &DraftRow) -> Vec<Value> {
    let line = |entry: &LedgerEntry| {
        let title = entry.act.story().map_or("", |seq| row.draft.title(seq));
        json!({ "version": entry.version, "at": entry.at.to_rfc3339(), "by": entry.by, "act": entry.act.kind().as_str(),
            "story": entry.act.story(), "what": entry.act.sentence(title) })
    };
    row.draft.ledger().iter().map(line).collect()
}
