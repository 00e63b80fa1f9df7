//! The page of a draft: its stories in the order of the digest, what was taken out, the near misses, and the ledger.

use std::sync::Arc;

use anyhow::Context as _;

use super::super::bodies::Stories;
use super::super::edition::Edition;
use super::{Desk, sentences, signals, telling};
use crate::app::ReadOnly;
use crate::domain::catalogue::Catalogue;
use crate::domain::digests::digest::{Digest, Entry, reason};
use crate::domain::digests::draft::{
    Act, COMMENT_CHARS, Draft, EXCERPT_CHARS, Fate, LedgerEntry, PROGRAM, Piece, Refusal, Status, TITLE_CHARS,
};
use crate::render::view::{
    ChoiceView, DraftPageView, DraftSectionView, LedgerLineView, NoteView, PieceView, TextLimits,
};
use crate::render::{PREFERENCES_PLACEHOLDER, Rendered, SINCE_PLACEHOLDER, UNSUBSCRIBE_PLACEHOLDER};
use crate::store::{DraftRow, PROOF};

/// What the page shows besides the draft.
#[derive(Debug, Clone, Default)]
pub struct PageState {
    /// What the links and forms begin with.
    pub base: String,
    /// The word of the act that was just done.
    pub done: String,
    /// What is wrong with the last act.
    pub problem: String,
    /// The story of that act.
    pub story: Option<i64>,
    /// What was typed as an address.
    pub typed: String,
    /// A note that is previewed and not saved.
    pub note: Option<String>,
}

/// The page, as HTML.
///
/// # Errors
/// The database or a template fails.
pub async fn show(app: &ReadOnly, words: &Catalogue, desk: &Desk, state: PageState) -> anyhow::Result<String> {
    let view = view(app, words, desk, state).await?;
    app.renderer.editor_page(words, &view).context("cannot render the page of a draft")
}

/// The digest as most subscribers would get it, with links that do not work; `None` without a story.
///
/// # Errors
/// The database or a template fails.
pub async fn preview(app: &ReadOnly, row: &DraftRow) -> anyhow::Result<Option<Rendered>> {
    let after = row.after_seq;
    let edition = Edition::of_draft(app, row.clone());
    let stories = edition.content.stories(app, edition.cadence, after, row.through_seq).await?;
    let mail = edition.renderer.mail_of(&Arc::new(stories), after, None).await?;
    Ok(mail.ok().map(|(_, rendered)| rendered))
}

/// The same as a page for an editor.
///
/// # Errors
/// The database or a template fails.
pub async fn preview_page(app: &ReadOnly, row: &DraftRow) -> anyhow::Result<Option<String>> {
    let Some(rendered) = preview(app, row).await? else { return Ok(None) };
    let page = |path: &str| app.page(&format!("{path}/{PROOF}"));
    let html = rendered.html.replace(UNSUBSCRIBE_PLACEHOLDER, &page("unsubscribe"));
    let html = html.replace(PREFERENCES_PLACEHOLDER, &page("p"));
    Ok(Some(html.replace(SINCE_PLACEHOLDER, &app.day(app.words(), row.due))))
}

/// The digest that a draft gives now, for its main window; `None` without a story.
///
/// # Errors
/// The database fails.
pub async fn composed(app: &ReadOnly, row: &DraftRow) -> anyhow::Result<Option<Digest>> {
    let edition = Edition::of_draft(app, row.clone());
    let stories = Stories::new(row.draft.stories(), Vec::new());
    Ok(edition.renderer.whole(&stories.after(i64::MIN)))
}

/// The story below another one on the page, where an editor who has decided about that one reads on; `None` at its end.
///
/// # Errors
/// The database fails.
pub async fn next_story(app: &ReadOnly, row: &DraftRow, seq: i64) -> anyhow::Result<Option<i64>> {
    let draft = &row.draft;
    let digest = composed(app, row).await?;
    let in_digest = digest.iter().flat_map(|digest| digest.in_full().chain(&digest.more).chain(&digest.listed));
    let mut shown: Vec<i64> = in_digest.map(|entry| entry.seq).collect();
    for pieces in [taken_out(draft).collect(), draft.near_misses(), draft.sample()] {
        shown.extend(pieces.iter().map(|piece| piece.story.seq));
    }
    let place = shown.iter().position(|shown| *shown == seq);
    Ok(place.and_then(|place| shown.get(place + 1)).copied())
}

/// The stories that editors took out.
fn taken_out(draft: &Draft) -> impl Iterator<Item = &Piece> {
    [Fate::LeftOut, Fate::OffTopic, Fate::Postponed].into_iter().flat_map(|fate| draft.with_fate(fate))
}

async fn view(
    app: &ReadOnly,
    words: &Catalogue,
    Desk { row, editor }: &Desk,
    state: PageState,
) -> anyhow::Result<DraftPageView> {
    let (settings, topic, draft) = (&app.config.settings, &app.config.topic, &row.draft);
    let (now, status) = (app.clock.now(), draft.status());
    let digest = composed(app, row).await?;
    let pieces = Pieces { app, words, draft, problem: state.story };
    let lead = digest.iter().filter(|digest| digest.lead.is_some()).map(|digest| DraftSectionView {
        title: words.words("draft.leads"),
        stories: pieces.list(digest.lead.as_slice(), false),
    });
    let sections = digest
        .iter()
        .flat_map(|digest| &digest.sections)
        .map(|section| DraftSectionView { title: section.title(), stories: pieces.list(&section.stories, false) });
    let more = digest.as_ref().map_or_else(Vec::new, |digest| pieces.list(&digest.more, true));
    let listed = match &digest {
        Some(digest) => digest.listed.iter().filter_map(|entry| pieces.of(entry.seq)).collect(),
        // They make no digest alone, and can still be included.
        None => draft.with_fate(Fate::In).map(|piece| pieces.view(piece)).collect(),
    };
    let out = taken_out(draft).map(|piece| pieces.view(piece));
    let themes = topic.themes.iter().map(|theme| ChoiceView {
        value: theme.name.clone(),
        title: theme.title.clone(),
        ..ChoiceView::default()
    });
    let last = ChoiceView { title: words.words("digest.other_theme"), ..ChoiceView::default() };
    let markdown = state.note.as_deref().unwrap_or(draft.note());
    let odd = if status.is_open() { signals::odd(app, row).await? } else { Vec::new() };
    let local = row.due.with_timezone(&settings.timezone);
    let stories = digest.as_ref().map_or(0, |digest| digest.count);
    Ok(DraftPageView {
        title: words.text("draft.title", &[("date", (&words.locale().date_with_weekday(&local)).into())]),
        base: state.base,
        version: draft.version(),
        status: status.as_str().to_owned(),
        outcome: telling::outcome(app, row).to_owned(),
        at: app.time_of_day(row.due),
        date: app.day(words, row.due),
        limit: super::day_and_time(app, words, super::limit(row)),
        is_late: now >= row.due,
        is_open: status.is_open(),
        is_editable: status.is_editable(),
        count: words.text("digest.posts", &[("n", stories.into())]),
        editor: editor.reveal().to_owned(),
        done: state.done,
        problem: state.problem,
        typed: state.typed,
        odd: odd.iter().map(|odd| sentences::odd(words, odd)).collect(),
        sections: lead.chain(sections).collect(),
        more,
        listed,
        out: out.collect(),
        near_misses: draft.near_misses().into_iter().map(|piece| pieces.view(piece)).collect(),
        // It is blind: neither score nor reasons are shown.
        sample: (draft.sample().into_iter())
            .map(|piece| PieceView { score: String::new(), reason: String::new(), ..pieces.view(piece) })
            .collect(),
        themes: themes.chain([last]).collect(),
        note: markdown.to_owned(),
        note_html: NoteView::new(markdown).html,
        ledger: draft.ledger().iter().rev().map(|entry| ledger_line(app, words, draft, entry)).collect(),
        archive: if status == Status::Sent { app.page(&format!("archive/{}", row.archive)) } else { String::new() },
        limits: TextLimits { title: TITLE_CHARS, excerpt: EXCERPT_CHARS, comment: COMMENT_CHARS },
    })
}

fn ledger_line(app: &ReadOnly, words: &Catalogue, draft: &Draft, entry: &LedgerEntry) -> LedgerLineView {
    let title = entry.act.story().map_or("", |seq| draft.title(seq));
    let act = match entry.act.clone() {
        Act::Section { seq, theme } => {
            let known = app.config.topic.themes.iter().find(|known| known.name == theme);
            Act::Section { seq, theme: known.map_or(theme, |known| known.title.clone()) }
        }
        other => other,
    };
    let by = if entry.by == PROGRAM { words.words("draft.program") } else { entry.by.clone() };
    let at = super::day_and_time(app, words, entry.at);
    LedgerLineView { at, by, what: sentences::act(words, &act, title) }
}

/// What was done since the version that an editor saw, in lines; for the page that refuses an act.
#[must_use]
pub fn since(app: &ReadOnly, words: &Catalogue, draft: &Draft, seen: u32) -> Vec<String> {
    let newer = draft.ledger().iter().filter(|entry| entry.version > seen);
    let line = |LedgerLineView { at, by, what }: LedgerLineView| {
        words.text("draft.line", &[("time", (&at).into()), ("editor", (&by).into()), ("what", (&what).into())])
    };
    newer.map(|entry| line(ledger_line(app, words, draft, entry))).collect()
}

/// What an act does, in words.
#[must_use]
pub fn act_in_words(words: &Catalogue, act: &Act, title: &str) -> String {
    sentences::act(words, act, title)
}

/// A refusal as a sentence.
#[must_use]
pub fn problem(words: &Catalogue, draft: &Draft, refusal: &Refusal) -> String {
    sentences::refusal(words, draft, refusal)
}

/// Makes the views of a draft's stories.
struct Pieces<'a> {
    app: &'a ReadOnly,
    words: &'a Catalogue,
    draft: &'a Draft,
    problem: Option<i64>,
}

impl Pieces<'_> {
    /// The stories of one list of the digest. The first of the short ones can still go up, into those in full.
    fn list(&self, entries: &[Entry], is_more: bool) -> Vec<PieceView> {
        let last = entries.len().saturating_sub(1);
        let views = entries.iter().enumerate().filter_map(|(at, entry)| {
            Some(PieceView { is_first: at == 0 && !is_more, is_last: at == last, ..self.of(entry.seq)? })
        });
        views.collect()
    }

    fn of(&self, seq: i64) -> Option<PieceView> {
        self.draft.piece(seq).map(|piece| self.view(piece))
    }

    fn view(&self, piece: &Piece) -> PieceView {
        let (app, words, story) = (self.app, self.words, &piece.story);
        let published = story.published.map_or_else(|| words.words("digest.undated"), |at| app.day(words, at));
        let themes = &app.config.topic.themes;
        let known: Vec<_> =
            story.themes.iter().filter_map(|name| themes.iter().find(|theme| theme.name == *name)).collect();
        let fate = match piece.fate {
            Fate::In | Fate::NearMiss => String::new(),
            Fate::LeftOut => words.words("draft.fate_left_out"),
            Fate::OffTopic => words.words("draft.fate_off_topic"),
            Fate::Postponed => words.words("draft.fate_postponed"),
        };
        PieceView {
            seq: story.seq,
            title: match story.title.as_str() {
                "" => words.text("digest.untitled", &[("source", (&story.source).into())]),
                title => title.to_owned(),
            },
            link: if matches!(story.link.scheme(), "http" | "https") { story.link.to_string() } else { String::new() },
            excerpt: story.excerpt.clone(),
            meta: format!("{} · {published}", story.source),
            comment: story.comment.clone(),
            score: app.config.topic.scale().show(story.score),
            reason: reason(&story.phrases),
            theme: known.first().map_or_else(String::new, |theme| theme.name.clone()),
            sections: known.iter().map(|theme| theme.title.as_str()).collect::<Vec<_>>().join(", "),
            by: piece.by.clone().filter(|_| !fate.is_empty()).unwrap_or_default(),
            fate,
            is_first: true,
            is_last: true,
            is_lead: self.draft.lead() == Some(story.seq),
            is_listed: story.is_listed,
            is_extra: piece.is_extra && piece.fate == Fate::In,
            is_carried: self.draft.base().carried.contains(&story.seq),
            is_edited: piece.is_edited,
            has_problem: self.problem == Some(story.seq),
        }
    }
}
