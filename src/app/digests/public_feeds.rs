//! The public feeds of stories and digests for feed readers. They contain what was frozen with each run, and nothing of
//! a run that was not sent or is held.

use chrono::{DateTime, Utc};

use crate::app::{App, Document};
use crate::domain::catalogue::Catalogue;
use crate::domain::digests::correction::Kind;
use crate::store::{ArchiveRow, SentStory};
use crate::transfer::syndication::{self, Entry, Publication};
pub use crate::transfer::syndication::{ATOM, JSON};

/// The number of stories in the feed of stories.
pub const STORIES: usize = 100;

/// The number of digests in the feed of digests.
pub const DIGESTS: usize = 50;

/// The format of the feed of stories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Atom.
    Atom,
    /// JSON Feed.
    Json,
}

/// The feed of the newest stories.
///
/// # Errors
/// The database fails.
pub async fn stories(app: &App, words: &Catalogue, form: Form) -> anyhow::Result<Document> {
    let changed = app.store.archive().changed().await?;
    let sent = app.store.archive().sent_stories(STORIES).await?;
    let entries = sent.into_iter().map(|story| entry(app, words, story)).collect();
    let (path, write): (_, fn(&Publication) -> String) = match form {
        Form::Atom => ("feed.xml", syndication::atom),
        Form::Json => ("feed.json", syndication::json),
    };
    let publication = publication(app, words, path, app.name(words).to_owned(), entries, changed).await?;
    Ok(Document::new(app, write(&publication), changed))
}

/// The feed of the newest digests, as Atom.
///
/// # Errors
/// The database fails.
pub async fn digests(app: &App, words: &Catalogue) -> anyhow::Result<Document> {
    let changed = app.store.archive().changed().await?;
    let rows = app.store.archive().pages(words.code().to_owned(), 0, DIGESTS).await?;
    let entries = rows.into_iter().map(|row| {
        let link = app.page_in(words, &format!("archive/{}", row.name));
        Entry {
            id: tag(app, row.due, &format!("digest/{}", row.name)),
            summary: entry_summary(app, words, &row),
            title: row.title,
            link,
            related: None,
            language: String::new(),
            authors: Vec::new(),
            published: Some(row.sent),
            updated: row.sent,
            categories: Vec::new(),
        }
    });
    let title = words.text("archive.title", &[("name", app.name(words).into())]);
    let publication = publication(app, words, "archive/feed.xml", title, entries.collect(), changed).await?;
    Ok(Document::new(app, syndication::atom(&publication), changed))
}

fn entry_summary(app: &App, words: &Catalogue, row: &ArchiveRow) -> String {
    let (day, posts) = (app.day(words, row.due), words.text("digest.posts", &[("n", row.stories.into())]));
    words.text("archive.entry", &[("date", (&day).into()), ("posts", (&posts).into())])
}

async fn publication(
    app: &App,
    words: &Catalogue,
    path: &str,
    title: String,
    entries: Vec<Entry>,
    changed: Option<DateTime<Utc>>,
) -> anyhow::Result<Publication> {
    let settings = &app.config.settings;
    let organisation = &settings.sender.organisation;
    let updated = match changed {
        Some(changed) => changed,
        None => app.store.digests().made().await?,
    };
    Ok(Publication {
        address: app.page_in(words, path),
        title,
        subtitle: words.text("archive.about", &[("topic", app.topic(words).into())]),
        language: words.locale().to_string(),
        home: app.page_in(words, "archive"),
        author: if organisation.is_empty() { settings.name.clone() } else { organisation.clone() },
        updated,
        entries,
    })
}

fn entry(app: &App, words: &Catalogue, SentStory { story, met, sent, archive, correction }: SentStory) -> Entry {
    let page = app.page_in(words, &format!("archive/{archive}"));
    let author = story.author.filter(|author| *author != story.source);
    let (title, summary, updated) = match correction {
        None => (story.title, story.excerpt, sent),
        Some((Kind::Withdrawn, said, at)) => {
            (words.text("correction.feed_withdrawn", &[("title", (&story.title).into())]), said, at)
        }
        Some((Kind::Corrected, said, at)) => {
            let correction = words.text("correction.feed_corrected", &[("words", (&said).into())]);
            (story.title, format!("{correction} {}", story.excerpt).trim_end().to_owned(), at)
        }
    };
    Entry {
        id: tag(app, met, &format!("story/{}", story.seq)),
        title,
        // If the source gave no address, link to the digest.
        link: if story.link.is_empty() { page.clone() } else { story.link },
        related: Some((page, words.words("archive.in_digest"))),
        summary,
        language: story.language,
        authors: author.into_iter().chain([story.source]).collect(),
        published: story.published,
        updated,
        categories: story.themes,
    }
}

/// A tag URI (RFC 4151): the host of the public URL, a day on which it was ours, and our name for the entity.
fn tag(app: &App, day: DateTime<Utc>, what: &str) -> String {
    let host = app.config.settings.public_url.host_str().unwrap_or("localhost");
    format!("tag:{},{}:{what}", host.trim_matches(['[', ']']), day.format("%Y-%m-%d"))
}
