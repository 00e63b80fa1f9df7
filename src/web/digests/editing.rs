//! The page of a draft, for the editor whose link it is. Every act is a POST with the version that the editor saw; after it,
//! the browser is redirected to the page, where the editor reads on: at the story that it was about, or at the one below it if
//! that story has gone elsewhere. What reads an address, previews a note or sends at once shows a page first.

use std::time::Duration;

use axum::extract::{Path, RawQuery};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use url::form_urlencoded;

use crate::app::digests::editing;
use crate::app::digests::editing::acts::Outcome;
use crate::app::digests::editing::adding::{NotAdded, Post};
use crate::app::digests::editing::page::PageState;
use crate::app::digests::editing::{Desk, acts, adding, page};
use crate::domain::catalogue::Value;
use crate::domain::digests::draft::{Act, Kind, LedgerEntry, Refusal};
use crate::render::view::{DraftAskView, DraftFactView, DraftFieldView};
use crate::web::http::error::Failure;
use crate::web::http::form::{Fields, LongFields};
use crate::web::http::site::Site;
use crate::web::{Help, refused};

/// How long a page to be added may take, so that the editor gets an answer before the request's own limit.
const READ_WITHIN: Duration = Duration::from_secs(12);

const NEW_LINK: Help = Help { text: "draft.link_help", link: ("archive", "draft.link_help_link") };

/// The page; `?done=…` names the act that was just done. Changes nothing.
pub(crate) async fn show(
    site: Site,
    Path(token): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let done = query.as_deref().and_then(|query| query.strip_prefix("done=")).unwrap_or_default().to_owned();
    match editing::open(&site, &token).await {
        Ok(desk) => {
            let state = PageState { base: format!("{token}/"), done, ..PageState::default() };
            shown(&site, &desk, state, StatusCode::OK).await
        }
        Err(error) => refused(&site, error, &NEW_LINK),
    }
}

/// The digest as it would go out. Changes nothing.
pub(crate) async fn preview(site: Site, Path(token): Path<String>) -> Result<Response, Failure> {
    let desk = match editing::open(&site, &token).await {
        Ok(desk) => desk,
        Err(error) => return refused(&site, error, &NEW_LINK),
    };
    match page::preview_page(&site, &desk.row).await? {
        Some(html) => Ok(Html(html).into_response()),
        None => {
            let paragraphs = vec![site.words.words("draft.no_preview_text")];
            let view = DraftAskView { paragraphs, ..asking(&site, &token, "draft.no_preview") };
            asked(&site, StatusCode::OK, &view)
        }
    }
}

/// Redirects a GET of the form's address to the page.
pub(crate) async fn redirect_to_page(Path(token): Path<String>) -> Response {
    redirect(&token, "", None)
}

/// One act.
pub(crate) async fn act(
    site: Site,
    Path(token): Path<String>,
    LongFields(fields): LongFields,
) -> Result<Response, Failure> {
    let desk = match editing::open(&site, &token).await {
        Ok(desk) => desk,
        Err(error) => return refused(&site, error, &NEW_LINK),
    };
    let form = Form { site: &site, token: &token, desk };
    let text = |name: &str| fields.first(name);
    let (name, seq) = (text("act"), text("seq").parse().unwrap_or_default());
    let (Ok(version), draft) = (text("version").parse(), &form.desk.row.draft) else { return unknown() };
    let act = match name.as_str() {
        "leave_out" => Act::LeaveOut { seq },
        "off_topic" => Act::OffTopic { seq },
        "postpone" => Act::Postpone { seq },
        "put_back" => Act::PutBack { seq },
        "include" => Act::Include { seq },
        "lead" => Act::Lead { seq },
        "no_lead" => Act::NoLead,
        "edit" => Act::Edit { seq, title: text("title"), excerpt: text("excerpt") },
        "comment" => Act::Comment { seq, comment: text("comment") },
        "note" => Act::Note { markdown: text("markdown") },
        "approve" => Act::Approve,
        "hold" => Act::Hold,
        "reopen" => Act::Reopen,
        "send" if text("sure") != "yes" => return form.ask_to_send(version),
        "send" => Act::Send,
        "section" => {
            let theme = text("theme");
            if !theme.is_empty() && !site.config.topic.themes.iter().any(|known| known.name == theme) {
                return form.problem(Some(seq), page::problem(&site.words, draft, &Refusal::NoSection(theme))).await;
            }
            Act::Section { seq, theme }
        }
        // Where a story moves depends on what the editor saw.
        "up" | "down" if version != draft.version() => {
            // A form that was sent twice did what it should the first time.
            let is_same = |entry: &LedgerEntry| {
                let act = &entry.act;
                entry.by == form.desk.editor.reveal() && act.kind() == Kind::Move && act.story() == Some(seq)
            };
            if version + 1 == draft.version() && draft.ledger().last().is_some_and(is_same) {
                return Ok(redirect(&token, Kind::Move.as_str(), Some(seq)));
            }
            return form.stale(&Act::Move { seq, is_up: name == "up", other: seq }, version, &fields);
        }
        "up" | "down" => {
            let digest = page::composed(&site, &form.desk.row).await?;
            let shifted = digest.map_or(Err(Refusal::Unknown(seq)), |digest| draft.shift(&digest, seq, name == "up"));
            match shifted {
                Ok(act) => act,
                Err(refusal) => return form.problem(Some(seq), page::problem(&site.words, draft, &refusal)).await,
            }
        }
        "note_preview" => return form.preview_note(text("markdown")).await,
        "read" => return form.read(&text("address"), version).await,
        "add" => return form.add(&text("address"), &text("seen"), version).await,
        _ => return unknown(),
    };
    form.does(act, version, &fields).await
}

/// A form that was posted with an editor's link.
struct Form<'a> {
    site: &'a Site,
    token: &'a str,
    desk: Desk,
}

impl Form<'_> {
    async fn does(&self, act: Act, version: u32, fields: &Fields) -> Result<Response, Failure> {
        let (row, by) = (self.desk.row.clone(), self.desk.editor.reveal());
        let below = match act.story().filter(|_| moves_away(&act)) {
            Some(seq) => page::next_story(self.site, &row, seq).await?,
            None => None,
        };
        let ended = acts::act(self.site, row, act.clone(), by, version).await?;
        match ended {
            Outcome::Stale(row) => {
                let desk = Desk { row: *row, editor: self.desk.editor.clone() };
                Form { desk, ..*self }.stale(&act, version, fields)
            }
            Outcome::Done(_) if below.is_some() => Ok(redirect(self.token, act.kind().as_str(), below)),
            ended => self.ended(&act, ended).await,
        }
    }

    async fn ended(&self, act: &Act, ended: Outcome) -> Result<Response, Failure> {
        match ended {
            Outcome::Done(row) => {
                let added = row.draft.ledger().last().filter(|_| act.kind() == Kind::Add);
                let seq = added.map_or(act.story(), |entry| entry.act.story());
                Ok(redirect(self.token, act.kind().as_str(), seq))
            }
            Outcome::Refused(refusal) => {
                self.problem(act.story(), page::problem(&self.site.words, &self.desk.row.draft, &refusal)).await
            }
            Outcome::Known(_) => self.problem(None, self.words("draft.no_known")).await,
            Outcome::Stale(_) => self.problem(act.story(), self.words("draft.no_again")).await,
        }
    }

    fn words(&self, key: &str) -> String {
        self.site.words.words(key)
    }

    /// The page with what is wrong.
    async fn problem(&self, story: Option<i64>, problem: String) -> Result<Response, Failure> {
        let state = PageState { story, problem, ..self.state() };
        shown(self.site, &self.desk, state, StatusCode::UNPROCESSABLE_ENTITY).await
    }

    /// The state of the page at the address of the form.
    fn state(&self) -> PageState {
        PageState { base: String::new(), ..PageState::default() }
    }

    async fn preview_note(&self, markdown: String) -> Result<Response, Failure> {
        shown(self.site, &self.desk, PageState { note: Some(markdown), ..self.state() }, StatusCode::OK).await
    }

    /// The page that asks before a digest goes out at once.
    fn ask_to_send(&self, version: u32) -> Result<Response, Failure> {
        let view = DraftAskView {
            paragraphs: vec![self.words("draft.ask_send_text")],
            fields: hidden(&[("act", "send"), ("sure", "yes"), ("version", &version.to_string())]),
            button: self.words("draft.ask_send_button"),
            ..self.asking("draft.ask_send")
        };
        asked(self.site, StatusCode::OK, &view)
    }

    async fn read_post(&self, address: &str) -> Result<Post, String> {
        let reading = adding::read(self.site, &self.desk.row, address);
        match tokio::time::timeout(READ_WITHIN, reading).await {
            Ok(Ok(post)) => Ok(post),
            Ok(Err(NotAdded::IsInDraft(seq))) => {
                let title = self.desk.row.draft.title(seq);
                Err(self.site.text("draft.no_in_draft", &[("title", title.into())]))
            }
            Ok(Err(NotAdded::Unreadable(error))) => {
                Err(self.site.text("draft.no_unreadable", &[("why", (&format!("{error:#}")).into())]))
            }
            Ok(Err(NotAdded::NoAddress(_))) => Err(self.words("draft.no_address")),
            Ok(Err(NotAdded::Failed(error))) => {
                tracing::error!("a post could not be read: {error:#}");
                Err(self.words("draft.no_failed"))
            }
            Err(_) => Err(self.words("draft.no_slow")),
        }
    }

    /// Shows what can be read at an address, before it is added.
    async fn read(&self, address: &str, version: u32) -> Result<Response, Failure> {
        match self.read_post(address).await {
            Ok(post) => asked(self.site, StatusCode::OK, &self.ask_to_add(address, &post, version, &[])),
            Err(problem) => {
                let state = PageState { problem, typed: address.to_owned(), ..self.state() };
                shown(self.site, &self.desk, state, StatusCode::UNPROCESSABLE_ENTITY).await
            }
        }
    }

    fn ask_to_add(&self, address: &str, post: &Post, version: u32, paragraphs: &[&str]) -> DraftAskView {
        let fact = |key: &str, value: &str| DraftFactView { name: self.words(key), values: vec![value.to_owned()] };
        let story = &post.story;
        let none = self.words("draft.fact_no_excerpt");
        DraftAskView {
            paragraphs: paragraphs.iter().map(|key| self.words(key)).collect(),
            facts: vec![
                fact("draft.fact_title", &story.title),
                fact("draft.fact_address", story.link.as_str()),
                fact("draft.fact_excerpt", if story.excerpt.is_empty() { &none } else { &story.excerpt }),
                fact("draft.fact_verdict", &post.verdict),
            ],
            fields: hidden(&[
                ("act", "add"),
                ("version", &version.to_string()),
                ("address", address),
                ("seen", &post.seen),
            ]),
            button: self.words("draft.ask_add_button"),
            ..self.asking("draft.ask_add")
        }
    }

    /// Adds what the editor saw; if the page says something else now, shows that first.
    async fn add(&self, address: &str, seen: &str, version: u32) -> Result<Response, Failure> {
        let post = match self.read_post(address).await {
            Ok(post) => post,
            // The form may have been sent twice.
            Err(problem) => return self.problem(None, problem).await,
        };
        if post.seen != seen {
            let view = self.ask_to_add(address, &post, version, &["draft.ask_add_changed"]);
            return asked(self.site, StatusCode::OK, &view);
        }
        let act = Act::Add { story: post.story.clone() };
        let ended = adding::add(self.site, self.desk.row.clone(), post, self.desk.editor.reveal(), version).await?;
        match ended {
            Outcome::Stale(row) => {
                let desk = Desk { row: *row, editor: self.desk.editor.clone() };
                let form = Form { desk, ..*self };
                let fields = hidden(&[("act", "add"), ("address", address), ("seen", seen)]);
                form.stale_with(&act, version, fields)
            }
            ended => self.ended(&act, ended).await,
        }
    }

    /// The page that refuses an act on a version that is not the current one. It shows both, and offers the act again.
    fn stale(&self, act: &Act, seen: u32, fields: &Fields) -> Result<Response, Failure> {
        let again = fields.pairs().filter(|(name, _)| *name != "version");
        let again = again.map(|(name, value)| DraftFieldView { name: name.to_owned(), value: value.to_owned() });
        self.stale_with(act, seen, again.collect())
    }

    fn stale_with(&self, act: &Act, seen: u32, mut fields: Vec<DraftFieldView>) -> Result<Response, Failure> {
        let draft = &self.desk.row.draft;
        fields.extend(hidden(&[("version", &draft.version().to_string())]));
        let done = page::since(self.site, &self.site.words, draft, seen);
        let title = act.story().map_or("", |seq| draft.title(seq));
        let title = if let Act::Add { story } = act { &story.title } else { title };
        let yours = match act {
            Act::Edit { title, excerpt, .. } => vec![title.clone(), excerpt.clone()],
            Act::Comment { comment, .. } => vec![comment.clone()],
            Act::Note { markdown } => vec![markdown.clone()],
            other => vec![page::act_in_words(&self.site.words, other, title)],
        };
        let theirs = match (act, act.story().and_then(|seq| draft.piece(seq))) {
            (Act::Edit { .. }, Some(piece)) => vec![piece.story.title.clone(), piece.story.excerpt.clone()],
            (Act::Comment { .. }, Some(piece)) => vec![piece.story.comment.clone()],
            (Act::Note { .. }, _) => vec![draft.note().to_owned()],
            _ => Vec::new(),
        };
        let (seen, version) = (seen.to_string(), draft.version().to_string());
        let values = [("seen", Value::from(&seen)), ("version", (&version).into())];
        let fact =
            |key: &str, values_of: Vec<String>| DraftFactView { name: self.site.text(key, &values), values: values_of };
        let mut facts = vec![fact("draft.stale_since", done), fact("draft.stale_yours", yours)];
        if !theirs.is_empty() {
            facts.push(fact("draft.stale_theirs", theirs));
        }
        let view = DraftAskView {
            paragraphs: vec![self.site.text("draft.stale_text", &values)],
            facts,
            fields,
            button: self.words("draft.stale_button"),
            ..self.asking("draft.stale")
        };
        asked(self.site, StatusCode::CONFLICT, &view)
    }

    /// A page at the address of the form.
    fn asking(&self, title: &'static str) -> DraftAskView {
        DraftAskView { action: "act".to_owned(), ..asking(self.site, self.token, title) }
    }
}

/// `title` is a message's key.
fn asking(site: &Site, token: &str, title: &str) -> DraftAskView {
    let token: String = form_urlencoded::byte_serialize(token.as_bytes()).collect();
    DraftAskView { title: site.words.words(title), back: format!("../{token}"), ..DraftAskView::default() }
}

fn hidden(fields: &[(&str, &str)]) -> Vec<DraftFieldView> {
    let field = |(name, value): &(&str, &str)| DraftFieldView { name: (*name).to_owned(), value: (*value).to_owned() };
    fields.iter().map(field).collect()
}

fn asked(site: &Site, status: StatusCode, view: &DraftAskView) -> Result<Response, Failure> {
    Ok((status, Html(site.renderer.editor_page(&site.words, view)?)).into_response())
}

async fn shown(site: &Site, desk: &Desk, state: PageState, status: StatusCode) -> Result<Response, Failure> {
    Ok((status, Html(page::show(site, &site.words, desk, state).await?)).into_response())
}

/// A form that is none of ours.
fn unknown() -> Result<Response, Failure> {
    Ok(StatusCode::BAD_REQUEST.into_response())
}

/// A 303 (RFC 9110 §15.4.4), relative to the address of the form, to the story that the act was about.
/// Whether the story of an act is in another list after it.
fn moves_away(act: &Act) -> bool {
    matches!(
        act.kind(),
        Kind::LeaveOut | Kind::OffTopic | Kind::Postpone | Kind::PutBack | Kind::Include | Kind::Lead | Kind::Section
    )
}

fn redirect(token: &str, done: &str, seq: Option<i64>) -> Response {
    // The token comes from the request, so it is escaped before it goes into a header.
    let token: String = form_urlencoded::byte_serialize(token.as_bytes()).collect();
    let query = if done.is_empty() { String::new() } else { format!("?done={done}") };
    let place = seq.map_or_else(String::new, |seq| format!("#s{seq}"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, format!("../{token}{query}{place}"))]).into_response()
}
