//! Carries out what an editor does to a draft. An act names the version that the editor saw: if somebody else did
//! something since, it is refused, and the editor sees both.

use crate::app::App;
use crate::domain::digests::draft::{Act, LedgerEntry, PROGRAM, Refusal, Status};
use crate::store::{DraftRow, RESERVED, Recorded};

/// How an act ended.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It is done and recorded; the draft after it.
    Done(Box<DraftRow>),
    /// The draft does not allow it.
    Refused(Refusal),
    /// The post is in the draft, or was in an earlier one, as the story with this number.
    Known(i64),
    /// Somebody did something since the version that the editor saw; the draft as it is now.
    Stale(Box<DraftRow>),
}

/// Carries out an act on the version of a draft that an editor saw.
///
/// # Errors
/// The database fails.
pub async fn act(app: &App, row: DraftRow, act: Act, by: &str, seen: u32) -> anyhow::Result<Outcome> {
    match prepared(app, &row, act, by, seen) {
        Prepared::Entry(entry, status) => {
            let recorded = app.store.digests().record_act(row.id, *entry, status).await?;
            after(app, row, recorded).await
        }
        Prepared::No(outcome) => Ok(outcome),
    }
}

/// The same for a post that is added by hand, with its item.
///
/// # Errors
/// The database fails.
pub(super) async fn add(
    app: &App,
    row: DraftRow,
    act: Act,
    item: crate::store::ScoredItem,
    by: &str,
    seen: u32,
) -> anyhow::Result<Outcome> {
    match prepared(app, &row, act, by, seen) {
        Prepared::Entry(entry, _) => {
            let fingerprint = app.config.topic.fingerprint.clone();
            let recorded = app.store.digests().record_added(row.id, *entry, item, fingerprint).await?;
            after(app, row, recorded).await
        }
        Prepared::No(outcome) => Ok(outcome),
    }
}

/// An act that may be recorded, or why not.
enum Prepared {
    Entry(Box<LedgerEntry>, Status),
    No(Outcome),
}

fn prepared(app: &App, row: &DraftRow, act: Act, by: &str, seen: u32) -> Prepared {
    let now = app.clock.now();
    if seen != row.draft.version() {
        return Prepared::No(stale(row.clone(), &act, by, seen));
    }
    if now > super::limit(row) && row.draft.status().is_open() {
        return Prepared::No(Outcome::Refused(Refusal::HasRolledOn));
    }
    let mut draft = row.draft.clone();
    match draft.apply(act, by, now) {
        Err(refusal) => Prepared::No(Outcome::Refused(refusal)),
        Ok(()) => match draft.ledger().last() {
            Some(entry) => Prepared::Entry(Box::new(entry.clone()), draft.status()),
            None => Prepared::No(Outcome::Stale(Box::new(row.clone()))),
        },
    }
}

/// A form that was sent twice did what it should the first time.
fn stale(row: DraftRow, act: &Act, by: &str, seen: u32) -> Outcome {
    let is_same = |entry: &LedgerEntry| entry.version == seen + 1 && entry.by == by && entry.act == *act;
    let was_done = by != PROGRAM && row.draft.ledger().iter().any(is_same);
    if was_done { Outcome::Done(Box::new(row)) } else { Outcome::Stale(Box::new(row)) }
}

async fn after(app: &App, row: DraftRow, recorded: Recorded) -> anyhow::Result<Outcome> {
    let now = app.store.digests().draft(row.id).await?.unwrap_or(row);
    Ok(match recorded {
        Recorded::Done => Outcome::Done(Box::new(now)),
        Recorded::Stale => Outcome::Stale(Box::new(now)),
        Recorded::Full => Outcome::Refused(Refusal::TooMany(RESERVED)),
        Recorded::Known(seq) => Outcome::Known(seq),
    })
}
