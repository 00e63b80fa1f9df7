//! Archives: the page that each run leaves for everybody, under a name of its own, and the stories on it. Both are
//! written in the transaction that freezes the run (`runs`), and never change. They are told of once a digest of the
//! run was sent, and while it is not held.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use crate::store::{Error, Reader, from_json, optional_time, seconds, time, to_json};

/// The page of a run to be frozen.
#[derive(Debug, Clone)]
pub struct NewArchive {
    /// See [`Reader::free_archive_name`].
    pub name: String,
    /// What a list of pages calls it.
    pub title: String,
    /// The whole page; no personal link in it.
    pub html: String,
    /// The stories on it, in its order.
    pub stories: Vec<PageStory>,
}

/// A story as it stands on a run's page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageStory {
    /// Its order of arrival.
    pub seq: i64,
    /// One line, never empty.
    pub title: String,
    /// http or https; empty when the source gave something else.
    pub link: String,
    /// Whole sentences; may be empty.
    pub excerpt: String,
    /// Its language, where it is not the digest's; else empty.
    pub language: String,
    /// Who published it.
    pub source: String,
    /// Who wrote it.
    pub author: Option<String>,
    /// As the source gives it.
    pub published: Option<DateTime<Utc>>,
    /// Titles of its themes, strongest first.
    pub themes: Vec<String>,
}

/// A story that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentStory {
    /// As its page has it.
    pub story: PageStory,
    /// When it became a story.
    pub met: DateTime<Utc>,
    /// When the first digest with it was sent.
    pub sent: DateTime<Utc>,
    /// The last part of the address of that digest's page.
    pub archive: String,
}

/// A page in the list of pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveRow {
    /// The last part of its address.
    pub name: String,
    /// The subject of its digest.
    pub title: String,
    /// The instant of its run's slot.
    pub due: DateTime<Utc>,
    /// When its digest was first sent.
    pub sent: DateTime<Utc>,
    /// How many stories are on it.
    pub stories: usize,
}

/// A page whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivePage {
    /// As it was frozen.
    pub html: String,
    /// When it was.
    pub made: DateTime<Utc>,
    /// Whether the list has it.
    pub is_listed: bool,
}

/// Of the run of this alias: its digest was sent to somebody, and nobody has stopped it.
fn is_listed(run: &str) -> String {
    format!("{run}.published IS NOT NULL AND {run}.held IS NULL")
}

impl Reader {
    /// `base` itself, or with the first number from 2 that no run has: `2026-11-23-2`.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn free_archive_name(&self, base: String) -> Result<String, Error> {
        self.read(move |connection| {
            let mut statement = connection.prepare("SELECT 1 FROM archives WHERE name = ?1")?;
            let mut name = base.clone();
            let mut number = 1;
            while statement.exists([&name])? {
                number += 1;
                name = format!("{base}-{number}");
            }
            Ok(name)
        })
        .await
    }

    /// The page of the run of this name, listed or not: a proof or a mail may lead to it.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn archive(&self, name: String) -> Result<Option<ArchivePage>, Error> {
        self.read(move |connection| {
            let query = format!(
                "SELECT a.html, r.made, {} FROM archives a JOIN runs r ON r.id = a.run WHERE a.name = ?1",
                is_listed("r")
            );
            let page =
                connection.query_row(&query, [&name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
            page.map(|(html, made, is_listed)| Ok(ArchivePage { html, made: time(made)?, is_listed })).transpose()
        })
        .await
    }

    /// At most `limit` listed pages after the first `skip`, newest first.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn archives(&self, skip: usize, limit: usize) -> Result<Vec<ArchiveRow>, Error> {
        self.read(move |connection| {
            let mut statement = connection.prepare(&format!(
                "SELECT a.name, a.title, r.due, r.published, r.stories FROM runs r JOIN archives a ON a.run = r.id
                 WHERE {} ORDER BY r.due DESC, r.id DESC LIMIT ?1 OFFSET ?2",
                is_listed("r")
            ))?;
            let mut rows = statement.query(params![limit as u64, skip as u64])?;
            let mut archives = Vec::new();
            while let Some(row) = rows.next()? {
                archives.push(ArchiveRow {
                    name: row.get(0)?,
                    title: row.get(1)?,
                    due: time(row.get(2)?)?,
                    sent: time(row.get(3)?)?,
                    stories: row.get(4)?,
                });
            }
            Ok(archives)
        })
        .await
    }

    /// When a page last came into the list or went out of it.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn archives_changed(&self) -> Result<Option<DateTime<Utc>>, Error> {
        self.read(|connection| optional_time(connection.prepare_cached(CHANGED)?.query_row([], |row| row.get(0))?))
            .await
    }

    /// The stories of listed pages, those of the newest page first; a story of several only where it was sent first.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn sent_stories(&self, limit: usize) -> Result<Vec<SentStory>, Error> {
        self.read(move |connection| sent_stories(connection, limit)).await
    }
}

const CHANGED: &str = "SELECT max(at) FROM (SELECT max(published) AS at FROM runs WHERE published IS NOT NULL
    UNION ALL SELECT max(held) FROM runs WHERE held IS NOT NULL AND published IS NOT NULL
    UNION ALL SELECT max(released) FROM runs WHERE released IS NOT NULL AND published IS NOT NULL)";

fn sent_stories(connection: &Connection, limit: usize) -> Result<Vec<SentStory>, Error> {
    let (listed, listed_earlier) = (is_listed("r"), is_listed("e"));
    let mut statement = connection.prepare(&format!(
        "SELECT s.seq, s.title, s.link, s.excerpt, s.language, s.source, s.author, s.published, s.themes, s.met,
         r.published, a.name
         FROM runs r JOIN archives a ON a.run = r.id JOIN archive_stories s ON s.run = r.id
         WHERE {listed} AND NOT EXISTS (SELECT 1 FROM archive_stories o JOIN runs e ON e.id = o.run
             WHERE o.seq = s.seq AND {listed_earlier} AND (e.published, e.id) < (r.published, r.id))
         ORDER BY r.published DESC, r.id DESC, s.place LIMIT ?1"
    ))?;
    let mut rows = statement.query([limit as u64])?;
    let mut stories = Vec::new();
    while let Some(row) = rows.next()? {
        let story = PageStory {
            seq: row.get(0)?,
            title: row.get(1)?,
            link: row.get(2)?,
            excerpt: row.get(3)?,
            language: row.get(4)?,
            source: row.get(5)?,
            author: row.get(6)?,
            published: optional_time(row.get(7)?)?,
            themes: from_json("a list of themes", &row.get::<_, String>(8)?)?,
        };
        stories.push(SentStory { story, met: time(row.get(9)?)?, sent: time(row.get(10)?)?, archive: row.get(11)? });
    }
    Ok(stories)
}

pub(crate) fn keep(tx: &Transaction<'_>, run: i64, archive: &NewArchive) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO archives (run, name, title, html) VALUES (?1, ?2, ?3, ?4)",
        params![run, archive.name, archive.title, archive.html],
    )?;
    tx.execute("UPDATE runs SET stories = ?2 WHERE id = ?1", params![run, archive.stories.len() as u64])?;
    let mut statement = tx.prepare(
        "INSERT INTO archive_stories (run, place, seq, met, title, link, excerpt, language, source, author, published, themes)
         SELECT ?1, ?2, seq, made, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11 FROM stories WHERE seq = ?3",
    )?;
    for (place, story) in archive.stories.iter().enumerate() {
        let published = story.published.map(seconds);
        statement.execute(params![
            run,
            place as u64,
            story.seq,
            story.title,
            story.link,
            story.excerpt,
            story.language,
            story.source,
            story.author,
            published,
            to_json(&story.themes),
        ])?;
    }
    Ok(())
}

/// A message was sent: if it is the first digest of its run, the run is shown to everybody from now on.
pub(crate) fn publish(tx: &Transaction<'_>, message: i64, now: i64) -> Result<(), Error> {
    tx.prepare_cached(
        "UPDATE runs SET published = ?2 WHERE id = (SELECT run FROM messages WHERE id = ?1) AND published IS NULL",
    )?
    .execute([message, now])?;
    Ok(())
}
