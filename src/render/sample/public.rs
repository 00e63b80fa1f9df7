//! Made-up views of the pages for everybody.

use crate::render::view::{ArchiveView, ArchivesView, SourceView, SourcesView};

pub(super) fn archives() -> ArchivesView {
    ArchivesView {
        lang: "en-GB".into(),
        dir: "ltr".into(),
        title: "Public Service Reform Digest: all digests".into(),
        digests: vec![archive()],
        canonical: "https://digest.example.org/archive?page=2".into(),
        newer: "archive".into(),
        older: "archive?page=3".into(),
    }
}

pub(super) fn archive() -> ArchiveView {
    ArchiveView {
        link: "archive/2026-11-23".into(),
        title: "Joined-up care in Fife, and 2 more on public service reform".into(),
        date: "23 November 2026".into(),
        count: "3 posts".into(),
    }
}

pub(super) fn sources() -> SourcesView {
    SourcesView {
        lang: "en".into(),
        dir: "ltr".into(),
        title: "Public Service Reform Digest: sources".into(),
        topic: "public-service reform".into(),
        canonical: "https://digest.example.org/sources".into(),
        sources: vec![source()],
    }
}

pub(super) fn source() -> SourceView {
    SourceView {
        title: "Reform Blog".into(),
        link: "https://blog.example.org/feed".into(),
        rhythm: "about 2 posts a week".into(),
        last_read: "23 November 2026".into(),
        is_failing: true,
        is_gone: false,
    }
}
