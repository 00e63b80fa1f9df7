//! The variables that templates may use, with their types; `templates/README.md` documents the same for administrators.
//! All text is plain and on one line, except for the editor's note; templates escape it. An empty string means "not
//! known", so that a template can test it with `{% if … %}`.

mod digest;
mod draft;
mod operations;
mod picked;
mod public;
mod quiet;
mod subscribers;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Serialize;

pub use digest::{ArchivePage, CorrectionView, DigestView, EntryView, Frame, NoteView, SectionView, TitleView};
pub use draft::{
    DraftAskView, DraftFactView, DraftFieldView, DraftNotice, DraftPageView, DraftSectionView, EditorView,
    LedgerLineView, PieceView, TextLimits,
};
pub use operations::{
    AlarmsView, BarView, ChartView, FactView, FeedView, LineView, ListView, NoticeView, StatusView, TextView,
};
pub use picked::PartView;
pub use public::{AccessibilityView, ArchiveView, ArchivesView, PrivacyView, SourceView, SourcesView};
pub use quiet::QuietView;
pub use subscribers::{
    AskLinkView, ChangedView, ChoiceView, ConfirmView, ErrorsView, KnownView, LinkPurpose, LinkView, PreferencesView,
    SignUpView, VoteView, WelcomeView,
};

use crate::domain::digests::logo::Logo;
use crate::domain::items::text::single_line;

/// What every page shows; the templates have it as `site`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SiteView {
    /// The digest's name.
    pub name: String,
    /// The address of the first page, in the language of the page.
    pub home: String,
    /// The path of the pages in this language, with a `/` at its end.
    pub root: String,
    /// The page's own path below `root`, or its placeholder.
    pub here: &'static str,
    /// The colour of headings, links and buttons: "#1d4f91".
    pub accent: String,
    /// The same for dark mode.
    pub accent_dark: String,
    /// The logo at the top of a digest, if there is one.
    pub logo: Option<LogoView>,
    /// The other languages.
    pub languages: Vec<LanguageLink>,
    /// Whether there is an accessibility statement.
    pub has_accessibility: bool,
}

/// A logo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogoView {
    /// The whole picture as a `data:` URL; in an email it becomes a part of its own.
    pub src: String,
    /// What it shows.
    pub alt: String,
    /// In pixels.
    pub width: u32,
    /// In pixels, at most 40.
    pub height: u32,
}

impl LogoView {
    /// The view of a logo that shows `alt`.
    #[must_use]
    pub fn new(logo: &Logo, alt: &str) -> Self {
        let data = BASE64.encode(&logo.bytes);
        let src = format!("data:{};base64,{data}", logo.format.media_type());
        Self { src, alt: single_line(alt), width: logo.width, height: logo.height }
    }
}

/// Another language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LanguageLink {
    /// Its code, for `lang` and `hreflang`.
    pub code: String,
    /// Its own name: "Cymraeg".
    pub name: String,
    /// The path of the pages in it, with a `/` at its end.
    pub root: String,
}

/// A view that becomes an email.
pub trait EmailView: Serialize {
    /// The folder of its three templates: `subject.txt.j2`, `body.txt.j2` and `body.html.j2`.
    fn folder(&self) -> &'static str;
}

/// A view that becomes a web page.
pub trait PageView: Serialize {
    /// Its template.
    fn template(&self) -> &'static str;
}

/// The sender of an email; each value may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SenderView {
    /// "Example Institute".
    pub organisation: String,
    /// The postal address, on one line.
    pub postal_address: String,
    /// An address or a telephone number.
    pub contact: String,
    /// The address of the privacy notice, https.
    pub privacy_url: String,
}

/// The links at the foot of an email; an empty one is not shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LinksView {
    /// The subscriber's own page, or [`super::PREFERENCES_PLACEHOLDER`].
    pub preferences: String,
    /// The subscriber's unsubscribe page, or [`super::UNSUBSCRIBE_PLACEHOLDER`].
    pub unsubscribe: String,
    /// The subscriber's page to say that a story is not on topic, or [`super::VOTE_PLACEHOLDER`].
    pub vote: String,
    /// This digest on the web; on its page, that page itself.
    pub archive: String,
    /// An email address without a name, for suggestions.
    pub reply_to: String,
}

/// A web page with some paragraphs and, if there is something to do, one button or one link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MessageView {
    /// For `<title>` and the heading.
    pub title: String,
    /// May be empty.
    pub paragraphs: Vec<String>,
    /// The button.
    pub form: Option<PageForm>,
    /// The link.
    pub link: Option<PageLink>,
    /// Further links.
    pub more_links: Vec<PageLink>,
}

impl MessageView {
    /// A page with neither a button nor a link.
    #[must_use]
    pub fn new(title: &str, paragraphs: &[String]) -> Self {
        Self {
            title: title.to_owned(),
            paragraphs: paragraphs.to_vec(),
            form: None,
            link: None,
            more_links: Vec::new(),
        }
    }
}

impl PageView for MessageView {
    fn template(&self) -> &'static str {
        "page/message.html.j2"
    }
}

/// A link to another page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PageLink {
    /// Its address.
    pub href: String,
    /// Its text: "Get a new link".
    pub text: String,
}

/// A button that posts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PageForm {
    /// The address it posts to.
    pub action: String,
    /// Its label: "Yes, send me the digest".
    pub button: String,
}
