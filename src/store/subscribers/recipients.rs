//! Whom a run serves, and the cursors that move with it. The conditions are bodies of statements in `digests::runs` and
//! `outbox::states`; each of their parameters has one name and one meaning everywhere.

use crate::store::database::sql::{Transaction, named_params};

use crate::domain::outbox::State;
use crate::domain::subscribers::subscriber::{Cadence, Status};
use crate::store::{Error, to_json};

/// The subscribers of one window: the same cursor, the same themes, the same language.
#[derive(Debug, Clone)]
pub(in crate::store) struct Recipients {
    /// The cadence of the run; `None` for `once`, which serves everybody.
    pub(in crate::store) cadence: Option<Cadence>,
    pub(in crate::store) cursor: i64,
    /// A JSON list, as it is stored.
    pub(in crate::store) themes: Option<String>,
    pub(in crate::store) language: String,
}

impl Recipients {
    pub(in crate::store) fn new(
        cadence: Option<Cadence>,
        cursor: i64,
        themes: Option<&[String]>,
        language: &str,
    ) -> Self {
        Self { cadence, cursor, themes: themes.map(to_json), language: language.to_owned() }
    }
}

/// Subscribers for whom a digest may be made now: active, not paused, of the cadence, and without a message that may have
/// been delivered and is not settled: that one is resent before anything newer is made for them.
pub(in crate::store) const SERVED: &str = "status = :active AND paused_until IS NULL
    AND (:cadence IS NULL OR cadence = :cadence) AND NOT EXISTS (SELECT 1 FROM messages m
    WHERE m.subscriber = subscribers.id AND m.run IS NOT NULL AND m.state IN (:sending, :unknown))";

/// Moves the cursors of subscribers for whom a run holds nothing. An open digest of theirs moves it by itself.
pub(in crate::store) fn skip(tx: &Transaction<'_>, whom: &Recipients, through_seq: i64) -> Result<usize, Error> {
    let statement = format!(
        "UPDATE subscribers SET cursor = :through_seq WHERE {SERVED} AND cursor = :cursor AND themes IS NOT DISTINCT FROM :themes
         AND language = :language AND cursor < :through_seq AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.subscriber = subscribers.id
         AND m.run IS NOT NULL AND m.through_seq > :cursor AND m.state IN (:queued, :retry))"
    );
    Ok(tx.prepare(&statement)?.execute(named_params! {
        ":through_seq": through_seq,
        ":active": Status::Active.as_str(),
        ":cadence": whom.cadence.map(Cadence::as_str),
        ":cursor": whom.cursor,
        ":themes": whom.themes,
        ":language": whom.language,
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
