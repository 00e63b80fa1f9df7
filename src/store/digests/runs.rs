//! Runs: the windows of subscribers, what is frozen with a run (`filling`), and which runs there were.

use std::collections::BTreeMap;

use crate::store::Digests;
use crate::store::database::sql::{OptionalExtension as _, Row, named_params, params};
use chrono::{DateTime, Utc};

use super::archives::NewArchive;
use super::drafts::DraftOfRun;
use super::proofs::NewProof;
use crate::domain::items::text::count;
use crate::domain::outbox::State;
use crate::domain::subscribers::subscriber::{Cadence, Status};
use crate::store::subscribers::recipients::SERVED;
use crate::store::{Error, from_json, seconds, time};

/// The subscribers of a run who see the same digest: those with the same cursor, themes and language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// Their cursor: the digest begins after this `seq`.
    pub cursor: i64,
    /// Names of the themes wanted; `None` for all.
    pub themes: Option<Vec<String>>,
    /// Their language; empty for the default one.
    pub language: String,
    /// Their number.
    pub people: u64,
}

/// A rendered digest, and the stories in it.
#[derive(Debug, Clone)]
pub struct NewBody {
    /// The language in which it was rendered.
    pub language: String,
    /// Subject line.
    pub subject: String,
    /// Plain text, with placeholders for what is personal.
    pub text: String,
    /// HTML, with placeholders for what is personal.
    pub html: String,
    /// The `seq` of each story in it.
    pub stories: Vec<i64>,
    /// The `seq` of each one that is only listed at its end.
    pub listed: Vec<i64>,
}

/// A window with its digest.
#[derive(Debug, Clone)]
pub struct WindowBody {
    /// The window.
    pub window: Window,
    /// Its digest; `None` when it holds nothing for these subscribers.
    pub body: Option<NewBody>,
    /// It holds only listed items, which wait for a story: the cursors stay, and the next digest lists them.
    pub waits: bool,
}

/// A run to be frozen.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// The cadence whose slot it is for; `None` for `once`, which serves everybody.
    pub cadence: Option<Cadence>,
    /// The slot's name, in local time.
    pub slot: String,
    /// The slot's instant.
    pub due: DateTime<Utc>,
    /// When it is made.
    pub now: DateTime<Utc>,
    /// The highest number that it covers.
    pub through_seq: i64,
    /// Domain of the Message-IDs.
    pub domain: String,
    /// SHA-256 of the editor's note that its bodies show, if they show one.
    pub note: Option<String>,
    /// The windows of the subscribers that it serves.
    pub windows: Vec<WindowBody>,
    /// Go to those for whom it holds nothing, by the language of a window.
    pub quiet: BTreeMap<String, NewBody>,
    /// Its page for everybody; `None` when it holds nothing for anybody.
    pub archive: Option<NewArchive>,
    /// Goes out before its digests, if there are any.
    pub proof: Option<NewProof>,
    /// The draft that it is made from.
    pub draft: Option<DraftOfRun>,
    /// The numbers of the corrections that its digests announce.
    pub corrections: Vec<i64>,
}

/// A run as kept.
#[derive(Debug, Clone)]
pub struct RunRow {
    /// Its number.
    pub id: i64,
    /// daily, weekly, monthly or once.
    pub cadence: String,
    /// Slot's name.
    pub slot: String,
    /// The slot's instant.
    pub due: DateTime<Utc>,
    /// When it was made.
    pub made: DateTime<Utc>,
    /// The last `seq` that it covers.
    pub through_seq: i64,
    /// Stories in it.
    pub stories: u64,
    /// Messages of it.
    pub messages: u64,
}

impl RunRow {
    /// Whether it was made before its slot, because somebody asked for that.
    #[must_use]
    pub fn is_early(&self) -> bool {
        self.made < self.due
    }

    /// What it made: "7 stories, 1 message".
    #[must_use]
    pub fn size(&self) -> String {
        format!("{}, {}", count(self.stories, "story"), count(self.messages, "message"))
    }
}

/// A draft covers numbers that it keeps for posts added by hand, whether or not they are given.
pub(crate) const HIGHEST_SEQ: &str = "SELECT coalesce(max(seq), 0) AS seq FROM (SELECT max(seq) AS seq FROM items
    UNION ALL SELECT max(through_seq) FROM runs UNION ALL SELECT max(through_seq) FROM drafts) numbers";

impl Digests<'_> {
    /// The highest number that was given or reserved so far.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn highest_seq(self) -> Result<i64, Error> {
        self.reader.read(|connection| Ok(connection.query_row(HIGHEST_SEQ, [], |row| row.get("seq"))?)).await
    }

    /// The distinct windows of the subscribers of a cadence, or of all subscribers.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn windows(self, cadence: Option<Cadence>) -> Result<Vec<Window>, Error> {
        self.reader
            .read(move |connection| {
                let mut statement = connection.prepare(&format!(
                    "SELECT cursor, themes, language, count(*) AS people FROM subscribers WHERE {SERVED}
                 GROUP BY cursor, themes, language ORDER BY cursor, themes NULLS FIRST, language"
                ))?;
                let mut rows = statement.query(named_params! {
                    ":active": Status::Active.as_str(),
                    ":cadence": cadence.map(Cadence::as_str),
                    ":sending": State::Sending.as_str(),
                    ":unknown": State::Unknown.as_str(),
                })?;
                let mut windows = Vec::new();
                while let Some(row) = rows.next()? {
                    let themes: Option<String> = row.get("themes")?;
                    let themes = themes.map(|themes| from_json("a list of themes", &themes)).transpose()?;
                    let (cursor, language) = (row.get("cursor")?, row.get("language")?);
                    windows.push(Window { cursor, themes, language, people: row.get("people")? });
                }
                Ok(windows)
            })
            .await
    }
}

impl Digests<'_> {
    /// The last run of a cadence whose slot is not after `now`: one made while the clock was ahead must not block later ones.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn last_run(self, cadence: Cadence, now: DateTime<Utc>) -> Result<Option<RunRow>, Error> {
        self.reader
            .read(move |connection| {
                let mut statement = connection.prepare(LAST_OF_CADENCE)?;
                let mut rows = statement.query(params![seconds(now), cadence.as_str()])?;
                rows.next()?.map(run_row).transpose()
            })
            .await
    }

    /// The run that was made last, of any cadence or by `once`, whenever its slot is.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn newest_run(self) -> Result<Option<RunRow>, Error> {
        self.reader
            .read(move |connection| {
                let mut statement = connection.prepare(NEWEST)?;
                let mut rows = statement.query([])?;
                rows.next()?.map(run_row).transpose()
            })
            .await
    }

    /// Whether there is anybody whom a slot of this cadence concerns: active, and not paused.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn has_readers(self, cadence: Cadence) -> Result<bool, Error> {
        self.reader
            .read(move |connection| {
                Ok(connection.query_row(HAS_READERS, [Status::Active.as_str(), cadence.as_str()], |row| row.get(0))?)
            })
            .await
    }

    /// The subjects of the last run of a cadence that had a digest; of any run, without one.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn last_subjects(self, cadence: Option<Cadence>) -> Result<Vec<String>, Error> {
        self.reader
            .read(move |connection| {
                let mut statement = connection.prepare(LAST_SUBJECTS)?;
                let subjects = statement.query_map([cadence.map(Cadence::as_str)], |row| row.get("subject"))?;
                Ok(subjects.collect::<Result<_, _>>()?)
            })
            .await
    }

    /// SHA-256 of the editor's note that subscribers of a cadence (`None`: of any) were shown last. A run of which no email
    /// was sent has shown nothing.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn last_note(self, cadence: Option<Cadence>) -> Result<Option<String>, Error> {
        self.reader
            .read(move |connection| {
                let parameters = named_params! {
                    ":cadence": cadence.map(Cadence::as_str),
                    ":sending": State::Sending.as_str(),
                    ":unknown": State::Unknown.as_str(),
                    ":sent": State::Sent.as_str(),
                };
                Ok(connection.query_row(LAST_NOTE, parameters, |row| row.get("note")).optional()?)
            })
            .await
    }

    /// When the database was made: the first slot counts from there.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn made(self) -> Result<DateTime<Utc>, Error> {
        self.reader.read(|connection| time(connection.query_row(MADE, [], |row| row.get("made"))?)).await
    }
}

/// The last number that any run or draft covers. A draft's run is made later than the draft, when runs of other cadences may
/// cover more.
pub(crate) const COVERED: &str = "SELECT coalesce(max(through_seq), 0) AS through_seq
    FROM (SELECT max(through_seq) AS through_seq FROM runs UNION ALL SELECT max(through_seq) FROM drafts) covered";

const HAS_READERS: &str =
    "SELECT EXISTS (SELECT 1 FROM subscribers WHERE status = ?1 AND paused_until IS NULL AND cadence = ?2)";

const LAST_SUBJECTS: &str =
    "SELECT subject FROM bodies WHERE run = (SELECT max(r.id) FROM runs r JOIN bodies p ON p.run = r.id
    WHERE (?1 IS NULL OR r.cadence = ?1) AND EXISTS (SELECT 1 FROM run_stories WHERE run = r.id))";

const LAST_NOTE: &str = "SELECT note FROM runs WHERE note IS NOT NULL
    AND (:cadence IS NULL OR cadence = :cadence OR cadence = 'once')
    AND (EXISTS (SELECT 1 FROM messages WHERE run = runs.id AND state IN (:sending, :unknown, :sent))
        OR EXISTS (SELECT 1 FROM tallies WHERE run = runs.id AND state = :sent))
    ORDER BY id DESC LIMIT 1";

const MADE: &str = "SELECT min(made) AS made FROM keys";

const LAST_OF_CADENCE: &str = "SELECT id, cadence, slot, due, made, through_seq,
    (SELECT count(*) FROM run_stories WHERE run = runs.id AND listed = 0) AS stories_shown,
    (SELECT CAST(coalesce(sum(count), 0) AS BIGINT) FROM tallies WHERE run = runs.id) AS messages
    FROM runs WHERE due <= ?1 AND cadence = ?2 ORDER BY due DESC, id DESC LIMIT 1";

const NEWEST: &str = "SELECT id, cadence, slot, due, made, through_seq,
    (SELECT count(*) FROM run_stories WHERE run = runs.id AND listed = 0) AS stories_shown,
    (SELECT CAST(coalesce(sum(count), 0) AS BIGINT) FROM tallies WHERE run = runs.id) AS messages
    FROM runs WHERE id = (SELECT max(id) FROM runs)";

fn run_row(row: Row<'_>) -> Result<RunRow, Error> {
    Ok(RunRow {
        id: row.get("id")?,
        cadence: row.get("cadence")?,
        slot: row.get("slot")?,
        due: time(row.get("due")?)?,
        made: time(row.get("made")?)?,
        through_seq: row.get("through_seq")?,
        stories: row.get("stories_shown")?,
        messages: row.get("messages")?,
    })
}
