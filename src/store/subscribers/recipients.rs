//! Whom a run serves, and the cursors that move with it. The conditions are parts of statements in `digests::runs`,
//! `digests::filling` and `outbox::states`; each of their parameters has one name and one meaning everywhere.

use crate::store::database::sql::{Connection, Transaction, named_params};

use crate::domain::outbox::State;
use crate::domain::subscribers::subscriber::{Cadence, Status};
use crate::store::Error;

/// How many subscribers are looked at in one transaction: a tenth of a second's work.
pub(in crate::store) const BATCH: usize = 5_000;

/// Subscribers who are looked at together when a run's messages are queued, in the order in which they joined.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct Batch {
    /// The run.
    pub(in crate::store) run: i64,
    /// Its cadence; `None` for `once`, which serves everybody.
    pub(in crate::store) cadence: Option<Cadence>,
    /// The next [`BATCH`] of those with a number above this one.
    pub(in crate::store) after: i64,
}

/// Subscribers for whom a digest may be made now: active, not paused, of the cadence, and without a message that may have
/// been delivered and is not settled: that one is resent before anything newer is made for them.
pub(in crate::store) const SERVED: &str = "status = :active AND paused_until IS NULL
    AND (:cadence IS NULL OR cadence = :cadence)
    AND id NOT IN (SELECT subscriber FROM messages WHERE turn IN (:sending, :unknown) AND run IS NOT NULL)";

/// The subscribers `s` of a batch, each with the window `w` of the run that is theirs. The limit, that of [`BATCH`], has them
/// found by their numbers before anything else is asked of them.
pub(in crate::store) const IN_BATCH: &str =
    "(SELECT id, number, address, status, cadence, paused_until, cursor, themes, language
    FROM subscribers WHERE number > :after ORDER BY number LIMIT 5000) s
    JOIN run_windows w ON w.run = :run AND w.cursor = s.cursor AND w.language = s.language
    AND w.themes = coalesce(s.themes, '') WHERE";

const LAST: &str = "SELECT coalesce(max(number), ?1) AS last, count(*) AS people
    FROM (SELECT number FROM subscribers WHERE number > ?1 ORDER BY number LIMIT 5000) batch";

/// The number of the last subscriber of a batch, and whether there may be more after it.
pub(in crate::store) fn last(connection: &Connection, after: i64) -> Result<(i64, bool), Error> {
    let (last, people): (i64, usize) =
        connection.prepare(LAST)?.query_row([after], |row| Ok((row.get("last")?, row.get("people")?)))?;
    Ok((last, people == BATCH))
}

/// Moves the cursors of those of a batch for whom its run holds nothing. An open digest of theirs moves it by itself.
pub(in crate::store) fn skip(tx: &Transaction<'_>, batch: &Batch, through_seq: i64) -> Result<usize, Error> {
    let statement = format!(
        "UPDATE subscribers SET cursor = :through_seq WHERE id IN (
             SELECT s.id FROM {IN_BATCH} w.is_skipped = 1 AND s.cursor < :through_seq AND {SERVED}
             AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.subscriber = s.id
                 AND m.run IS NOT NULL AND m.through_seq > s.cursor AND m.state IN (:queued, :retry)))"
    );
    Ok(tx.prepare(&statement)?.execute(named_params! {
        ":through_seq": through_seq,
        ":run": batch.run,
        ":after": batch.after,
        ":active": Status::Active.as_str(),
        ":cadence": batch.cadence.map(Cadence::as_str),
        ":sending": State::Sending.as_str(),
        ":unknown": State::Unknown.as_str(),
        ":queued": State::Queued.as_str(),
        ":retry": State::Retry.as_str(),
    })?)
}

const ADVANCE: &str = "UPDATE subscribers SET cursor = (SELECT through_seq FROM messages WHERE id = ?1)
    WHERE id = (SELECT subscriber FROM messages WHERE id = ?1)
    AND cursor < (SELECT through_seq FROM messages WHERE id = ?1)";

/// Moves the cursor of the subscriber whose digest was sent to the end of that digest.
pub(in crate::store) fn advance(tx: &Transaction<'_>, message: i64) -> Result<(), Error> {
    tx.prepare(ADVANCE)?.execute([message])?;
    Ok(())
}
