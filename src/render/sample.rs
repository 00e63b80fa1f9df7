//! Made-up views for trying templates: once with everything that may be there, once with nothing that may be absent.

mod public;

use minijinja::Value;
use minijinja::value::Serde;

use super::page_values;
use super::view::{
    AlarmsView, ArchivesView, AskLinkView, ChoiceView, ConfirmView, DigestView, EntryView, ErrorsView, KnownView,
    LinkView, LinksView, NoteView, NoticeView, PageForm, PageLink, PreferencesView, QuietView, SectionView, SenderView,
    SignUpView, SourceView, SourcesView, WelcomeView,
};
use public::{archives, sources};

/// What a template is tried on, by its folder; nothing for those that only others extend.
pub(super) fn values(template: &str) -> Vec<Value> {
    match template.split_once('/').map(|(folder, _)| folder) {
        Some("digest") => [digest(), bare_digest()].map(|view| Value::from(Serde(view))).into(),
        Some("quiet") => [quiet(), QuietView::default()].map(|view| Value::from(Serde(view))).into(),
        Some("confirm") => {
            let bare = ConfirmView { sender: SenderView::default(), ..confirm() };
            [confirm(), bare].map(|view| Value::from(Serde(view))).into()
        }
        Some("welcome") => {
            let bare = WelcomeView { next: String::new(), latest: String::new(), ..welcome() };
            [welcome(), bare].map(|view| Value::from(Serde(view))).into()
        }
        Some("alarm") => {
            let raised = AlarmsView { over: Vec::new(), standing: String::new(), ..alarms() };
            let over = AlarmsView { raised: Vec::new(), sender: SenderView::default(), ..alarms() };
            [alarms(), raised, over].map(|view| Value::from(Serde(view))).into()
        }
        Some("known") => vec![Value::from(Serde(known()))],
        Some("page") if template == "page/sign_up.html.j2" => {
            let bare = SignUpView { cadences: sign_up().cadences, ..SignUpView::default() };
            [sign_up(), bare].map(|view| Value::from(Serde(view))).into()
        }
        Some("page") if template == "page/archive.html.j2" => values("digest/body.html.j2"),
        Some("address" | "link") => {
            let bare = LinkView { sender: SenderView::default(), ..link() };
            [link(), bare].map(|view| Value::from(Serde(view))).into()
        }
        Some("page") if template == "page/preferences.html.j2" => {
            let problem = PreferencesView { problem: "themes".into(), ..preferences() };
            let left = PreferencesView { status: "left".into(), ..PreferencesView::default() };
            [preferences(), problem, left].map(|view| Value::from(Serde(view))).into()
        }
        Some("page") if template == "page/ask_link.html.j2" => {
            [ask_link(), AskLinkView::default()].map(|view| Value::from(Serde(view))).into()
        }
        Some("page") if matches!(template, "page/archives.html.j2" | "page/public.html.j2") => {
            [archives(), ArchivesView::default()].map(|view| Value::from(Serde(view))).into()
        }
        Some("page") if template == "page/sources.html.j2" => {
            let bare = SourcesView { sources: vec![SourceView::default()], ..SourcesView::default() };
            [sources(), bare, SourcesView::default()].map(|view| Value::from(Serde(view))).into()
        }
        Some("page") => vec![
            page_values("Confirm your subscription", &["One click, and it is yours.".to_owned()], Some(&form()), None),
            page_values("This link is not valid", &["Get a new one.".to_owned()], None, Some(&new_link())),
            page_values("Page not found", &[], None, None),
        ],
        _ => Vec::new(),
    }
}

pub(super) fn digest() -> DigestView {
    DigestView {
        lang: "en-GB".into(),
        dir: "ltr".into(),
        name: "Public Service Reform Digest".into(),
        title: "Public Service Reform Digest, 23 November 2026".into(),
        subject: "Joined-up care in Fife, and 2 more on public service reform".into(),
        preheader: "Also: What we learned from two years of one budget".into(),
        date: "Monday, 23 November 2026".into(),
        count: "3 posts".into(),
        sample: true,
        missed: missed(),
        note: NoteView::new("Dear readers, *thank you* for [your answers](https://example.org/survey)."),
        sections: vec![section()],
        more: vec![entry()],
        listed: vec![entry()],
        left_out: "388 more".into(),
        why: "You get this because you asked for posts about public service reform.".into(),
        since: "3 March 2026".into(),
        sender: sender(),
        links: links(),
    }
}

/// A digest of one story, of which only the title is known.
fn bare_digest() -> DigestView {
    let entry = EntryView { title: entry().title, ..EntryView::default() };
    let section = SectionView { title: section().title, stories: vec![entry], ..SectionView::default() };
    DigestView { sections: vec![section], ..DigestView::default() }
}

fn missed() -> String {
    "No digest came out on Monday, 16 November 2026: this one has its posts too.".into()
}

pub(super) fn quiet() -> QuietView {
    QuietView {
        lang: "en-GB".into(),
        dir: "ltr".into(),
        name: "Public Service Reform Digest".into(),
        topic: "public service reform".into(),
        date: "Monday, 23 November 2026".into(),
        read: "58 of 60 sources".into(),
        missed: missed(),
        next: "Monday, 30 November 2026".into(),
        why: "You get this because you asked for posts about public service reform.".into(),
        since: "3 March 2026".into(),
        links: links(),
        sender: sender(),
    }
}

pub(super) fn section() -> SectionView {
    SectionView {
        title: "Integration".into(),
        description: "Services made one.".into(),
        stories: vec![entry(), EntryView { title: "Weeknotes".into(), ..EntryView::default() }],
    }
}

pub(super) fn entry() -> EntryView {
    EntryView {
        title: "Joined-up care in Fife".into(),
        lang: "en".into(),
        link: "https://example.org/joined-up-care".into(),
        excerpt: "People tell their story once, and the team around them stays the same.".into(),
        source: "Reform Blog".into(),
        meta: "Reform Blog · Jane Smith · 12 March 2026 · 4\u{a0}min\u{a0}read".into(),
        also_on: "Another Blog".into(),
        reason: "joined-up working; Christie Commission".into(),
        tags: "Leadership, Workforce".into(),
    }
}

pub(super) fn sender() -> SenderView {
    SenderView {
        organisation: "Example Institute".into(),
        postal_address: "1 High Street, Anytown".into(),
        contact: "hello@example.org".into(),
        privacy_url: "https://example.org/privacy".into(),
    }
}

pub(super) fn links() -> LinksView {
    LinksView {
        preferences: "https://digest.example.org/p/token".into(),
        unsubscribe: "https://digest.example.org/unsubscribe/token".into(),
        archive: "https://digest.example.org/archive/1".into(),
        reply_to: "editor@example.org".into(),
    }
}

pub(super) fn confirm() -> ConfirmView {
    ConfirmView {
        lang: "en-GB".into(),
        dir: "ltr".into(),
        name: "Public Service Reform Digest".into(),
        what: "the weekly digest".into(),
        confirm_url: "https://digest.example.org/confirm/token".into(),
        valid_for: "7 days".into(),
        sender: sender(),
    }
}

pub(super) fn link() -> LinkView {
    LinkView {
        lang: "en-GB".into(),
        dir: "ltr".into(),
        name: "Public Service Reform Digest".into(),
        url: "https://digest.example.org/p/token".into(),
        valid_for: "7 days".into(),
        sender: sender(),
    }
}

pub(super) fn welcome() -> WelcomeView {
    WelcomeView {
        lang: "en-GB".into(),
        dir: "ltr".into(),
        name: "Public Service Reform Digest".into(),
        what: "the weekly digest".into(),
        next: "Monday, 30 November 2026".into(),
        latest: "https://digest.example.org/archive/2026-11-23".into(),
        links: links(),
        sender: sender(),
    }
}

pub(super) fn known() -> KnownView {
    KnownView {
        lang: "en-GB".into(),
        dir: "ltr".into(),
        name: "Public Service Reform Digest".into(),
        links: links(),
        sender: sender(),
    }
}

pub(super) fn alarms() -> AlarmsView {
    AlarmsView {
        lang: "en-GB".into(),
        dir: "ltr".into(),
        name: "Public Service Reform Digest".into(),
        subject: "feed `reform-blog` cannot be read, and 1 more".into(),
        raised: vec![notice()],
        over: vec![NoticeView { until: "Fri 27 Nov 2026 11:00 GMT".into(), ..notice() }],
        standing: "2 alarms".into(),
        sender: sender(),
    }
}

pub(super) fn notice() -> NoticeView {
    NoticeView {
        title: "feed `reform-blog` cannot be read".into(),
        what: "\u{201c}Reform Blog\u{201d} has failed 26 times in a row, last with: HTTP status 503.".into(),
        since: "Mon 23 Nov 2026 09:00 GMT".into(),
        until: String::new(),
        does: "It is asked again, at least once a day; the others are read as usual.".into(),
        next: "`policy-digest feeds check reform-blog` says what its address answers now.".into(),
    }
}

pub(super) fn sign_up() -> SignUpView {
    SignUpView {
        lang: "en".into(),
        dir: "ltr".into(),
        title: "Public Service Reform Digest".into(),
        canonical: "https://digest.example.org/".into(),
        topic: "public-service reform".into(),
        sources: "83 sources".into(),
        latest: "archive/2026-11-23".into(),
        address: "ada@example".into(),
        cadences: vec![choice()],
        themes: vec![choice()],
        consent: "By signing up you agree to get this digest by mail.".into(),
        stamp: "token".into(),
        errors: errors(),
        sender: sender(),
    }
}

pub(super) fn preferences() -> PreferencesView {
    PreferencesView {
        lang: "en".into(),
        dir: "ltr".into(),
        name: "Public Service Reform Digest".into(),
        base: "token/".into(),
        address: "ada@example.org".into(),
        new_address: "ada@new.example.org".into(),
        status: "active".into(),
        cadence: "weekly".into(),
        paused_until: "3 March 2026".into(),
        done: "choices".into(),
        problem: String::new(),
        typed: String::new(),
        cadences: vec![choice()],
        themes: vec![choice()],
        first_day: "2026-11-24".into(),
        last_day: "2027-11-24".into(),
        pause_days: "from 24 November 2026 to 24 November 2027".into(),
        unsubscribe: "../unsubscribe/token".into(),
    }
}

pub(super) fn choice() -> ChoiceView {
    ChoiceView {
        value: "integration".into(),
        title: "Integration".into(),
        description: "Services made one.".into(),
        is_chosen: true,
    }
}

pub(super) fn errors() -> ErrorsView {
    ErrorsView {
        any: true,
        address: "Enter your email address".into(),
        cadence: "Choose how often".into(),
        themes: "Choose at least one theme".into(),
        trap: "Leave this field empty".into(),
        other: "This page was open for too long: please send it again".into(),
    }
}

pub(super) fn ask_link() -> AskLinkView {
    AskLinkView { lang: "en".into(), dir: "ltr".into(), is_wrong: true, typed: "ada".into() }
}

fn new_link() -> PageLink {
    PageLink { href: "https://digest.example.org/p".into(), text: "Get a new link".into() }
}

pub(super) fn form() -> PageForm {
    PageForm { action: "token".into(), button: "Yes, send me the digest".into() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value as Json;

    use super::public::{archive, source};
    use super::*;
    use crate::render::{GUIDE, TEMPLATES};

    #[test]
    fn every_template_that_is_not_only_extended_is_tried() {
        for (name, _) in TEMPLATES {
            assert!(name.starts_with("base.") || !values(name).is_empty(), "{name} has no sample");
        }
    }

    /// The rows of the table under a heading of the guide: name, type, example.
    fn documented(heading: &str) -> Vec<Vec<&'static str>> {
        let (_, rest) = GUIDE.1.split_once(&format!("\n### {heading}\n")).unwrap_or_else(|| panic!("no {heading}"));
        let section = rest.split("\n#").next().unwrap_or_default();
        let rows = section.lines().filter(|line| line.starts_with("| `"));
        rows.map(|row| row.split(" | ").map(|cell| cell.trim_matches(['|', ' ', '`'])).collect()).collect()
    }

    #[test]
    fn the_guide_lists_every_variable_of_every_view_with_its_type() {
        let page = serde_json::to_value(values("page/message.html.j2").remove(0)).unwrap();
        for (heading, view) in [
            ("The digest", serde_json::to_value(digest()).unwrap()),
            ("The note", serde_json::to_value(digest().note).unwrap()),
            ("A section", serde_json::to_value(section()).unwrap()),
            ("A story", serde_json::to_value(entry()).unwrap()),
            ("The sender", serde_json::to_value(sender()).unwrap()),
            ("The links", serde_json::to_value(links()).unwrap()),
            ("The quiet note", serde_json::to_value(quiet()).unwrap()),
            ("The confirmation", serde_json::to_value(confirm()).unwrap()),
            ("The welcome", serde_json::to_value(welcome()).unwrap()),
            ("The answer to a subscriber", serde_json::to_value(known()).unwrap()),
            ("The alarms", serde_json::to_value(alarms()).unwrap()),
            ("An alarm", serde_json::to_value(notice()).unwrap()),
            ("The sign-up page", serde_json::to_value(sign_up()).unwrap()),
            ("A choice", serde_json::to_value(choice()).unwrap()),
            ("The errors", serde_json::to_value(errors()).unwrap()),
            ("The list of digests", serde_json::to_value(archives()).unwrap()),
            ("A digest in the list", serde_json::to_value(archive()).unwrap()),
            ("The sources", serde_json::to_value(sources()).unwrap()),
            ("A source", serde_json::to_value(source()).unwrap()),
            ("A mail with a link", serde_json::to_value(link()).unwrap()),
            ("A person's own page", serde_json::to_value(preferences()).unwrap()),
            ("The page that asks for an address", serde_json::to_value(ask_link()).unwrap()),
            ("A page", page),
            ("The form", serde_json::to_value(form()).unwrap()),
            ("The link", serde_json::to_value(new_link()).unwrap()),
        ] {
            let rows = documented(heading);
            let fields = view.as_object().unwrap();
            let names: BTreeSet<&str> = rows.iter().map(|row| row[0]).collect();
            assert_eq!(
                names,
                fields.keys().map(String::as_str).collect(),
                "under \"{heading}\" in templates/README.md"
            );
            for row in rows {
                let is_right = match &fields[row[0]] {
                    Json::String(_) => matches!(row[1], "text" | "text, many lines" | "HTML"),
                    Json::Bool(_) => row[1] == "true or false",
                    Json::Array(_) => row[1].starts_with("list of "),
                    _ => row[1].starts_with('['),
                };
                assert!(is_right && row.len() == 4 && !row[3].is_empty(), "{row:?} under \"{heading}\"");
            }
        }
    }
}
