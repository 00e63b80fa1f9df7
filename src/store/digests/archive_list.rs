//! The list of the archive: its pages by date with the titles of their first stories, and the neighbours of a page. A run
//! is listed once a digest of it was sent, and while it is not held.

use chrono::{DateTime, Utc};

use crate::domain::digests::correction::Kind;
use crate::store::Archive;
use crate::store::database::sql::{Connection, OptionalExtension as _, Row, params};
use crate::store::{Error, time};

/// A line in the list of pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveRow {
    /// The last segment of its address.
    pub name: String,
    /// The subject of its digest.
    pub title: String,
    /// The instant of its run's slot.
    pub due: DateTime<Utc>,
    /// When its digest was first sent.
    pub sent: DateTime<Utc>,
    /// How many stories are on it.
    pub stories: usize,
    /// The titles of the first of these that are not withdrawn; none of a run of an early version.
    pub headlines: Vec<Headline>,
}

/// The title of a story of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headline {
    /// On one line.
    pub title: String,
    /// Its language if it is not the one of the page in the default language, else empty.
    pub language: String,
}

/// The page before or after another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbour {
    /// The last segment of its address.
    pub name: String,
    /// The instant of its run's slot.
    pub due: DateTime<Utc>,
}

/// The page of a run for its operator: the last segment of its address, and the stories on it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunPage {
    /// None where the run has no page.
    pub name: Option<String>,
    /// Titles and links, in the page's order; a link may be empty.
    pub stories: Vec<(String, String)>,
}

/// How many titles stand in a line of the list.
const HEADLINES: usize = 3;

const LIST: &str = "SELECT r.id, a.name, coalesce(l.title, a.title) AS title, r.due, r.published, r.stories FROM runs r
    JOIN archives a ON a.run = r.id LEFT JOIN archive_languages l ON l.run = a.run AND l.language = ?3
    WHERE r.published IS NOT NULL AND r.held IS NULL ORDER BY r.due DESC, r.id DESC LIMIT ?1 OFFSET ?2";

const FIRST_TITLES: &str = "SELECT s.title, s.language FROM archive_stories s WHERE s.run = ?1 AND NOT EXISTS (
        SELECT 1 FROM corrections c WHERE c.run = s.run AND c.seq = s.seq AND c.kind = ?2)
    ORDER BY s.place LIMIT ?3";

const NAME_OF_RUN: &str = "SELECT name FROM archives WHERE run = ?1";

const STORIES_OF_RUN: &str = "SELECT title, link FROM archive_stories WHERE run = ?1 ORDER BY place";

const PLACE: &str = "SELECT r.due, r.id FROM archives a JOIN runs r ON r.id = a.run WHERE a.name = ?1";

const BEFORE: &str = "SELECT a.name, r.due FROM runs r JOIN archives a ON a.run = r.id
    WHERE r.published IS NOT NULL AND r.held IS NULL AND r.due <= ?1 AND (r.due < ?1 OR r.id < ?2)
    ORDER BY r.due DESC, r.id DESC LIMIT 1";

const AFTER: &str = "SELECT a.name, r.due FROM runs r JOIN archives a ON a.run = r.id
    WHERE r.published IS NOT NULL AND r.held IS NULL AND r.due >= ?1 AND (r.due > ?1 OR r.id > ?2)
    ORDER BY r.due, r.id LIMIT 1";

impl Archive<'_> {
    /// At most `limit` listed pages after the first `skip`, newest first, with their titles in a language.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn pages(self, language: String, skip: usize, limit: usize) -> Result<Vec<ArchiveRow>, Error> {
        self.reader
            .read(move |connection| {
                let mut statement = connection.prepare(LIST)?;
                let mut rows = statement.query(params![limit as u64, skip as u64, language])?;
                let mut archives = Vec::new();
                while let Some(row) = rows.next()? {
                    archives.push(ArchiveRow {
                        name: row.get("name")?,
                        title: row.get("title")?,
                        due: time(row.get("due")?)?,
                        sent: time(row.get("published")?)?,
                        stories: row.get("stories")?,
                        headlines: first_titles(connection, row.get("id")?)?,
                    });
                }
                Ok(archives)
            })
            .await
    }

    /// The page of a run and its stories.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn page_of_run(self, run: i64) -> Result<RunPage, Error> {
        self.reader
            .read(move |connection| {
                let name = connection.prepare(NAME_OF_RUN)?.query_row([run], |row| row.get("name")).optional()?;
                let mut statement = connection.prepare(STORIES_OF_RUN)?;
                let stories = statement.query_map([run], |row| Ok((row.get("title")?, row.get("link")?)))?;
                Ok(RunPage { name, stories: stories.collect::<Result<_, _>>()? })
            })
            .await
    }

    /// The listed pages before and after the page of this name, which need not be listed itself.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn neighbours(self, name: String) -> Result<[Option<Neighbour>; 2], Error> {
        self.reader
            .read(move |connection| {
                let place = |row: Row<'_>| Ok((row.get::<_, i64>("due")?, row.get::<_, i64>("id")?));
                let Some((due, id)) = connection.prepare(PLACE)?.query_row([&name], place).optional()? else {
                    return Ok([None, None]);
                };
                Ok([neighbour(connection, BEFORE, due, id)?, neighbour(connection, AFTER, due, id)?])
            })
            .await
    }
}

fn neighbour(connection: &Connection, question: &str, due: i64, id: i64) -> Result<Option<Neighbour>, Error> {
    let mut statement = connection.prepare(question)?;
    let mut rows = statement.query([due, id])?;
    let read = |row: Row<'_>| -> Result<Neighbour, Error> {
        Ok(Neighbour { name: row.get("name")?, due: time(row.get("due")?)? })
    };
    rows.next()?.map(read).transpose()
}

fn first_titles(connection: &Connection, run: i64) -> Result<Vec<Headline>, Error> {
    let mut statement = connection.prepare(FIRST_TITLES)?;
    let headline = |row: Row<'_>| Ok(Headline { title: row.get("title")?, language: row.get("language")? });
    let titles = statement.query_map(params![run, Kind::Withdrawn.as_str(), HEADLINES], headline)?;
    Ok(titles.collect::<Result<_, _>>()?)
}
