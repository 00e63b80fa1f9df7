//! The public pages as a browser gets them: a middle page and an empty page of the list of digests, and the sources. The
//! shared styles are left out.

use policy_digest::config::built_in_languages;
use policy_digest::render::view::{ArchiveView, SourceView, TitleView};
use policy_digest::render::{ArchivesView, Renderer, SourcesView};

#[test]
fn the_list_of_digests_and_the_sources() {
    for (name, html) in pages() {
        insta::with_settings!({ filters => vec![("(?s)<style>.*</style>", "<style></style>")], omit_expression => true }, {
            insta::assert_snapshot!(name.trim_end_matches(".html"), html);
        });
    }
}

/// Each page with its file name.
pub fn pages() -> [(&'static str, String); 3] {
    let languages = built_in_languages();
    let (renderer, english) = (Renderer::new(None, &languages).unwrap(), languages.first());
    let empty = ArchivesView {
        title: "Reform Digest: all digests".into(),
        canonical: "https://digest.example.org/archive".into(),
        ..ArchivesView::default()
    };
    [
        ("archive_list.html", renderer.page(english, &archives()).unwrap()),
        ("archive_list_empty.html", renderer.page(english, &empty).unwrap()),
        ("sources.html", renderer.page(english, &sources()).unwrap()),
    ]
}

fn archives() -> ArchivesView {
    let story = |title: &str, lang: &str| TitleView { title: title.into(), lang: lang.into() };
    let digest = |day: &str, title: &str, count: &str| ArchiveView {
        link: format!("archive/2026-11-{day}"),
        title: title.into(),
        headlines: Vec::new(),
        titles: vec![story(title.split(',').next().unwrap_or_default(), "cy"), story("Weeknotes <13>", "")],
        others: "and 6 more".into(),
        date: format!("{day} November 2026"),
        count: count.into(),
    };
    ArchivesView {
        title: "Reform Digest: all digests".into(),
        canonical: "https://digest.example.org/archive?page=2".into(),
        digests: vec![
            digest("23", "Joined-up care in Fife, and 7 more on public service reform", "8 posts"),
            digest("16", "Who runs <the> swimming pool? \u{202e}", "1 post"),
        ],
        newer: "archive".into(),
        older: "archive?page=3".into(),
    }
}

fn sources() -> SourcesView {
    let source = |title: &str, rhythm: &str, last_read: &str| SourceView {
        title: title.into(),
        link: "https://blog.example.org/a-very-long-address-of-a-feed/that-is-not-shown/feed.xml?a=1&b=2".into(),
        rhythm: rhythm.into(),
        last_read: last_read.into(),
        ..SourceView::default()
    };
    SourcesView {
        title: "Reform Digest: sources".into(),
        topic: "public-service reform".into(),
        canonical: "https://digest.example.org/sources".into(),
        sources: vec![
            source("Reform Blog", "about 2 posts a week", "23 November 2026"),
            SourceView { is_failing: true, ..source("Civic <Weekly>", "about one post a month", "3 March 2026") },
            SourceView { is_failing: true, is_gone: true, ..source("مدونة الإصلاح", "", "") },
            SourceView { link: String::new(), ..source("A file of our own", "", "") },
        ],
    }
}
