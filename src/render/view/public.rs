//! The views of the public pages: the list of digests, the sources, and what is said about data and accessibility.

use serde::Serialize;

use super::{PageView, SenderView, TitleView};

/// The list of digests on the web, one page of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ArchivesView {
    /// "Public Service Reform Digest: all digests".
    pub title: String,
    /// The page's absolute address.
    pub canonical: String,
    /// Newest first; may be empty.
    pub digests: Vec<ArchiveView>,
    /// The page with newer digests, such as `archive?page=2`; empty on the first.
    pub newer: String,
    /// The page with older digests; empty on the last.
    pub older: String,
}

/// One digest of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ArchiveView {
    /// Its page, relative to the list.
    pub link: String,
    /// Its subject.
    pub title: String,
    /// The titles of its first stories; may be empty.
    pub headlines: Vec<String>,
    /// The same, with their languages.
    pub titles: Vec<TitleView>,
    /// How many more there are: "and 5 more"; may be empty.
    pub others: String,
    /// "23 November 2026".
    pub date: String,
    /// "8 posts".
    pub count: String,
}

/// The sources.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SourcesView {
    /// "Public Service Reform Digest: sources".
    pub title: String,
    /// What is selected from them: "public-service reform".
    pub topic: String,
    /// The page's absolute address.
    pub canonical: String,
    /// By title; may be empty.
    pub sources: Vec<SourceView>,
}

/// One source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SourceView {
    /// Its name for subscribers.
    pub title: String,
    /// Its feed, http or https; empty if it cannot be shown.
    pub link: String,
    /// "about 2 posts a week"; empty until it has been read.
    pub rhythm: String,
    /// "23 November 2026"; empty until it has been read.
    pub last_read: String,
    /// Whether it currently cannot be read.
    pub is_failing: bool,
    /// Whether its server says that it is gone for good.
    pub is_gone: bool,
}

/// What is kept about subscribers, and for how long.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PrivacyView {
    /// "Public Service Reform Digest: how we use your data".
    pub title: String,
    /// The page's absolute address.
    pub canonical: String,
    /// What is selected: "public service reform".
    pub topic: String,
    /// The organisation's own privacy notice; may be empty.
    pub notice_url: String,
    /// How long an address is kept after unsubscribing: "28 days".
    pub left: String,
    /// How long a sign-up waits to be confirmed.
    pub pending: String,
    /// How long it is kept what became of each email.
    pub attempts: String,
    /// How long the texts of posts are kept.
    pub content: String,
    /// Whether readers can say that a post is not on topic.
    pub has_votes: bool,
    /// Whom to ask.
    pub sender: SenderView,
}

/// The accessibility statement.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AccessibilityView {
    /// "Public Service Reform Digest: accessibility statement".
    pub title: String,
    /// The page's absolute address.
    pub canonical: String,
    /// Whom to write to or call.
    pub contact: String,
    /// What not everybody can use, a sentence each; may be empty.
    pub problems: Vec<String>,
    /// The language of these, if it is not the page's; may be empty.
    pub problems_lang: String,
    /// Who enforces the law; may be empty.
    pub enforcement: String,
    /// Their web address; may be empty.
    pub enforcement_url: String,
    /// When the statement was written: "23 November 2026"; may be empty.
    pub prepared: String,
    /// When the pages were last tested; may be empty.
    pub tested: String,
    /// Who runs the pages.
    pub sender: SenderView,
}

impl PageView for PrivacyView {
    fn template(&self) -> &'static str {
        "page/privacy.html.j2"
    }
}

impl PageView for AccessibilityView {
    fn template(&self) -> &'static str {
        "page/accessibility.html.j2"
    }
}

impl PageView for ArchivesView {
    fn template(&self) -> &'static str {
        "page/archives.html.j2"
    }
}

impl PageView for SourcesView {
    fn template(&self) -> &'static str {
        "page/sources.html.j2"
    }
}
