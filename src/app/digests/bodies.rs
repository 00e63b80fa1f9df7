//! Parts: one window's stories, composed and rendered so that they fit into a mail; and all of a run's, as its page.
//!
//! The rule of size. Gmail shows the first 102 KB of a mail and hides the rest, the link to leave included. So the
//! HTML stays within [`MAX_HTML_BYTES`] and the text within [`MAX_TEXT_BYTES`], counted as they travel: encoded, and
//! with a reader's own links in them. What has no room is left out from the end: first of "You may also like", then
//! of "Also this week", then, where the stories in full are too long by themselves, the last of these. The mail
//! says how many are left out, and leads to the run's page, which has them all.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Context as _;
use chrono::{DateTime, Utc};

use super::{Note, ReadOnly, blocking};
use crate::domain::digests::digest;
use crate::domain::digests::digest::{Digest, Entry, Limits, NoStory, SectionOutline, Story, Words};
use crate::domain::selection::topic::Theme;
use crate::mail;
use crate::render::view::{ArchivePage, DigestView, EntryView, Frame, LinksView};
use crate::render::{PREFERENCES_PLACEHOLDER, Rendered, UNSUBSCRIBE_PLACEHOLDER};
use crate::store::PageStory;

/// The most bytes of the encoded HTML part.
const MAX_HTML_BYTES: usize = 90_000;

/// The most bytes of the encoded plain-text part.
const MAX_TEXT_BYTES: usize = 50_000;

/// As long as the id of every subscriber, so that links are as long as theirs.
const SOMEBODY: &str = "000000000000000000000000";

/// As long as a date may be.
const LONG_DATE: &str = "Wednesday, 30 September 2026";

/// A digest and its mail, or that there is no story for one.
pub(super) type Mailed = anyhow::Result<Result<(Digest, Rendered), NoStory>>;

/// What all parts of one run have in common.
pub(super) struct Press {
    pub(super) app: ReadOnly,
    /// When the run is made.
    pub(super) now: DateTime<Utc>,
    /// Subjects of the run before.
    pub(super) earlier: Vec<String>,
    /// The address of the run's page; empty when there is none.
    pub(super) archive: String,
    /// The editor's.
    pub(super) note: Note,
    /// What it says of slots that came to no digest; may be empty.
    pub(super) missed: String,
    /// Since when the reader has had the digest, or what stands for it.
    pub(super) since: String,
}

/// All of a run's stories, for everybody.
pub(super) struct Page {
    /// The subject of the digest.
    pub(super) title: String,
    pub(super) html: String,
    pub(super) stories: Vec<PageStory>,
}

impl Press {
    /// [`Press::mail`] of the stories after `covered`, beside the other tasks.
    pub(super) async fn mail_of(
        self: &Arc<Self>,
        stories: &Arc<[Story]>,
        covered: i64,
        themes: Option<Vec<String>>,
    ) -> Mailed {
        let (press, stories) = (Arc::clone(self), Arc::clone(stories));
        blocking(move || press.mail(after(&stories, covered), themes.as_deref())).await?
    }

    /// [`Press::page`] of the stories after `covered`, beside the other tasks.
    pub(super) async fn page_of(
        self: &Arc<Self>,
        stories: &Arc<[Story]>,
        covered: i64,
    ) -> anyhow::Result<Option<Page>> {
        let (press, stories) = (Arc::clone(self), Arc::clone(stories));
        blocking(move || press.page(after(&stories, covered))).await?
    }

    /// The digest of these stories with nothing left out, and the mail, which has as much of it as fits.
    fn mail(&self, stories: &[Story], themes: Option<&[String]>) -> Mailed {
        let whole = match self.compose(stories, themes, usize::MAX) {
            Ok(whole) => whole,
            Err(nothing) => return Ok(Err(nothing)),
        };
        let mut rendered = self.render(&whole)?;
        let all = whole.count + whole.listed.len();
        let mut posts = all;
        let mut room = self.room(posts, &rendered);
        while room < posts
            && let Ok(less) = self.compose(stories, themes, room)
        {
            (posts, rendered) = (room, self.render(&less)?);
            room = self.room(posts, &rendered);
        }
        match posts {
            0 => tracing::warn!("the templates leave no room for a single post in the mail"),
            posts if posts < all => tracing::info!(posts, all, "the mail has no room for all posts"),
            _ => {}
        }
        Ok(Ok((whole, rendered)))
    }

    /// The page of these stories for everybody.
    fn page(&self, stories: &[Story]) -> anyhow::Result<Option<Page>> {
        let Ok(digest) = self.compose(stories, None, usize::MAX) else { return Ok(None) };
        let links = LinksView { archive: self.archive.clone(), ..LinksView::default() };
        let view = self.view(&digest, ("", ""), links);
        let html = self.app.renderer.page(&ArchivePage(&view)).context("cannot render the page of the digest")?;
        let entries = digest.sections.iter().flat_map(|section| &section.stories).chain(&digest.more);
        let views = view.sections.into_iter().flat_map(|section| section.stories).chain(view.more);
        let by_seq: HashMap<i64, &Story> = stories.iter().map(|story| (story.seq, story)).collect();
        let stories =
            entries.zip(views).filter_map(|(entry, view)| Some(self.on_page(by_seq.get(&entry.seq)?, entry, view)));
        let stories = stories.collect();
        Ok(Some(Page { title: digest.subject, html, stories }))
    }

    /// A story as its page has it, for feeds: with an excerpt also where the page shows one line.
    fn on_page(&self, story: &Story, entry: &Entry, view: EntryView) -> PageStory {
        let themes = &self.app.config.topic.themes;
        let title = |name: &String| themes.iter().find(|theme| theme.name == *name).map(|theme| theme.title.clone());
        PageStory {
            seq: entry.seq,
            excerpt: story.excerpt.clone(),
            title: view.title,
            link: view.link,
            language: view.lang,
            source: view.source,
            author: entry.author.clone(),
            published: entry.published,
            themes: story.themes.iter().filter_map(title).collect(),
        }
    }

    /// How many posts fit if `posts` of them gave this mail, by the mail's fuller part. Those in full are the longest
    /// and the last to go, so this never falls far short, and a few rounds find the number.
    fn room(&self, posts: usize, rendered: &Rendered) -> usize {
        let [text, html] =
            self.app.personal(&self.app.keys.token, [&rendered.text, &rendered.html], SOMEBODY, LONG_DATE);
        let bytes = mail::encoded_bytes(&text, &html);
        let in_html = posts * MAX_HTML_BYTES / bytes.html;
        in_html.min(posts * MAX_TEXT_BYTES / bytes.text)
    }

    fn compose(&self, stories: &[Story], themes: Option<&[String]>, posts: usize) -> Result<Digest, NoStory> {
        let settings = &self.app.config.settings;
        let topic = &self.app.config.topic;
        let outline = |theme: &Theme| SectionOutline {
            name: theme.name.clone(),
            title: theme.title.clone(),
            description: theme.description.clone(),
        };
        let outlines: Vec<SectionOutline> = topic.themes.iter().map(outline).collect();
        let max_stories = settings.digest.max_stories.min(posts);
        let limits = Limits { max_stories, rows: posts - max_stories };
        let today = self.app.day(self.now);
        let words = Words { name: &topic.title, earlier: &self.earlier, date: &today };
        digest::compose(stories, &outlines, &limits, themes, &words, &settings.digest.pin)
    }

    fn render(&self, digest: &Digest) -> anyhow::Result<Rendered> {
        let app = &self.app;
        let why = app.why();
        let links = LinksView {
            preferences: PREFERENCES_PLACEHOLDER.to_owned(),
            unsubscribe: UNSUBSCRIBE_PLACEHOLDER.to_owned(),
            archive: self.archive.clone(),
            reply_to: app.reply_address().to_owned(),
        };
        app.renderer.email(&self.view(digest, (&why, &self.since), links)).context("cannot render the digest")
    }

    fn view(&self, digest: &Digest, (why, since): (&str, &str), links: LinksView) -> DigestView {
        let settings = &self.app.config.settings;
        DigestView::new(
            digest,
            &Frame {
                name: &settings.name,
                locale: &settings.locale,
                now: self.now,
                zone: settings.timezone,
                note: self.note.view.clone(),
                missed: &self.missed,
                why,
                since,
                sample: false,
                sender: self.app.sender(),
                links,
            },
        )
    }
}

/// The stories that somebody has not had who has had those up to `covered`.
fn after(stories: &[Story], covered: i64) -> &[Story] {
    &stories[stories.partition_point(|story| story.seq <= covered)..]
}
