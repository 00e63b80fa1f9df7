//! Sample data for the public pages, and for the notice to an old address.

use super::{sender, titled};
use crate::render::view::{
    AccessibilityView, ArchiveView, ArchivesView, ChangedView, PrivacyView, SourceView, SourcesView,
};

pub(super) fn changed() -> ChangedView {
    ChangedView {
        name: "Public Service Reform Digest".into(),
        date: "23 November 2026".into(),
        sign_up_url: "https://digest.example.org/".into(),
        sender: sender(),
    }
}

pub(super) fn privacy() -> PrivacyView {
    PrivacyView {
        title: "Reform Digest: how we use your data".into(),
        canonical: "https://digest.example.org/privacy".into(),
        topic: "public service reform".into(),
        notice_url: "https://example.org/privacy".into(),
        left: "28 days".into(),
        pending: "14 days".into(),
        attempts: "90 days".into(),
        content: "90 days".into(),
        has_votes: true,
        sender: sender(),
    }
}

pub(super) fn accessibility() -> AccessibilityView {
    AccessibilityView {
        title: "Reform Digest: accessibility statement".into(),
        canonical: "https://digest.example.org/accessibility".into(),
        contact: "hello@example.org".into(),
        problems: vec!["Some pictures have no description.".into()],
        problems_lang: "en-GB".into(),
        enforcement: "Equality Advisory and Support Service (EASS)".into(),
        enforcement_url: "https://equality.example.org/".into(),
        prepared: "23 November 2026".into(),
        tested: "20 November 2026".into(),
        sender: sender(),
    }
}

pub(super) fn archives() -> ArchivesView {
    ArchivesView {
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
        headlines: vec!["Joined-up care in Fife".into(), "Weeknotes".into()],
        titles: vec![titled("Joined-up care in Fife", "en"), titled("Weeknotes", "")],
        others: "and 1 more".into(),
        date: "23 November 2026".into(),
        count: "3 posts".into(),
    }
}

pub(super) fn sources() -> SourcesView {
    SourcesView {
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
