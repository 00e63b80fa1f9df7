//! Stories, and the mail that is made of them by the real path: composed, seen through the view, rendered.

use policy_digest::config::built_in_languages;
use policy_digest::domain::catalogue::{Catalogue, Languages};
use policy_digest::domain::digests::digest;
use policy_digest::domain::digests::digest::{Context, Limits, SectionOutline, Story};
use policy_digest::domain::subscribers::subscriber::Cadence;
use policy_digest::render::view::{DigestView, Frame, LinksView, NoteView, SenderView};
use policy_digest::render::{Rendered, Renderer, UNSUBSCRIBE_PLACEHOLDER};
use url::Url;

use super::start;

/// A story that lacks nothing.
pub fn story(seq: i64, title: &str, themes: &[&str]) -> Story {
    Story {
        seq,
        title: title.to_owned(),
        link: Url::parse(&format!("https://blog.example.org/{seq}")).unwrap(),
        source: "Reform Blog".to_owned(),
        also_on: Vec::new(),
        author: Some("Jane Smith".to_owned()),
        published: Some(start()),
        excerpt:
            "Health and care partners in the valley have shared one plan, one budget and one front door since April. \
            People tell their story once, and the team around them stays the same."
                .to_owned(),
        reading_minutes: 1,
        score: 100.0 - seq as f32,
        themes: themes.iter().map(|&theme| theme.to_owned()).collect(),
        phrases: vec!["joined-up working".to_owned(), "one budget".to_owned()],
        is_listed: false,
        comment: String::new(),
    }
}

/// English words with the dates and the direction of a locale.
pub fn english(locale: &str) -> Languages {
    let messages = built_in_languages().first().messages().clone();
    Languages::new(Catalogue::new("en", locale.parse().unwrap(), messages), [])
}

/// The mail with these stories, of which at most `max_stories` are shown in full.
pub fn mail(stories: Vec<Story>, max_stories: usize, locale: &str) -> Rendered {
    let outline = |name: &str, title: &str, description: &str| SectionOutline {
        name: name.to_owned(),
        title: title.to_owned(),
        description: description.to_owned(),
        lang: String::new(),
    };
    let outlines = [
        outline("collaboration", "Collaboration", "People and bodies working across boundaries."),
        outline("integration", "Integration", "Services made one."),
        outline("place", "Place", ""),
    ];
    let limits = Limits { max_stories, rows: usize::MAX - max_stories };
    let languages = english(locale);
    let words = languages.first();
    let context = Context { words, name: "public service reform", earlier: &[], date: "23 November 2026" };
    let digest =
        digest::compose(&stories, &outlines, &limits, None, &context, &digest::Arrangement::default()).unwrap();
    let frame = Frame {
        corrections: &[],
        name: "Reform Digest",
        words,
        cadence: Some(Cadence::Weekly),
        now: start(),
        zone: chrono_tz::Europe::London,
        note: NoteView::default(),
        missed: "",
        since: "3 March 2026",
        topic: "public service reform",
        quality: None,
        why: "You get this because you asked for posts about public service reform.",
        sample: false,
        sender: SenderView {
            organisation: "Example Institute".to_owned(),
            postal_address: "1 High Street, Anytown".to_owned(),
            contact: "hello@example.org".to_owned(),
            privacy_url: "https://digest.example.org/privacy".to_owned(),
        },
        links: LinksView {
            unsubscribe: UNSUBSCRIBE_PLACEHOLDER.to_owned(),
            reply_to: "editor@example.org".to_owned(),
            ..LinksView::default()
        },
    };
    Renderer::new(None, &languages).unwrap().email(words, &DigestView::new(&digest, &frame)).unwrap()
}
