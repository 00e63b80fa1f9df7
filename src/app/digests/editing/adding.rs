//! Adds a post by its address: it is fetched through the guard, read as `explain URL` reads it, shown, and only then kept.

use anyhow::Context as _;
use url::Url;

use super::acts;
use super::acts::Outcome;
use crate::app::selection::explain;
use crate::app::selection::explain::{Explanation, Page};
use crate::app::{App, ReadOnly, sha256};
use crate::domain::digests::digest::Story;
use crate::domain::digests::draft::Act;
use crate::domain::feeds::Ownership;
use crate::domain::items::canonical::canonical;
use crate::domain::items::item::{Identity, Item};
use crate::domain::items::story::Fingerprint;
use crate::domain::selection::relevance::telling;
use crate::store::{DraftRow, ScoredItem, Shown};

/// A post, read and judged, before it is added.
#[derive(Debug, Clone)]
pub struct Post {
    /// As a draft would show it; it has no number yet.
    pub story: Story,
    /// How the topic judges it, in one sentence.
    pub verdict: String,
    /// A hash of what was read: what is added must be what was shown.
    pub seen: String,
    item: ScoredItem,
}

/// Why a post cannot be added.
#[derive(Debug, thiserror::Error)]
pub enum NotAdded {
    /// It is not an address.
    #[error("`{0}` is not a web address: it must begin with https:// or http://")]
    NoAddress(String),
    /// It is stored, and in the draft or its near misses.
    #[error("this post is story {0} of the draft")]
    IsInDraft(i64),
    /// It cannot be read.
    #[error("this page cannot be read")]
    Unreadable(#[source] anyhow::Error),
    /// The database fails.
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

/// Reads the post at an address.
///
/// # Errors
/// [`NotAdded`].
pub async fn read(app: &ReadOnly, row: &DraftRow, address: &str) -> Result<Post, NotAdded> {
    let address = address.trim();
    let link = Url::parse(address).ok().filter(|link| matches!(link.scheme(), "http" | "https"));
    let link = link.ok_or_else(|| NotAdded::NoAddress(address.to_owned()))?;
    in_draft(row, &link)?;
    let Page { explanation, text, link } = explain::fetched(app, &link).await.map_err(NotAdded::Unreadable)?;
    in_draft(row, &link)?;
    Ok(post(app, &explanation, text, link))
}

fn in_draft(row: &DraftRow, link: &Url) -> Result<(), NotAdded> {
    let (base, canonical_link) = (row.draft.base(), canonical(link));
    let known = base.stories.iter().chain(&base.near_misses).find(|story| canonical(&story.link) == canonical_link);
    let added = row
        .draft
        .extras()
        .into_iter()
        .find(|seq| row.draft.piece(*seq).is_some_and(|piece| canonical(&piece.story.link) == canonical_link));
    match known.map(|story| story.seq).or(added) {
        Some(seq) => Err(NotAdded::IsInDraft(seq)),
        None => Ok(()),
    }
}

fn post(app: &ReadOnly, explanation: &Explanation, text: String, link: Url) -> Post {
    let item = Item {
        identity: Identity::of(None, Some(&link), &explanation.title, &text),
        link: Some(link.clone()),
        title: explanation.title.clone(),
        summary: String::new(),
        content: text,
        author: None,
        categories: Vec::new(),
        published: None,
        updated: None,
    };
    let mut score = explanation.score.clone();
    let shown = Shown::of(&item.title, "", &item.content, app.config.settings.digest.excerpt_chars);
    let story = Story {
        seq: 0,
        title: item.title.clone(),
        source: link.host_str().unwrap_or_default().trim_start_matches("www.").to_owned(),
        link,
        also_on: Vec::new(),
        author: None,
        published: None,
        excerpt: shown.excerpt.clone(),
        reading_minutes: shown.reading_minutes,
        score: score.total,
        themes: score.themes.clone(),
        phrases: telling(&score.reasons),
        is_listed: false,
        comment: String::new(),
    };
    // An editor selects it.
    (score.selected, score.borderline) = (true, false);
    let seen = sha256(format!("{}\n{}", item.title, item.content).as_bytes());
    let item = ScoredItem {
        canonical: item.link.as_ref().map(canonical),
        ownership: Ownership::Foreign,
        fingerprint: Fingerprint::of(&item),
        score,
        prior: 0.0,
        shown: Some(shown),
        item,
        digest: 0,
        place: 0,
        base: None,
        is_partial: false,
    };
    Post { story, verdict: explanation.verdict(), seen, item }
}

/// Adds a post that was read.
///
/// # Errors
/// The database fails.
pub async fn add(app: &App, row: DraftRow, post: Post, by: &str, version: u32) -> anyhow::Result<Outcome> {
    let act = Act::Add { story: post.story };
    acts::add(app, row, act, post.item, by, version).await.context("cannot add the post")
}
