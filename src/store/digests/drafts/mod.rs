//! Drafts: the base that each was made from, which never changes, and the acts of editors and of the program, which are
//! only added. An act is recorded together with the draft's version, so that of two acts on one version only the first
//! counts. The run of a draft is made in `runs`, in one transaction with the draft's end.

mod json;
mod signals;

use crate::store::database::sql::{Connection, OptionalExtension as _, Params, Row, Transaction, named_params, params};
use chrono::{DateTime, Utc};

use crate::domain::digests::digest::Story;
use crate::domain::digests::draft::{Act, Base, Draft, Fate, LedgerEntry, PROGRAM, Status};
use crate::domain::subscribers::subscriber::{Cadence, EmailAddress};
use crate::store::digests::runs::HIGHEST_SEQ;
use crate::store::items::by_hand;
use crate::store::{Body, DigestChanges, Digests, Error, Kind, ScoredItem, optional_time, outbox, seconds, time, word};

/// In place of a subscriber's id in a message to an editor.
pub const EDITOR: &str = "editor";

/// A draft to be stored.
#[derive(Debug, Clone)]
pub struct NewDraft {
    /// The cadence.
    pub cadence: Cadence,
    /// The slot's name, in local time.
    pub slot: String,
    /// The slot's instant.
    pub due: DateTime<Utc>,
    /// When it is made.
    pub now: DateTime<Utc>,
    /// It begins after this number.
    pub after_seq: i64,
    /// The last number that it covers.
    pub through_seq: i64,
    /// The name of its run's page.
    pub archive: String,
    /// What it is made from.
    pub base: Base,
    /// Acts on a draft that rolled on into this one, which hold for this one too.
    pub acts: Vec<LedgerEntry>,
}

/// A draft as stored, with everything that was done to it.
#[derive(Debug, Clone, PartialEq)]
pub struct DraftRow {
    /// Its number.
    pub id: i64,
    /// Its cadence.
    pub cadence: Cadence,
    /// The slot's name, in local time.
    pub slot: String,
    /// The slot's instant.
    pub due: DateTime<Utc>,
    /// When it was made.
    pub made: DateTime<Utc>,
    /// It begins after this number.
    pub after_seq: i64,
    /// The last number that it covers.
    pub through_seq: i64,
    /// The name of its run's page.
    pub archive: String,
    /// Its run, once it is sent.
    pub run: Option<i64>,
    /// When its editors last got an email about it.
    pub told: Option<DateTime<Utc>>,
    /// The draft.
    pub draft: Draft,
}

/// How the recording of an act ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// It is recorded.
    Done,
    /// The draft has another version: somebody else did something first.
    Stale,
    /// All numbers for posts added by hand are taken.
    Full,
    /// The post is in the draft, or was in an earlier one, as the story with this number.
    Known(i64),
}

/// The draft of a run to be frozen.
#[derive(Debug, Clone)]
pub struct DraftOfRun {
    /// Its number.
    pub id: i64,
    /// The version that the run was rendered from.
    pub version: u32,
    /// Stories in it that were not selected, and get a number now.
    pub extras: Vec<i64>,
}

/// An email to one editor.
#[derive(Debug, Clone)]
pub struct DraftMail {
    /// The editor.
    pub to: EmailAddress,
    /// What it says.
    pub body: Body,
    /// With its angle brackets.
    pub message_id: String,
}

/// Conditions for [`select`], with their order.
const OPEN: &str = "WHERE status IN ('open', 'approved', 'releasing', 'held') ORDER BY id";
const WITH_ID: &str = "WHERE id = ?1";
const OF_SLOT: &str = "WHERE cadence = ?1 AND slot = ?2";
const OF_RUN: &str = "WHERE run = ?1";
/// By the index on cadence and reach.
const SENT_AFTER: &str = "WHERE cadence = ?1 AND through_seq > ?2 AND run IS NOT NULL ORDER BY through_seq";
const LATEST: &str = "WHERE cadence = ?1 ORDER BY through_seq DESC, id DESC LIMIT 1";
const LATEST_SENT: &str = "WHERE cadence = ?1 AND through_seq = (SELECT max(through_seq) FROM drafts
    WHERE cadence = ?1 AND run IS NOT NULL) AND run IS NOT NULL";

/// By the index on cadence; a later draft has a higher number and reaches further.
const LATEST_STATUS: &str =
    "SELECT status, due FROM drafts WHERE cadence = ?1 ORDER BY through_seq DESC, id DESC LIMIT 1";

const HAS_LATER_RUN: &str = "SELECT EXISTS (SELECT 1 FROM runs WHERE cadence = ?1 AND id > ?2) AS is_over";

const ACTS: &str = "SELECT version, at, editor, act FROM ledger WHERE draft = ?1 ORDER BY version";

impl Digests<'_> {
    /// The drafts that are neither sent nor rolled on.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn open_drafts(self) -> Result<Vec<DraftRow>, Error> {
        self.reader.read(|connection| select(connection, OPEN, [])).await
    }

    /// The draft with this number.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn draft(self, id: i64) -> Result<Option<DraftRow>, Error> {
        self.reader.read(move |connection| Ok(select(connection, WITH_ID, [id])?.pop())).await
    }

    /// The draft of a slot.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn draft_of_slot(self, cadence: Cadence, slot: String) -> Result<Option<DraftRow>, Error> {
        self.reader
            .read(move |connection| Ok(select(connection, OF_SLOT, params![cadence.as_str(), slot])?.pop()))
            .await
    }

    /// The draft that a run was made from.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn draft_of_run(self, run: i64) -> Result<Option<DraftRow>, Error> {
        self.reader.read(move |connection| Ok(select(connection, OF_RUN, [run])?.pop())).await
    }

    /// The newest draft of a cadence, whatever became of it.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn latest_draft(self, cadence: Cadence) -> Result<Option<DraftRow>, Error> {
        self.reader.read(move |connection| Ok(select(connection, LATEST, [cadence.as_str()])?.pop())).await
    }

    /// The status of the newest draft of a cadence, and the instant of its slot.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn latest_draft_status(self, cadence: Cadence) -> Result<Option<(Status, DateTime<Utc>)>, Error> {
        self.reader
            .read(move |connection| {
                let mut statement = connection.prepare(LATEST_STATUS)?;
                let mut rows = statement.query([cadence.as_str()])?;
                let Some(row) = rows.next()? else { return Ok(None) };
                Ok(Some((word("a draft's status", row.get("status")?)?, time(row.get("due")?)?)))
            })
            .await
    }

    /// The stories that the last run of a cadence held for the next one, as its editors left them.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn postponed(self, cadence: Cadence) -> Result<Vec<Story>, Error> {
        self.reader
            .read(move |connection| {
                let Some(row) = select(connection, LATEST_SENT, [cadence.as_str()])?.pop() else {
                    return Ok(Vec::new());
                };
                let is_over: bool = connection
                    .query_row(HAS_LATER_RUN, params![cadence.as_str(), row.run], |row| row.get("is_over"))?;
                if is_over {
                    return Ok(Vec::new());
                }
                Ok(row.draft.with_fate(Fate::Postponed).map(|piece| piece.story.clone()).collect())
            })
            .await
    }

    /// The sent drafts of a cadence that cover numbers after this one, the oldest first.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn sent_drafts_after(self, cadence: Cadence, seq: i64) -> Result<Vec<DraftRow>, Error> {
        self.reader.read(move |connection| select(connection, SENT_AFTER, params![cadence.as_str(), seq])).await
    }
}

impl DigestChanges<'_> {
    /// Stores a draft and reserves numbers for posts that editors add by hand. `None` if its slot has one already.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn make_draft(self, new: NewDraft) -> Result<Option<i64>, Error> {
        self.store.write(move |tx| make(tx, &new)).await
    }

    /// Records an act on a version of a draft, with the status that it leads to.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn record_act(self, id: i64, entry: LedgerEntry, status: Status) -> Result<Recorded, Error> {
        self.store.write(move |tx| record(tx, id, &entry, status)).await
    }

    /// Stores a post that an editor adds by hand as an item with one of the draft's reserved numbers, and records that. The
    /// story of the act gets the number.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn record_added(
        self,
        id: i64,
        entry: LedgerEntry,
        item: ScoredItem,
        fingerprint: String,
    ) -> Result<Recorded, Error> {
        self.store.write(move |tx| record_added(tx, id, entry, &item, &fingerprint)).await
    }

    /// Queues emails about a draft to its editors.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn tell_editors(self, id: i64, mails: Vec<DraftMail>, now: DateTime<Utc>) -> Result<(), Error> {
        self.store
            .write(move |tx| {
                for DraftMail { to, body, message_id } in &mails {
                    outbox::queue(tx, Kind::Draft, (EDITOR, to.reveal()), (body, message_id), now)?;
                }
                tx.execute("UPDATE drafts SET told = ?2 WHERE id = ?1", params![id, seconds(now)])?;
                Ok(())
            })
            .await
    }
}

const INSERT: &str = "INSERT INTO drafts
    (cadence, slot, due, made, after_seq, reserved_seq, through_seq, archive, base, status)
    VALUES (:cadence, :slot, :due, :now, :after_seq, :reserved_seq, :through_seq, :archive, :base, :status)
    ON CONFLICT (cadence, slot) DO NOTHING RETURNING id";

fn make(tx: &Transaction<'_>, new: &NewDraft) -> Result<Option<i64>, Error> {
    let highest: i64 = tx.query_row(HIGHEST_SEQ, [], |row| row.get("seq"))?;
    // If something arrived while the draft was composed, there is no room between the draft and that.
    let reserved = if highest <= new.through_seq { i64::from(by_hand::RESERVED) } else { 0 };
    let parameters = named_params! {
        ":cadence": new.cadence.as_str(),
        ":slot": new.slot,
        ":due": seconds(new.due),
        ":now": seconds(new.now),
        ":after_seq": new.after_seq,
        ":reserved_seq": new.through_seq,
        ":through_seq": new.through_seq + reserved,
        ":archive": new.archive,
        ":base": json::write_base(&new.base),
        ":status": Status::Open.as_str(),
    };
    let id: Option<i64> = tx.prepare(INSERT)?.query_row(parameters, |row| row.get("id")).optional()?;
    if let Some(id) = id {
        for (version, act) in (0..).zip(&new.acts) {
            record(tx, id, &LedgerEntry { version: version + 1, ..act.clone() }, Status::Open)?;
        }
    }
    Ok(id)
}

/// A version is taken once: the one of two acts that comes second finds another version.
const TAKE_VERSION: &str = "UPDATE drafts SET version = :version, status = :status
    WHERE id = :id AND version = :before AND run IS NULL";

const INSERT_ACT: &str = "INSERT INTO ledger (draft, version, at, editor, act) VALUES (?1, ?2, ?3, ?4, ?5)";

fn record(tx: &Transaction<'_>, id: i64, entry: &LedgerEntry, status: Status) -> Result<Recorded, Error> {
    let taken = tx.prepare(TAKE_VERSION)?.execute(named_params! {
        ":id": id,
        ":before": entry.version.saturating_sub(1),
        ":version": entry.version,
        ":status": status.as_str(),
    })?;
    if taken == 0 {
        return Ok(Recorded::Stale);
    }
    let parameters = params![id, entry.version, seconds(entry.at), entry.by, json::write_act(&entry.act)];
    tx.prepare(INSERT_ACT)?.execute(parameters)?;
    Ok(Recorded::Done)
}

const NUMBERS: &str = "SELECT reserved_seq, through_seq, status FROM drafts WHERE id = ?1 AND version = ?2";

fn record_added(
    tx: &Transaction<'_>,
    id: i64,
    mut entry: LedgerEntry,
    item: &ScoredItem,
    fingerprint: &str,
) -> Result<Recorded, Error> {
    let numbers = |row: Row<'_>| Ok((row.get("reserved_seq")?, row.get("through_seq")?, row.get("status")?));
    let before = entry.version.saturating_sub(1);
    let found = tx.query_row(NUMBERS, params![id, before], numbers).optional()?;
    let Some((reserved, through, status)) = found else { return Ok(Recorded::Stale) };
    let status: String = status;
    let seq = match by_hand::keep(tx, (reserved, through), item, fingerprint, seconds(entry.at))? {
        by_hand::Kept::As(seq) => seq,
        by_hand::Kept::Full => return Ok(Recorded::Full),
        by_hand::Kept::Known(seq) => return Ok(Recorded::Known(seq)),
    };
    if let Act::Add { story } = &mut entry.act {
        story.seq = seq;
    }
    record(tx, id, &entry, word("a draft's status", status)?)
}

const END: &str = "UPDATE drafts SET run = ?2 WHERE id = ?1 AND run IS NULL";

/// Ends a draft whose run is being frozen.
///
/// # Errors
/// [`Error::DraftChanged`] if somebody did something after the run was rendered.
pub(super) fn end(tx: &Transaction<'_>, draft: &DraftOfRun, run: i64, now: DateTime<Utc>) -> Result<(), Error> {
    let act = Act::Sent { run };
    let entry = LedgerEntry { version: draft.version + 1, at: now, by: PROGRAM.to_owned(), act };
    if record(tx, draft.id, &entry, Status::Sent)? != Recorded::Done {
        return Err(Error::DraftChanged);
    }
    tx.execute(END, [draft.id, run])?;
    Ok(())
}

fn select(connection: &Connection, which: &str, values: impl Params) -> Result<Vec<DraftRow>, Error> {
    let mut statement = connection.prepare(&format!(
        "SELECT id, cadence, slot, due, made, after_seq, through_seq, archive, base, version, status, run, told
         FROM drafts {which}"
    ))?;
    let mut rows = statement.query(values)?;
    let mut drafts = Vec::new();
    while let Some(row) = rows.next()? {
        drafts.push(draft_row(connection, row)?);
    }
    Ok(drafts)
}

fn draft_row(connection: &Connection, row: Row<'_>) -> Result<DraftRow, Error> {
    let id = row.get("id")?;
    let base = json::read_base(&row.get::<_, String>("base")?)?;
    let draft = Draft::replay(base, acts(connection, id)?).map_err(|refusal| Error::content("an act", refusal))?;
    Ok(DraftRow {
        id,
        cadence: word("a cadence", row.get("cadence")?)?,
        slot: row.get("slot")?,
        due: time(row.get("due")?)?,
        made: time(row.get("made")?)?,
        after_seq: row.get("after_seq")?,
        through_seq: row.get("through_seq")?,
        archive: row.get("archive")?,
        run: row.get("run")?,
        told: optional_time(row.get("told")?)?,
        draft,
    })
}

fn acts(connection: &Connection, draft: i64) -> Result<Vec<LedgerEntry>, Error> {
    let mut statement = connection.prepare(ACTS)?;
    let mut rows = statement.query([draft])?;
    let mut acts = Vec::new();
    while let Some(row) = rows.next()? {
        acts.push(LedgerEntry {
            version: row.get("version")?,
            at: time(row.get("at")?)?,
            by: row.get("editor")?,
            act: json::read_act(&row.get::<_, String>("act")?)?,
        });
    }
    Ok(acts)
}
