//! The pages for everybody: the list of digests, and the sources.

use serde::Serialize;

/// The list of digests on the web, one page of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ArchivesView {
    /// BCP 47.
    pub lang: String,
    /// "ltr" or "rtl".
    pub dir: String,
    /// "Public Service Reform Digest: all digests".
    pub title: String,
    /// The page's own address, whole.
    pub canonical: String,
    /// Newest first; may be empty.
    pub digests: Vec<ArchiveView>,
    /// The page with newer ones, as `archive?page=2`; empty on the first.
    pub newer: String,
    /// The page with older ones; empty on the last.
    pub older: String,
}

/// One digest of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ArchiveView {
    /// Its page, from the list's own address.
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
    /// BCP 47.
    pub lang: String,
    /// "ltr" or "rtl".
    pub dir: String,
    /// "Public Service Reform Digest: sources".
    pub title: String,
    /// What is picked from them: "public-service reform".
    pub topic: String,
    /// The page's own address, whole.
    pub canonical: String,
    /// By title; may be empty.
    pub sources: Vec<SourceView>,
}

/// One source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SourceView {
    /// What readers know it by.
    pub title: String,
    /// Its feed, http or https; empty when it cannot be shown.
    pub link: String,
    /// "about 2 posts a week"; empty before it was read for the first time.
    pub rhythm: String,
    /// "23 November 2026"; empty before it was read for the first time.
    pub last_read: String,
    /// Whether it cannot be read at present.
    pub is_failing: bool,
    /// Whether its server says that it will not come back.
    pub is_gone: bool,
}
