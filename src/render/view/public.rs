//! The views of the public pages: the list of digests, and the sources.

use serde::Serialize;

use super::PageView;

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
