//! The archive: a public page for each run, under a name of its own, and the stories on it. Both are written in the
//! transaction that freezes the run (`runs`), and never change. They are listed once a digest of the run was sent, and
//! while it is not held.

use crate::store::Archive;
use crate::store::database::sql::{Connection, Row, Transaction, named_params, params};
use chrono::{DateTime, Utc};

use crate::domain::digests::correction::Kind;
use crate::store::{Error, from_json, optional_time, seconds, time, to_json, word};

/// The page of a run to be frozen.
#[derive(Debug, Clone)]
pub struct NewArchive {
    /// See [`Archive::free_archive_name`](crate::store::Archive::free_archive_name).
    pub name: String,
    /// What a list of pages calls it.
    pub title: String,
    /// The whole page; no personal link in it.
    pub html: String,
    /// The page in the other languages.
    pub languages: Vec<LanguagePage>,
    /// The stories on it, in its order.
    pub stories: Vec<PageStory>,
}

/// The page of a run in a language besides the default one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LanguagePage {
    /// The language's code.
    pub language: String,
    /// What a list of pages calls it.
    pub title: String,
    /// The whole page.
    pub html: String,
}

/// A story as a run's page shows it.
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
    /// Its language if that is not the digest's, else empty.
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
    /// As its page shows it.
    pub story: PageStory,
    /// When it became a story.
    pub met: DateTime<Utc>,
    /// When the first digest with it was sent.
    pub sent: DateTime<Utc>,
    /// The last segment of the address of that digest's page.
    pub archive: String,
    /// What was said about it since, and when.
    pub correction: Option<(Kind, String, DateTime<Utc>)>,
}

/// A whole page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivePage {
    /// As it was frozen.
    pub html: String,
    /// When it was frozen.
    pub made: DateTime<Utc>,
    /// Whether it is in the list.
    pub is_listed: bool,
}

/// By a page, or by a draft for its page.
const IS_TAKEN: &str = "SELECT 1 FROM archives WHERE name = ?1 UNION ALL SELECT 1 FROM drafts WHERE archive = ?1";

/// A run is listed once one of its digests was sent, and while it is not held.
const PAGE: &str =
    "SELECT coalesce(l.html, a.html) AS html, r.made, r.published IS NOT NULL AND r.held IS NULL AS is_listed
    FROM archives a JOIN runs r ON r.id = a.run LEFT JOIN archive_languages l ON l.run = a.run AND l.language = ?2
    WHERE a.name = ?1";

impl Archive<'_> {
    /// `base` itself, or with the first number from 2 that no run has: `2026-11-23-2`.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn free_archive_name(self, base: String) -> Result<String, Error> {
        self.reader
            .read(move |connection| {
                let mut statement = connection.prepare(IS_TAKEN)?;
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

    /// The page of the run of this name in a language, else in the default one; listed or not: a proof or an email may link
    /// to it.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn page(self, name: String, language: String) -> Result<Option<ArchivePage>, Error> {
        self.reader
            .read(move |connection| {
                let mut statement = connection.prepare(PAGE)?;
                let mut rows = statement.query([&name, &language])?;
                let page = |row: Row<'_>| -> Result<ArchivePage, Error> {
                    let (html, is_listed) = (row.get("html")?, row.get("is_listed")?);
                    Ok(ArchivePage { html, made: time(row.get("made")?)?, is_listed })
                };
                rows.next()?.map(page).transpose()
            })
            .await
    }

    /// When a page last entered or left the list, or a story was corrected.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn changed(self) -> Result<Option<DateTime<Utc>>, Error> {
        self.reader
            .read(|connection| optional_time(connection.prepare(CHANGED)?.query_row([], |row| row.get("changed"))?))
            .await
    }

    /// The stories of listed pages, those of the newest page first; a story of several only where it was sent first.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn sent_stories(self, limit: usize) -> Result<Vec<SentStory>, Error> {
        self.reader.read(move |connection| sent_stories(connection, limit)).await
    }
}

const CHANGED: &str =
    "SELECT max(at) AS changed FROM (SELECT max(published) AS at FROM runs WHERE published IS NOT NULL
    UNION ALL SELECT max(held) FROM runs WHERE held IS NOT NULL AND published IS NOT NULL
    UNION ALL SELECT max(released) FROM runs WHERE released IS NOT NULL AND published IS NOT NULL
    UNION ALL SELECT max(made) FROM corrections) changes";

const SENT_STORIES: &str = "SELECT s.seq, s.title, s.link, s.excerpt, s.language, s.source, s.author, s.published, s.themes,
    s.met, r.published AS sent, a.name AS archive, c.kind, c.words, c.made AS corrected
    FROM runs r JOIN archives a ON a.run = r.id JOIN archive_stories s ON s.run = r.id
    LEFT JOIN corrections c ON c.run = s.run AND c.seq = s.seq
    WHERE r.published IS NOT NULL AND r.held IS NULL
    AND NOT EXISTS (SELECT 1 FROM archive_stories o JOIN runs e ON e.id = o.run
        WHERE o.seq = s.seq AND e.published IS NOT NULL AND e.held IS NULL AND (e.published, e.id) < (r.published, r.id))
    ORDER BY r.published DESC, r.id DESC, s.place LIMIT ?1";

fn sent_stories(connection: &Connection, limit: usize) -> Result<Vec<SentStory>, Error> {
    let mut statement = connection.prepare(SENT_STORIES)?;
    let mut rows = statement.query([limit as u64])?;
    let mut stories = Vec::new();
    while let Some(row) = rows.next()? {
        stories.push(sent_story(row)?);
    }
    Ok(stories)
}

fn sent_story(row: Row<'_>) -> Result<SentStory, Error> {
    let story = PageStory {
        seq: row.get("seq")?,
        title: row.get("title")?,
        link: row.get("link")?,
        excerpt: row.get("excerpt")?,
        language: row.get("language")?,
        source: row.get("source")?,
        author: row.get("author")?,
        published: optional_time(row.get("published")?)?,
        themes: from_json("a list of themes", &row.get::<_, String>("themes")?)?,
    };
    let correction = match (row.get::<_, Option<String>>("kind")?, optional_time(row.get("corrected")?)?) {
        (Some(kind), Some(at)) => Some((word("a kind of correction", kind)?, row.get("words")?, at)),
        _ => None,
    };
    let (met, sent) = (time(row.get("met")?)?, time(row.get("sent")?)?);
    Ok(SentStory { story, met, sent, archive: row.get("archive")?, correction })
}

const INSERT: &str = "INSERT INTO archives (run, name, title, html) VALUES (?1, ?2, ?3, ?4)";

const INSERT_LANGUAGE: &str = "INSERT INTO archive_languages (run, language, title, html) VALUES (?1, ?2, ?3, ?4)";

const COUNT_STORIES: &str = "UPDATE runs SET stories = ?2 WHERE id = ?1";

const INSERT_STORY: &str = "INSERT INTO archive_stories
    (run, place, seq, met, title, link, excerpt, language, source, author, published, themes)
    SELECT :run, :place, seq, made, :title, :link, :excerpt, :language, :source, :author, :published, :themes
    FROM stories WHERE seq = :seq";

pub(crate) fn keep(tx: &Transaction<'_>, run: i64, archive: &NewArchive) -> Result<(), Error> {
    tx.execute(INSERT, params![run, archive.name, archive.title, archive.html])?;
    for LanguagePage { language, title, html } in &archive.languages {
        tx.execute(INSERT_LANGUAGE, params![run, language, title, html])?;
    }
    tx.execute(COUNT_STORIES, params![run, archive.stories.len() as u64])?;
    let mut statement = tx.prepare(INSERT_STORY)?;
    for (place, story) in archive.stories.iter().enumerate() {
        statement.execute(named_params! {
            ":run": run,
            ":place": place as u64,
            ":seq": story.seq,
            ":title": story.title,
            ":link": story.link,
            ":excerpt": story.excerpt,
            ":language": story.language,
            ":source": story.source,
            ":author": story.author,
            ":published": story.published.map(seconds),
            ":themes": to_json(&story.themes),
        })?;
    }
    Ok(())
}

const PUBLISH: &str =
    "UPDATE runs SET published = ?2 WHERE id = (SELECT run FROM messages WHERE id = ?1) AND published IS NULL";

/// A message was sent: if it is the first digest of its run, the run is listed from now on.
pub(crate) fn publish(tx: &Transaction<'_>, message: i64, now: i64) -> Result<(), Error> {
    tx.prepare(PUBLISH)?.execute([message, now])?;
    Ok(())
}
