//! Items that are in no digest and that an editor may include: the best of those that were not selected, or a few of them.

use url::Url;

use super::stories::{STANDS, shown};
use crate::domain::digests::digest::Story;
use crate::domain::selection::relevance::telling;
use crate::store::database::sql::{Connection, Row, params};
use crate::store::items::scored::Shown;
use crate::store::selection::reasons;
use crate::store::{Error, Items, from_json, optional_time};

/// Items whose story is in no digest, one for each story, with a link of their own: without one they cannot be included.
/// Conditions on `i` follow.
fn statement(conditions: &str) -> String {
    format!(
        "SELECT i.seq, i.title, i.link, f.title AS source, i.author, i.published, i.score, i.themes, i.reasons
         FROM items i JOIN stories s ON s.id = i.story JOIN feeds f ON f.id = i.feed
         WHERE s.seq IS NULL AND i.link IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM items o WHERE o.story = i.story AND (o.seq < i.seq OR {STANDS})) AND {conditions}"
    )
}

fn story(connection: &Connection, row: Row<'_>, excerpt_chars: usize) -> Result<Story, Error> {
    let (seq, link): (i64, String) = (row.get("seq")?, row.get("link")?);
    let link: Url = link.parse().map_err(|_| Error::content("a link", &link))?;
    let Shown { excerpt, reading_minutes, .. } = shown(connection, seq, excerpt_chars)?;
    let reasons = reasons::read(&row.get::<_, String>("reasons")?)?;
    Ok(Story {
        seq,
        title: row.get("title")?,
        link,
        source: row.get("source")?,
        also_on: Vec::new(),
        author: row.get("author")?,
        published: optional_time(row.get("published")?)?,
        excerpt,
        reading_minutes,
        score: row.get("score")?,
        themes: from_json("a list of themes", &row.get::<_, String>("themes")?)?,
        phrases: telling(&reasons),
        is_listed: false,
        comment: String::new(),
    })
}

impl Items<'_> {
    /// The `limit` best items with a number in (`after`, `through_seq`] and at least the score `least` whose story is in no
    /// digest, as stories with the item's number, the best first.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn near_misses(
        self,
        (after, through_seq): (i64, i64),
        least: f64,
        limit: usize,
        excerpt_chars: usize,
    ) -> Result<Vec<Story>, Error> {
        self.reader
            .read(move |connection| {
                let best =
                    statement("i.seq > ?1 AND i.seq <= ?2 AND i.score >= ?4 ORDER BY i.score DESC, i.seq LIMIT ?3");
                let mut statement = connection.prepare(&best)?;
                let mut rows = statement.query(params![after, through_seq, limit as u64, least])?;
                let mut stories = Vec::new();
                while let Some(row) = rows.next()? {
                    stories.push(story(connection, row, excerpt_chars)?);
                }
                Ok(stories)
            })
            .await
    }

    /// These of the items whose story is in no digest, as stories with the item's number.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn not_selected(self, seqs: Vec<i64>, excerpt_chars: usize) -> Result<Vec<Story>, Error> {
        self.reader
            .read(move |connection| {
                let mut statement = connection.prepare(&statement("i.seq = ?1"))?;
                let mut stories = Vec::new();
                for seq in &seqs {
                    let mut rows = statement.query([*seq])?;
                    while let Some(row) = rows.next()? {
                        stories.push(story(connection, row, excerpt_chars)?);
                    }
                }
                Ok(stories)
            })
            .await
    }

    /// The number and the score of every item with a number in (`after`, `through_seq`] whose story is in no digest and
    /// whose text is kept, in order of arrival.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn scores_of_not_selected(self, after: i64, through_seq: i64) -> Result<Vec<(i64, f64)>, Error> {
        self.reader
            .read(move |connection| {
                let of_all = statement(
                    "i.seq > ?1 AND i.seq <= ?2 AND i.mailable = 1 AND i.text_removed IS NULL ORDER BY i.seq",
                );
                let mut statement = connection.prepare(&of_all)?;
                let rows = statement.query_map([after, through_seq], |row| Ok((row.get("seq")?, row.get("score")?)))?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
            .await
    }
}
