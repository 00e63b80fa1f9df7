//! Composes a digest: which stories it contains, in which order and in which section.
//!
//! A story is worth its score, plus up to a tenth for being new: the full tenth if it was published on the day of the
//! digest's newest story, nothing if it is a week older or undated. The second story of a source is worth 85 % of that,
//! the third 85 % again, and so on, best first, so that one prolific blog cannot fill a digest. Stories are ranked by
//! worth; those of equal worth by order of arrival, the earlier first. Stories that the administrator pinned come
//! before all others, in the order of the pins. The first `max_stories` are shown in full and the rest get one line
//! each, up to `rows`; those left out are counted. A story appears once, in its strongest theme among those that the
//! reader wants; its other themes are tags, and stories without a theme go into a last section. Sections follow the
//! topic file. The newest story gives the current day, so no clock is read. The subject names the best story, or the
//! next one if the last subject was the same. Borderline items are only listed, after all stories and by the same rule.
//! They do not count as stories and do not make a digest alone: they wait for the next one with a story. A pin does not
//! make a listed item a story.

mod arrangement;
mod headline;
mod wording;

use chrono::{DateTime, Utc};
use url::Url;

use crate::domain::catalogue::Catalogue;
use crate::domain::items::text;
use arrangement::ranked;
pub use arrangement::{Arrangement, order};
pub use wording::reason;
use wording::{preheader, unused_subject};

/// A phone shows about 40 characters of a subject, a desktop about 70.
pub const SUBJECT_CHARS: usize = 70;

/// The maximum length of a title; a longer one is a feed's mistake, or hostile.
const TITLE_CHARS: usize = 200;

/// The maximum length of a name.
const NAME_CHARS: usize = 80;

/// The number of titles that the subject and preheader choose from.
const LEADING: usize = 4;

/// A story as the store provides it: items on one matter, led by the best source.
#[derive(Debug, Clone, PartialEq)]
pub struct Story {
    /// The arrival number of its first selected item.
    pub seq: i64,
    /// One line.
    pub title: String,
    /// Where to read it.
    pub link: Url,
    /// The leading feed's title.
    pub source: String,
    /// Titles of the other feeds that carry it.
    pub also_on: Vec<String>,
    /// As the source gives it.
    pub author: Option<String>,
    /// As the source gives it; `None` is shown as "undated".
    pub published: Option<DateTime<Utc>>,
    /// Whole sentences from the post, extracted when it arrived; may be empty.
    pub excerpt: String,
    /// The reading time in minutes; 0 when there is no text.
    pub reading_minutes: usize,
    /// The relevance score's total.
    pub score: f32,
    /// Names of themes, strongest first.
    pub themes: Vec<String>,
    /// The phrases that count for it, as the post wrote them, heaviest first.
    pub phrases: Vec<String>,
    /// Whether it is borderline and only listed.
    pub is_listed: bool,
    /// What an editor says about it, on one line; empty if nothing.
    pub comment: String,
}

/// A possible section of a digest: a theme of the topic, in the order of the topic file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SectionOutline {
    /// The theme's name, as stories carry it.
    pub name: String,
    /// As readers see it.
    pub title: String,
    /// One line.
    pub description: String,
    /// The language of both, BCP 47, if it is not the digest's; else empty.
    pub lang: String,
}

/// The title of a theme.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Title {
    /// As readers see it.
    pub text: String,
    /// Its language, BCP 47, if it is not the digest's; else empty.
    pub lang: String,
}

/// How much a digest may contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Stories shown in full; the rest get one line each.
    pub max_stories: usize,
    /// Lines for everything else: first stories, then borderline items. The rest is left out.
    pub rows: usize,
}

/// What a digest is made for, besides the stories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context<'a> {
    /// The language.
    pub words: &'a Catalogue,
    /// Follows "more on": the topic, or the digest's name without a final "Digest".
    pub name: &'a str,
    /// The subjects of the previous run, as they were emailed: none of them is used again.
    pub earlier: &'a [String],
    /// "23 November 2026": distinguishes this subject from an earlier one when nothing else does.
    pub date: &'a str,
}

/// A digest, ready to be rendered.
#[derive(Debug, Clone, PartialEq)]
pub struct Digest {
    /// One line, never empty, at most [`SUBJECT_CHARS`] characters.
    pub subject: String,
    /// What an email program shows after the subject; continues it.
    pub preheader: String,
    /// The story that the subject names, shown first; `None` only if no story is shown in full.
    pub lead: Option<Entry>,
    /// The other stories in full, in the topic's order, without empty ones. Themes with one story share a section.
    pub sections: Vec<Section>,
    /// "Also this week": stories beyond the limit, best first.
    pub more: Vec<Entry>,
    /// The number of stories: the lead, those in sections, in `more`, and left out.
    pub count: usize,
    /// The next titles, shortened to a line each, for the list of what is inside; each with its story's `seq`.
    pub contents: Vec<(i64, String)>,
    /// How long the stories take to read, in minutes.
    pub minutes: usize,
    /// "You may also like": borderline items, best first. They are not stories.
    pub listed: Vec<Entry>,
    /// How many stories and borderline items had no line.
    pub left_out: usize,
}

/// There is no story, so no digest is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoStory {
    /// How many borderline items wait for the next digest.
    pub waiting: usize,
}

/// A theme and its stories, best first.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// The theme's name; empty for the stories without one.
    pub name: String,
    /// The title of each of its themes; never empty.
    pub titles: Vec<Title>,
    /// One line; may be empty.
    pub description: String,
    /// Never empty.
    pub stories: Vec<Entry>,
}

/// A story as a digest shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its order of arrival.
    pub seq: i64,
    /// One line, never empty.
    pub title: String,
    /// Where to read it.
    pub link: Url,
    /// Who published it.
    pub source: String,
    /// Other sources that carry it.
    pub also_on: Vec<String>,
    /// As the source gives it, on one line.
    pub author: Option<String>,
    /// As the source gives it.
    pub published: Option<DateTime<Utc>>,
    /// Whole sentences; empty if there are none, and where only one line is shown.
    pub excerpt: String,
    /// The excerpt even where it is not shown, which tells its language.
    pub sample: String,
    /// 0 when there is no text to read.
    pub reading_minutes: usize,
    /// "joined-up working, Christie Commission": at most two phrases, as the post has them; may be empty.
    pub reason: String,
    /// The title of its theme, if it has one.
    pub theme: Option<Title>,
    /// Titles of its other themes, at most two.
    pub tags: Vec<Title>,
    /// The editor's words about it; may be empty.
    pub comment: String,
}

/// Composes the digest of these stories for a reader who wants these themes, or all themes if `themes` is `None`. A
/// reader who chose themes gets no stories without a theme. `arrangement` says which stories go first.
///
/// # Errors
/// [`NoStory`] when there is nothing to send.
pub fn compose(
    stories: &[Story],
    sections: &[SectionOutline],
    limits: &Limits,
    themes: Option<&[String]>,
    context: &Context<'_>,
    arrangement: &Arrangement,
) -> Result<Digest, NoStory> {
    let placed = stories.iter().filter_map(|story| Some((place(story, sections, themes)?, story)));
    let (listed, placed): (Vec<_>, Vec<_>) = placed.partition(|(_, story)| story.is_listed);
    let waiting = listed.len();
    let mut full = ranked(placed, arrangement);
    let count = full.len();
    let mut leading: Vec<String> = full.iter().take(LEADING).map(|(_, story)| title_of(story, context.words)).collect();
    let is_pinned = full.first().is_some_and(|(_, story)| arrangement.leads_with(story));
    let (lead, subject) = unused_subject(&leading, count, is_pinned, context).ok_or(NoStory { waiting })?;
    leading.remove(lead);
    let next = full.iter().take(LEADING).enumerate().filter(|(at, _)| *at != lead).zip(&leading).take(CONTENTS);
    let contents = next.map(|((_, (_, story)), title)| (story.seq, headline::line(title, CONTENTS_CHARS))).collect();
    let minutes = full.iter().map(|(_, story)| story.reading_minutes).sum();
    let lead = (limits.max_stories > 0).then(|| full.remove(lead));
    let in_full = limits.max_stories.saturating_sub(1).min(full.len());
    let mut rest = full.split_off(in_full);
    let mut listed = ranked(listed, arrangement);
    let rows = rest.len() + listed.len();
    rest.truncate(limits.rows);
    listed.truncate(limits.rows - rest.len());
    let left_out = rows - rest.len() - listed.len();

    let mut filled: Vec<Section> = sections.iter().map(Section::empty).collect();
    filled.push(Section {
        name: String::new(),
        titles: vec![Title { text: context.words.words("digest.other_theme"), lang: String::new() }],
        description: String::new(),
        stories: Vec::new(),
    });
    for (place, story) in full {
        let entry = Entry { excerpt: story.excerpt.clone(), ..line(story, place, sections, context.words) };
        filled[place.min(sections.len())].stories.push(entry);
    }
    let entries = |stories: Vec<(usize, &Story)>| -> Vec<Entry> {
        stories.into_iter().map(|(place, story)| line(story, place, sections, context.words)).collect()
    };
    let more = entries(rest);
    let lead = lead
        .map(|(place, story)| Entry { excerpt: story.excerpt.clone(), ..line(story, place, sections, context.words) });
    let excerpt = lead.as_ref().map_or("", |entry| &entry.excerpt);
    Ok(Digest {
        subject,
        preheader: preheader(&leading, excerpt, context.words),
        contents,
        minutes,
        sections: shared(filled),
        lead,
        more,
        count,
        listed: entries(listed),
        left_out,
    })
}

/// The number of titles in the list of what is inside.
const CONTENTS: usize = 3;

/// An email shows about so many characters on a line of that list; a phone cuts a line that is longer than its screen.
const CONTENTS_CHARS: usize = 68;

/// So many themes with one story each share a section.
const SHARED: usize = 2;

/// The sections that have stories; those with one story are joined, in the place of the first of them.
fn shared(filled: Vec<Section>) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    // Where the last joined section is, and how many themes it has.
    let mut open: Option<(usize, usize)> = None;
    for section in filled.into_iter().filter(|section| !section.stories.is_empty()) {
        match open {
            Some((place, themes)) if section.stories.len() == 1 && themes < SHARED => {
                let joined = &mut sections[place];
                joined.titles.extend(section.titles);
                joined.description.clear();
                joined.stories.extend(section.stories);
                open = Some((place, themes + 1));
            }
            _ => {
                if section.stories.len() == 1 {
                    open = Some((sections.len(), 1));
                }
                sections.push(section);
            }
        }
    }
    sections
}

/// The index of a story's section: its strongest theme among those wanted, or one past the last section for a story
/// without a known theme.
fn place(story: &Story, sections: &[SectionOutline], wanted: Option<&[String]>) -> Option<usize> {
    let is_wanted = |name: &&String| wanted.is_none_or(|wanted| wanted.contains(name));
    let known = |name: &String| sections.iter().position(|section| section.name == *name);
    let place = story.themes.iter().filter(is_wanted).find_map(known);
    place.or_else(|| wanted.is_none().then_some(sections.len()))
}

impl Digest {
    /// The stories that are shown in full: the lead, then those of the sections.
    pub fn in_full(&self) -> impl Iterator<Item = &Entry> {
        self.lead.iter().chain(self.sections.iter().flat_map(|section| &section.stories))
    }
}

impl SectionOutline {
    fn title(&self) -> Title {
        Title { text: self.title.clone(), lang: self.lang.clone() }
    }
}

impl Section {
    /// As readers see it: "Leadership · Workforce".
    #[must_use]
    pub fn title(&self) -> String {
        let titles: Vec<&str> = self.titles.iter().map(|title| title.text.as_str()).collect();
        titles.join(" · ")
    }

    fn empty(outline: &SectionOutline) -> Self {
        Self {
            name: outline.name.clone(),
            titles: vec![outline.title()],
            description: outline.description.clone(),
            stories: Vec::new(),
        }
    }
}

/// The number of other themes that a story names.
const TAGS: usize = 2;

/// A story on one line, without an excerpt.
fn line(story: &Story, place: usize, sections: &[SectionOutline], words: &Catalogue) -> Entry {
    let home = sections.get(place);
    let others = story.themes.iter().filter(|name| home.is_none_or(|home| home.name != **name));
    let titles = others.filter_map(|name| sections.iter().find(|section| section.name == *name));
    Entry {
        seq: story.seq,
        title: title_of(story, words),
        source: name(&story.source),
        also_on: story.also_on.iter().map(|source| name(source)).collect(),
        author: story.author.as_deref().map(name).filter(|author| !author.is_empty()),
        published: story.published,
        excerpt: String::new(),
        sample: story.excerpt.clone(),
        reading_minutes: story.reading_minutes,
        reason: reason(&story.phrases),
        theme: home.map(SectionOutline::title),
        tags: titles.take(TAGS).map(SectionOutline::title).collect(),
        comment: text::single_line(&story.comment),
        link: story.link.clone(),
    }
}

/// The name of a person or a blog, on one line.
fn name(name: &str) -> String {
    text::truncate_at_word(&text::single_line(name), NAME_CHARS)
}

/// Of the first words of a post without a title.
const HEADLINE_CHARS: usize = 80;

fn title_of(story: &Story, catalogue: &Catalogue) -> String {
    let title = text::truncate_at_word(&text::single_line(&story.title), TITLE_CHARS);
    if !title.is_empty() {
        return title;
    }
    // A post without a title, as on Mastodon, is headed by its first words.
    let words = text::truncate_at_word(&text::single_line(&story.excerpt), HEADLINE_CHARS);
    if !words.is_empty() {
        return words;
    }
    catalogue.text("digest.untitled", &[("source", (&name(&story.source)).into())])
}

#[cfg(test)]
mod tests;
