//! Sample data to try templates with: once with every optional value, and once without any.

mod public;

use minijinja::Value;
use minijinja::value::Serde;

use super::view::{
    AccessibilityView, AlarmsView, ArchivesView, AskLinkView, ChangedView, ChoiceView, ConfirmView, CorrectionView,
    DigestView, EntryView, ErrorsView, KnownView, LanguageLink, LinkPurpose, LinkView, LinksView, LogoView,
    MessageView, NoteView, NoticeView, PageForm, PageLink, PartView, PreferencesView, PrivacyView, QuietView,
    SectionView, SenderView, SignUpView, SiteView, SourceView, SourcesView, TitleView, VoteView, WelcomeView,
};
use public::{accessibility, archives, changed, privacy, sources};

/// The samples for a template; empty for those that other templates extend.
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
        Some("changed") => {
            let bare = ChangedView { sender: SenderView::default(), ..changed() };
            [changed(), bare].map(|view| Value::from(Serde(view))).into()
        }
        Some("page") if template == "page/privacy.html.j2" => {
            [privacy(), PrivacyView::default()].map(|view| Value::from(Serde(view))).into()
        }
        Some("page") if template == "page/accessibility.html.j2" => {
            [accessibility(), AccessibilityView::default()].map(|view| Value::from(Serde(view))).into()
        }
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
        Some("page") if template == "page/vote.html.j2" => vec![Value::from(Serde(vote()))],
        Some("page") => {
            let bare = MessageView::new("Page not found", &[]);
            let link = MessageView { link: Some(new_link()), more_links: vec![new_link()], ..message() };
            [MessageView { form: Some(form()), ..message() }, link, bare].map(|view| Value::from(Serde(view))).into()
        }
        _ => Vec::new(),
    }
}

/// What every page shows.
pub(super) fn site() -> SiteView {
    let welsh = LanguageLink { code: "cy".into(), name: "Cymraeg".into(), root: "/cy/".into() };
    SiteView {
        name: "Reform Digest".into(),
        home: "https://digest.example.org/".into(),
        root: "/".into(),
        here: "archive",
        accent: "#1d4f91".into(),
        accent_dark: "#8fbcf8".into(),
        logo: Some(LogoView {
            src: "data:image/png;base64,AAAA".into(),
            alt: "Reform Institute".into(),
            width: 160,
            height: 40,
        }),
        languages: vec![welsh],
        has_accessibility: true,
    }
}

fn contents_title() -> TitleView {
    TitleView { title: "What we learned from two years of one budget".into(), lang: "en".into() }
}

fn digest() -> DigestView {
    DigestView {
        name: "Public Service Reform Digest".into(),
        title: "Public Service Reform Digest, 23 November 2026".into(),
        subject: "Joined-up care in Fife, and 2 more on public service reform".into(),
        preheader: "Also: What we learned from two years of one budget".into(),
        date: "Monday, 23 November 2026".into(),
        count: "3 posts".into(),
        length: "3 posts, 12 minutes".into(),
        contents: vec![contents_title()],
        lead: vec![entry()],
        more_title: "Also this week".into(),
        sample: true,
        missed: missed(),
        corrections: vec![correction(true), correction(false)],
        note: NoteView::new("Dear readers, *thank you* for [your answers](https://example.org/survey)."),
        sections: vec![section()],
        more: vec![entry()],
        listed: vec![entry()],
        left_out: "388 more".into(),
        topic: "public service reform".into(),
        quality: Some(crate::domain::selection::sample::ShownQuality { kept: 94, sampled: 60, missed: 1 }),
        why: "You get this because you asked for posts about public service reform.".into(),
        since: "3 March 2026".into(),
        sender: sender(),
        links: links(),
    }
}

/// A digest with one story that has only a title.
fn bare_digest() -> DigestView {
    let entry = EntryView { title: entry().title, ..EntryView::default() };
    let section = SectionView { title: section().title, stories: vec![entry], ..SectionView::default() };
    DigestView { sections: vec![section], ..DigestView::default() }
}

fn correction(is_withdrawn: bool) -> CorrectionView {
    CorrectionView {
        title: "Two councils, one purse".into(),
        link: if is_withdrawn { String::new() } else { "https://example.org/one-purse".into() },
        is_withdrawn,
        words: "It was three councils.".into(),
    }
}

fn missed() -> String {
    "No digest came out on Monday, 16 November 2026: this one has its posts too.".into()
}

fn quiet() -> QuietView {
    QuietView {
        name: "Public Service Reform Digest".into(),
        topic: "public service reform".into(),
        date: "Monday, 23 November 2026".into(),
        read: "58 of 60 sources".into(),
        feeds_read: 58,
        feeds: 60,
        missed: missed(),
        next: "Monday, 30 November 2026".into(),
        why: "You get this because you asked for posts about public service reform.".into(),
        since: "3 March 2026".into(),
        links: links(),
        sender: sender(),
    }
}

fn section() -> SectionView {
    SectionView {
        title: "Integration · Leadership".into(),
        titles: vec![titled("Integration", "en"), titled("Leadership", "")],
        description: "Services made one.".into(),
        stories: vec![entry(), EntryView { title: "Weeknotes".into(), ..EntryView::default() }],
    }
}

fn entry() -> EntryView {
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
        facts: vec!["Reform Blog".into(), "12 March".into()],
        picked: "Picked for joined-up working · also Leadership".into(),
        picked_parts: vec![part("Picked for ", ""), part("joined-up working", "en"), part(" · also Leadership", "")],
        vote: "https://digest.example.org/off-topic/token?story=1".into(),
        comment: "Read this one first.".into(),
    }
}

fn titled(title: &str, lang: &str) -> TitleView {
    TitleView { title: title.into(), lang: lang.into() }
}

fn part(text: &str, lang: &str) -> PartView {
    PartView { text: text.into(), lang: lang.into() }
}

fn vote() -> VoteView {
    let choice = |value: &str, title: &str, is_chosen| ChoiceView {
        value: value.into(),
        title: title.into(),
        description: "Reform Blog".into(),
        is_chosen,
        ..ChoiceView::default()
    };
    let stories = vec![choice("1", "Joined-up care in Fife", true), choice("2", "Weeknotes", false)];
    VoteView { topic: "public service reform".into(), stories }
}

fn sender() -> SenderView {
    SenderView {
        organisation: "Example Institute".into(),
        postal_address: "1 High Street, Anytown".into(),
        contact: "hello@example.org".into(),
        privacy_url: "https://example.org/privacy".into(),
    }
}

fn links() -> LinksView {
    LinksView {
        preferences: "https://digest.example.org/p/token".into(),
        unsubscribe: "https://digest.example.org/unsubscribe/token".into(),
        vote: "https://digest.example.org/off-topic/token".into(),
        archive: "https://digest.example.org/archive/1".into(),
        reply_to: "editor@example.org".into(),
    }
}

fn confirm() -> ConfirmView {
    ConfirmView {
        name: "Public Service Reform Digest".into(),
        what: "the weekly digest".into(),
        confirm_url: "https://digest.example.org/confirm/token".into(),
        valid_for: "7 days".into(),
        sender: sender(),
    }
}

fn link() -> LinkView {
    LinkView {
        name: "Public Service Reform Digest".into(),
        url: "https://digest.example.org/p/token".into(),
        valid_for: "7 days".into(),
        sender: sender(),
        purpose: LinkPurpose::OwnPage,
    }
}

fn welcome() -> WelcomeView {
    WelcomeView {
        name: "Public Service Reform Digest".into(),
        what: "the weekly digest".into(),
        next: "Monday, 30 November 2026".into(),
        latest: "https://digest.example.org/archive/2026-11-23".into(),
        links: links(),
        sender: sender(),
    }
}

fn known() -> KnownView {
    KnownView { name: "Public Service Reform Digest".into(), links: links(), sender: sender() }
}

fn alarms() -> AlarmsView {
    AlarmsView {
        name: "Public Service Reform Digest".into(),
        subject: "feed `reform-blog` cannot be read, and 1 more".into(),
        raised: vec![notice()],
        over: vec![NoticeView { until: "Fri 27 Nov 2026 11:00 GMT".into(), ..notice() }],
        standing: "2 alarms".into(),
        open: 2,
        sender: sender(),
    }
}

fn notice() -> NoticeView {
    NoticeView {
        title: "feed `reform-blog` cannot be read".into(),
        what: "\u{201c}Reform Blog\u{201d} has failed 26 times in a row, last with: HTTP status 503.".into(),
        since: "Mon 23 Nov 2026 09:00 GMT".into(),
        until: String::new(),
        does: "It is asked again, at least once a day; the others are read as usual.".into(),
        next: "`policy-digest feeds check reform-blog` says what its address answers now.".into(),
    }
}

fn sign_up() -> SignUpView {
    SignUpView {
        title: "Public Service Reform Digest".into(),
        canonical: "https://digest.example.org/".into(),
        topic: "public-service reform".into(),
        sources: "83 sources".into(),
        domains: "gov.scot or any domain that ends in .gov.uk".into(),
        source_count: 83,
        latest: "archive/2026-11-23".into(),
        address: "ada@example".into(),
        cadences: vec![choice()],
        themes: vec![choice()],
        languages: vec![language()],
        consent: "By signing up you agree to get this digest by email.".into(),
        stamp: "token".into(),
        errors: errors(),
        sender: sender(),
    }
}

fn preferences() -> PreferencesView {
    PreferencesView {
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
        domains: "gov.scot or any domain that ends in .gov.uk".into(),
        is_outside: true,
        cadences: vec![choice()],
        themes: vec![choice()],
        languages: vec![language()],
        pauses: vec![ChoiceView { value: "2026-12-07".into(), title: "2 weeks".into(), ..ChoiceView::default() }],
        first_day: "2026-11-24".into(),
        last_day: "2027-11-24".into(),
        pause_days: "from 24 November 2026 to 24 November 2027".into(),
        first_day_long: "24 November 2026".into(),
        last_day_long: "24 November 2027".into(),
        unsubscribe: "../unsubscribe/token".into(),
    }
}

fn choice() -> ChoiceView {
    ChoiceView {
        value: "integration".into(),
        title: "Integration".into(),
        description: "Services made one.".into(),
        lang: "en".into(),
        is_chosen: true,
    }
}

fn language() -> ChoiceView {
    ChoiceView { value: "cy".into(), title: "Cymraeg".into(), ..ChoiceView::default() }
}

fn errors() -> ErrorsView {
    ErrorsView {
        any: true,
        address: "Enter your email address".into(),
        cadence: "Choose how often".into(),
        themes: "Choose at least one theme".into(),
        trap: "Leave this field empty".into(),
        other: "This page was open for too long: please send it again".into(),
    }
}

fn ask_link() -> AskLinkView {
    AskLinkView { is_wrong: true, typed: "ada".into() }
}

fn message() -> MessageView {
    MessageView::new("Confirm your subscription", &["One click, and it is yours.".to_owned()])
}

fn new_link() -> PageLink {
    PageLink { href: "https://digest.example.org/p".into(), text: "Get a new link".into() }
}

fn form() -> PageForm {
    PageForm { action: "token".into(), button: "Yes, send me the digest".into() }
}

#[cfg(test)]
mod tests;
