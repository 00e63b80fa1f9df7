//! Labels, one for each person and item, and the labelled items. Nothing else writes these tables.

use crate::store::database::sql::{Row, Transaction, named_params, params};
use chrono::{DateTime, Utc};

use crate::domain::outbox::State;
use crate::domain::selection::labels::Kind;
use crate::store::items::key as keys;
use crate::store::{Error, LabelChanges, Labels, seconds, time, word};

/// An item as its labels keep it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelledItem {
    /// Its link; `item:` and its number if it has none.
    pub key: String,
    /// Its number here, if it was not imported.
    pub item: Option<i64>,
    /// Its feed's id.
    pub feed: String,
    /// Its title.
    pub title: String,
    /// Its text; `None` when its time is over.
    pub text: Option<String>,
    /// What the classifier reads of it.
    pub features: Option<Vec<u8>>,
}

/// A label to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLabel {
    /// The item.
    pub item: LabelledItem,
    /// Who says so.
    pub who: String,
    /// What they say.
    pub kind: Kind,
    /// When.
    pub at: DateTime<Utc>,
}

/// A stored label.
pub type LabelRow = NewLabel;

impl Labels<'_> {
    /// All labels, by item, then by person.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn all(self) -> Result<Vec<LabelRow>, Error> {
        self.reader
            .read(|connection| {
                let mut statement = connection.prepare(ALL)?;
                let mut rows = statement.query([])?;
                let mut labels = Vec::new();
                while let Some(row) = rows.next()? {
                    labels.push(label(row)?);
                }
                Ok(labels)
            })
            .await
    }

    /// How many labels there are.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn count(self) -> Result<usize, Error> {
        self.reader.read(|connection| Ok(connection.prepare(HOW_MANY)?.query_row([], |row| row.get("count"))?)).await
    }

    /// The votes of a subscriber: each item's title, and when.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn votes_of(self, subscriber: String) -> Result<Vec<(String, DateTime<Utc>)>, Error> {
        self.reader
            .read(move |connection| {
                let mut statement = connection.prepare(VOTES)?;
                let mut rows = statement.query(params![subscriber, Kind::ReaderOffTopic.as_str()])?;
                let mut votes = Vec::new();
                while let Some(row) = rows.next()? {
                    votes.push((row.get("title")?, time(row.get("at")?)?));
                }
                Ok(votes)
            })
            .await
    }
}

/// A story of a digest that a subscriber was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VotableStory {
    /// Its number.
    pub seq: i64,
    /// Its title.
    pub title: String,
    /// Its feed's title.
    pub source: String,
    /// Whether this subscriber has voted on it.
    pub is_voted: bool,
}

impl Labels<'_> {
    /// The stories of the newest digest that was sent to a subscriber, and `chosen` if it was in an earlier one; in the
    /// order of arrival.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn votable(self, subscriber: String, chosen: Option<i64>) -> Result<Vec<VotableStory>, Error> {
        self.reader
            .read(move |connection| {
                let mut statement = connection.prepare(VOTABLE)?;
                let values = named_params! {
                    ":subscriber": subscriber,
                    ":chosen": chosen,
                    ":sent": State::Sent.as_str(),
                    ":unknown": State::Unknown.as_str(),
                };
                let story = |row: Row<'_>| {
                    Ok(VotableStory {
                        seq: row.get("seq")?,
                        title: row.get("title")?,
                        source: row.get("source")?,
                        is_voted: row.get("is_voted")?,
                    })
                };
                Ok(statement.query_map(values, story)?.collect::<Result<_, _>>()?)
            })
            .await
    }
}

/// A message whose fate is unknown may have arrived.
const VOTABLE: &str = "SELECT s.seq, i.title, f.title AS source,
        EXISTS (SELECT 1 FROM labels l JOIN labelled_items x ON x.key = l.key
            WHERE x.item = s.seq AND l.who = :subscriber) AS is_voted
    FROM stories s JOIN items i ON i.seq = s.seq JOIN feeds f ON f.id = i.feed
    WHERE s.id IN (SELECT r.story FROM run_stories r WHERE r.run = (SELECT max(m.run) FROM messages m
            WHERE m.subscriber = :subscriber AND m.kind = 'digest' AND m.state IN (:sent, :unknown)))
        OR (s.seq = :chosen AND EXISTS (SELECT 1 FROM run_stories r JOIN messages m ON m.run = r.run
            WHERE r.story = s.id AND m.subscriber = :subscriber AND m.kind = 'digest' AND m.state IN (:sent, :unknown)))
    ORDER BY s.seq";

impl LabelChanges<'_> {
    /// Stores labels; a person's newer label of an item replaces the older one, and an older one changes nothing. Returns
    /// how many are new or changed.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn record(self, labels: Vec<NewLabel>, now: DateTime<Utc>) -> Result<usize, Error> {
        self.store.write(move |tx| labels.iter().map(|label| record(tx, label, now)).sum()).await
    }

    /// Removes the labels of these items, or of this person, or both together; items without labels go too. Returns how
    /// many labels were removed.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn remove(self, keys: Vec<String>, who: Option<String>) -> Result<usize, Error> {
        self.store
            .write(move |tx| {
                let mut removed = 0;
                match (&keys[..], &who) {
                    ([], None) => {}
                    ([], Some(who)) => removed += tx.execute(REMOVE_OF, [who])?,
                    (keys, who) => {
                        for key in keys {
                            removed += tx.execute(REMOVE, params![key, who])?;
                        }
                    }
                }
                tx.execute(REMOVE_UNLABELLED, [])?;
                Ok(removed)
            })
            .await
    }

    /// Removes the texts of items that were labelled before this moment or whose own text is removed, and readers' votes
    /// before this moment; features and editors' labels stay. Returns how many texts and votes.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn remove_old(self, before: DateTime<Utc>) -> Result<(usize, usize), Error> {
        self.store
            .write(move |tx| {
                let texts = tx.execute(REMOVE_TEXTS, [seconds(before)])?;
                let votes = tx.execute(REMOVE_OLD, params![Kind::ReaderOffTopic.as_str(), seconds(before)])?;
                if votes > 0 {
                    tx.execute(REMOVE_UNLABELLED, [])?;
                }
                Ok((texts, votes))
            })
            .await
    }
}

fn record(tx: &Transaction<'_>, label: &NewLabel, now: DateTime<Utc>) -> Result<usize, Error> {
    let LabelledItem { key, item, feed, title, text, features } = &label.item;
    let (key, who) = (keys::key(key), keys::key(&label.who));
    tx.prepare(KEEP)?.execute(named_params! {
        ":key": key,
        ":item": item,
        ":feed": feed,
        ":title": title,
        ":text": text,
        ":features": features,
        ":now": seconds(now),
    })?;
    let values = params![key, who, label.kind.as_str(), seconds(label.at)];
    Ok(tx.prepare(RECORD)?.execute(values)?)
}

/// Removes the votes of a subscriber who is being erased.
pub(crate) fn erase_votes(tx: &Transaction<'_>, subscriber: &str) -> Result<(), Error> {
    tx.execute(REMOVE_VOTES, [subscriber, Kind::ReaderOffTopic.as_str()])?;
    tx.execute(REMOVE_UNLABELLED, [])?;
    Ok(())
}

const ALL: &str = "SELECT i.key, i.item, i.feed, i.title, i.text, i.features, l.who, l.kind, l.at
    FROM labels l JOIN labelled_items i ON i.key = l.key ORDER BY i.key, l.who";

const HOW_MANY: &str = "SELECT count(*) AS count FROM labels";

const VOTES: &str = "SELECT i.title, l.at FROM labels l JOIN labelled_items i ON i.key = l.key
    WHERE l.who = ?1 AND l.kind = ?2 ORDER BY l.at, i.key";

/// What is known of an item already stays, except what was missing.
const KEEP: &str = "INSERT INTO labelled_items (key, item, feed, title, text, features, made)
    VALUES (:key, :item, :feed, :title, :text, :features, :now)
    ON CONFLICT (key) DO UPDATE SET item = coalesce(labelled_items.item, excluded.item),
        features = coalesce(labelled_items.features, excluded.features)";

const RECORD: &str = "INSERT INTO labels (key, who, kind, at) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (key, who) DO UPDATE SET kind = excluded.kind, at = excluded.at
    WHERE excluded.at >= labels.at AND excluded.kind <> labels.kind";

const REMOVE: &str = "DELETE FROM labels WHERE key = ?1 AND (?2 IS NULL OR who = ?2)";
const REMOVE_OF: &str = "DELETE FROM labels WHERE who = ?1";
const REMOVE_VOTES: &str = "DELETE FROM labels WHERE who = ?1 AND kind = ?2";
const REMOVE_UNLABELLED: &str =
    "DELETE FROM labelled_items WHERE NOT EXISTS (SELECT 1 FROM labels l WHERE l.key = labelled_items.key)";
const REMOVE_TEXTS: &str = "UPDATE labelled_items SET text = NULL WHERE text IS NOT NULL AND (made < ?1
    OR EXISTS (SELECT 1 FROM items i WHERE i.seq = labelled_items.item AND i.text_removed IS NOT NULL))";
const REMOVE_OLD: &str = "DELETE FROM labels WHERE kind = ?1 AND at < ?2";

fn label(row: Row<'_>) -> Result<LabelRow, Error> {
    Ok(NewLabel {
        item: LabelledItem {
            key: row.get("key")?,
            item: row.get("item")?,
            feed: row.get("feed")?,
            title: row.get("title")?,
            text: row.get("text")?,
            features: row.get("features")?,
        },
        who: row.get("who")?,
        kind: word("a kind of label", row.get("kind")?)?,
        at: time(row.get("at")?)?,
    })
}
