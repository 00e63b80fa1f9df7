//! Filling a run. One transaction freezes it with its stories, its rendered bodies, what each window of subscribers gets, and
//! its first messages; the others follow in batches of subscribers, so that the first emails leave at once, and nothing else
//! waits long for the database. A process that ends in between leaves a run that the next one goes on to fill.

use chrono::{DateTime, Utc};

use super::runs::{NewBody, NewRun, Window, WindowBody};
use super::{archives, corrections, drafts, proofs};
use crate::domain::subscribers::subscriber::Cadence;
use crate::store::database::sql::{OptionalExtension as _, Transaction, named_params, params};
use crate::store::items::stories;
use crate::store::outbox::{bodies, states};
use crate::store::subscribers::recipients;
use crate::store::subscribers::recipients::Batch;
use crate::store::{DigestChanges, Digests, Error, seconds, to_json};

/// What was frozen, and how far it is filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrozenRun {
    /// The run's number.
    pub id: i64,
    /// Digests queued.
    pub messages: u64,
    /// Quiet notes queued.
    pub quiet: u64,
    /// People for whom it holds nothing.
    pub nothing_for: u64,
    /// Whether all of its messages are queued.
    pub is_filled: bool,
}

impl FrozenRun {
    /// A run of which it is not known what is queued.
    #[must_use]
    pub fn begun(id: i64) -> Self {
        Self { id, messages: 0, quiet: 0, nothing_for: 0, is_filled: false }
    }

    /// With what one more step queued.
    #[must_use]
    pub fn and(self, more: Self) -> Self {
        Self {
            messages: self.messages + more.messages,
            quiet: self.quiet + more.quiet,
            nothing_for: self.nothing_for + more.nothing_for,
            ..more
        }
    }
}

impl Digests<'_> {
    /// The runs whose messages are not all queued yet, oldest first.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn unfilled(self) -> Result<Vec<i64>, Error> {
        self.reader
            .read(|connection| {
                let mut statement = connection.prepare(UNFILLED)?;
                let runs = statement.query_map([], |row| row.get("id"))?;
                Ok(runs.collect::<Result<_, _>>()?)
            })
            .await
    }
}

impl DigestChanges<'_> {
    /// Freezes a run, all or nothing, with its first messages. A message that was surely not delivered is replaced by the
    /// newer one; the cursor of those for whom it holds nothing moves at once. `None` when a `once` has no one to serve.
    ///
    /// # Errors
    /// [`Error::Statement`]; a slot that has a run already is one. [`Error::DraftChanged`].
    pub async fn freeze(self, run: NewRun) -> Result<Option<FrozenRun>, Error> {
        self.store.write(move |tx| freeze(tx, &run)).await
    }

    /// Queues the messages of a run for the next subscribers; `domain` is that of the Message-IDs. What this step queued;
    /// `None` if the run is filled, or was cancelled.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn fill(self, run: i64, domain: String, now: DateTime<Utc>) -> Result<Option<FrozenRun>, Error> {
        self.store.write(move |tx| fill(tx, run, &domain, now)).await
    }
}

const UNFILLED: &str = "SELECT id FROM runs WHERE filled_to IS NOT NULL ORDER BY id";

/// Numbers of subscribers begin at 1.
const INSERT: &str = "INSERT INTO runs (cadence, slot, due, made, through_seq, note, filled_to)
    VALUES (:cadence, :slot, :due, :now, :through_seq, :note, 0) RETURNING id";

fn freeze(tx: &Transaction<'_>, run: &NewRun) -> Result<Option<FrozenRun>, Error> {
    let id = tx.prepare(INSERT)?.query_row(
        named_params! {
            ":cadence": run.cadence.map_or("once", Cadence::as_str),
            ":slot": run.slot,
            ":due": seconds(run.due),
            ":now": seconds(run.now),
            ":through_seq": run.through_seq,
            ":note": run.note,
        },
        |row| row.get("id"),
    )?;
    if let Some(draft) = &run.draft {
        drafts::end(tx, draft, id, run.now)?;
        draft.extras.iter().try_for_each(|seq| stories::admit(tx, *seq))?;
    }
    for window in &run.windows {
        keep(tx, id, run, window)?;
    }
    // Until the first digest, so that it is known whether there is one.
    let mut frozen = FrozenRun::begun(id);
    while frozen.messages == 0
        && let Some(more) = fill(tx, id, &run.domain, run.now)?
    {
        frozen = frozen.and(more);
    }
    if frozen.messages == 0 && run.cadence.is_none() {
        // Everybody's digest is on its way already, or was refused: `once` leaves nothing behind.
        tx.execute("DELETE FROM run_stories WHERE run = ?1", [id])?;
        bodies::remove_of_run(tx, id)?;
        tx.execute("DELETE FROM runs WHERE id = ?1", [id])?;
        return Ok(None);
    }
    if frozen.messages > 0 {
        corrections::announce(tx, &run.corrections, id)?;
        if let Some(proof) = &run.proof {
            proofs::queue(tx, proof, (id, &run.domain), run.now)?;
        }
    }
    if let Some(archive) = &run.archive {
        archives::keep(tx, id, archive)?;
    }
    Ok(Some(frozen))
}

const STORY: &str = "INSERT INTO run_stories (run, story, listed) SELECT ?1, id, ?3 FROM stories WHERE seq = ?2
    ON CONFLICT DO NOTHING";

const WINDOW: &str = "INSERT INTO run_windows
    (run, cursor, language, themes, body, is_quiet, newest, through_seq, is_skipped)
    VALUES (:run, :cursor, :language, :themes, :body, :is_quiet, :newest, :through_seq, :is_skipped)";

/// Keeps what a window gets: its digest and the stories in it, a quiet note, or nothing. Items that are only listed make no
/// message newer. A quiet note has no stories: its message moves no cursor, and waits for any open digest.
fn keep(
    tx: &Transaction<'_>,
    id: i64,
    run: &NewRun,
    WindowBody { window, body, waits }: &WindowBody,
) -> Result<(), Error> {
    let Window { cursor, themes, language, .. } = window;
    let kept = match body.as_ref().or_else(|| run.quiet.get(language)) {
        Some(NewBody { language, subject, text, html, .. }) => {
            Some(bodies::insert(tx, Some(id), language, (subject, text, html))?)
        }
        None => None,
    };
    let shown = body.iter().flat_map(|body| body.stories.iter().map(|seq| (seq, false)));
    let listed = body.iter().flat_map(|body| body.listed.iter().map(|seq| (seq, true)));
    for (seq, is_listed) in shown.chain(listed) {
        tx.prepare(STORY)?.execute(params![id, seq, is_listed])?;
    }
    let stories = body.as_ref().map(|body| body.stories.as_slice()).unwrap_or_default();
    // Nobody whose cursor is past a story has it in an open message: an earlier draft held it for this one.
    let is_carried = stories.iter().any(|seq| seq <= cursor);
    let (newest, through_seq) = match stories.iter().max() {
        Some(_) if is_carried => (run.through_seq, run.through_seq),
        Some(newest) => (*newest, run.through_seq),
        None => (cursor + 1, *cursor),
    };
    tx.prepare(WINDOW)?.execute(named_params! {
        ":run": id,
        ":cursor": cursor,
        ":language": language,
        ":themes": themes.as_deref().map(to_json).unwrap_or_default(),
        ":body": kept,
        ":is_quiet": body.is_none(),
        ":newest": newest,
        ":through_seq": through_seq,
        ":is_skipped": body.is_none() && !waits,
    })?;
    Ok(())
}

const HOW_FAR: &str = "SELECT cadence, through_seq, filled_to FROM runs WHERE id = ?1 AND filled_to IS NOT NULL";

const FILLED: &str = "UPDATE runs SET filled_to = ?2 WHERE id = ?1";

fn fill(tx: &Transaction<'_>, run: i64, domain: &str, now: DateTime<Utc>) -> Result<Option<FrozenRun>, Error> {
    let found: Option<(String, i64, i64)> = tx
        .prepare(HOW_FAR)?
        .query_row([run], |row| Ok((row.get("cadence")?, row.get("through_seq")?, row.get("filled_to")?)))
        .optional()?;
    let Some((cadence, through_seq, after)) = found else { return Ok(None) };
    let (last, is_more) = recipients::last(tx, after)?;
    let batch = Batch { run, cadence: cadence.parse().ok(), after };
    states::supersede(tx, &batch, now)?;
    let messages = states::queue(tx, &batch, false, domain, now)? as u64;
    let quiet = states::queue(tx, &batch, true, domain, now)? as u64;
    let nothing_for = recipients::skip(tx, &batch, through_seq)? as u64;
    if is_more {
        tx.prepare(FILLED)?.execute(params![run, last])?;
    } else {
        end(tx, run)?;
    }
    Ok(Some(FrozenRun { id: run, messages, quiet, nothing_for, is_filled: !is_more }))
}

/// Nothing more is queued for a run: all is, or it was cancelled.
pub(super) fn end(tx: &Transaction<'_>, run: i64) -> Result<(), Error> {
    tx.execute("UPDATE runs SET filled_to = NULL WHERE id = ?1", [run])?;
    tx.execute("DELETE FROM run_windows WHERE run = ?1", [run])?;
    Ok(())
}
