//! Whom a run serves, and the cursors that move with it. The conditions are parts of statements in `digests::runs`,
//! `digests::filling` and `outbox::states`; each of their parameters has one name and one meaning everywhere.

use crate::store::database::sql::{Connection, Transaction, named_params, params};

use crate::domain::outbox::State;
use crate::domain::subscribers::subscriber::{Cadence, Status};
use crate::store::Error;

/// Subscribers who are looked at together when a run's messages are queued, in the order in which they joined.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct Batch {
    /// The run.
    pub(in crate::store) run: i64,
    /// Its cadence; `None` for `once`, which serves everybody.
    pub(in crate::store) cadence: Option<Cadence>,
    /// Those with a number above this one,
    pub(in crate::store) after: i64,
    /// up to this one.
    pub(in crate::store) last: i64,
}

/// Subscribers for whom a digest may be made now: active, not paused, of the cadence, and without a message that may have
/// been delivered and is not settled: that one is resent before anything newer is made for them.
pub(in crate::store) const SERVED: &str = "status = :active AND paused_until IS NULL
    AND (:cadence IS NULL OR cadence = :cadence)
    AND id NOT IN (SELECT subscriber FROM messages WHERE turn IN (:sending, :unknown) AND run IS NOT NULL)";

/// The subscribers `s` of a batch, each with the window `w` of the run that is theirs.
pub(in crate::store) const IN_BATCH: &str = "subscribers s JOIN run_windows w ON w.run = :run AND w.cursor = s.cursor
    AND w.language = s.language AND w.themes = coalesce(s.themes, '')
    WHERE s.number > :after AND s.number <= :last";

const NEXT: &str = "SELECT coalesce(max(number), ?1) AS last, count(*) AS people
    FROM (SELECT number FROM subscribers WHERE number > ?1 ORDER BY number LIMIT ?2) batch";

/// The number of the last of the next `people` subscribers after a number, and whether there are as many.
pub(in crate::store) fn next(connection: &Connection, after: i64, people: usize) -> Result<(i64, bool), Error> {
    let (last, found): (i64, usize) = connection
        .prepare(NEXT)?
        .query_row(params![after, people], |row| Ok((row.get("last")?, row.get("people")?)))?;
    Ok((last, found == people))
}

/// Moves the cursors of those of a batch for whom its run holds nothing. An open digest of theirs moves it by itself.
pub(in crate::store) fn skip(tx: &Transaction<'_>, batch: &Batch, through_seq: i64) -> Result<usize, Error> {
    let statement = format!(
        "UPDATE subscribers SET cursor = :through_seq
         WHERE number > :after AND number <= :last AND {SERVED} AND cursor < :through_seq
         AND EXISTS (SELECT 1 FROM run_windows w WHERE w.run = :run AND w.cursor = subscribers.cursor
             AND w.language = subscribers.language AND w.themes = coalesce(subscribers.themes, '') AND w.is_skipped = 1)
         AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.subscriber = subscribers.id
             AND m.run IS NOT NULL AND m.through_seq > subscribers.cursor AND m.state IN (:queued, :retry))"
    );
    Ok(tx.prepare(&statement)?.execute(named_params! {
        ":through_seq": through_seq,
        ":run": batch.run,
        ":after": batch.after,
        ":last": batch.last,
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
