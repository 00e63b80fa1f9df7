//! What people send from the pages' forms: one body is read as a sign-up, as each form of a subscriber's own page, and as
//! a link's token. The installation is a small one of its own, in a folder that goes once it is open.

use chrono::TimeDelta;
use policy_digest::app::App;
use policy_digest::app::clock::Clock;
use policy_digest::app::operations::keys::LinkError;
use policy_digest::app::subscribers::preferences::{self, PageState, Problem, Step};
use policy_digest::app::subscribers::sign_up::{self, Form};
use policy_digest::app::subscribers::subscribe::{Asker, Request, add};
use policy_digest::config;
use policy_digest::domain::subscribers::subscriber::{EmailAddress, Preferences};
use policy_digest::domain::subscribers::token::{FORM_FOR, Purpose, sign};

const TOPIC: &str = r#"
name = "test"
title = "public service reform"
description = "For tests."
languages = ["en"]
threshold = 3.0
weights = { strong = 4.0, plain = 2.0, weak = 1.0 }
general = { strong = [], plain = [], weak = [] }
theme = [
    { name = "one", title = "One", description = "First.", strong = ["first"], plain = [], weak = [] },
    { name = "two", title = "Two", description = "Second.", strong = ["second"], plain = [], weak = [] },
]
"#;

const THEMES: [&str; 2] = ["one", "two"];

/// The fields of a form, as browsers send them.
struct Fields(Vec<(String, String)>);

impl Fields {
    fn first(&self, name: &str) -> String {
        self.all(name).into_iter().next().unwrap_or_default()
    }

    fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect()
    }
}

/// The body of a form, sent from every page that has one.
///
/// # Panics
/// When a page has other markup for what was typed, or something is stored that nobody can choose.
pub fn forms(input: &[u8]) {
    let fields = Fields(url::form_urlencoded::parse(input).into_owned().collect());
    super::runtime().block_on(async {
        let (app, person) = installation().await;
        join(app, &fields).await;
        let own = sign(&app.keys.token, Purpose::Preferences, person, None);
        choose(app, &own, person, &fields).await;
        for token in [fields.first("token"), fields.first("stamp"), String::from_utf8_lossy(input).into_owned()] {
            let step = preferences::choose(app, &token, "daily", &[], "").await;
            assert!(
                matches!(step, Err(LinkError::Refused(_))),
                "{token:?} opens a page, or the database failed: {step:?}"
            );
        }
    });
}

/// A sign-up: stored, or shown again with what was typed.
async fn join(app: &App, fields: &Fields) {
    let made = app.clock.now() - TimeDelta::minutes(1);
    let stamp = sign(&app.keys.token, Purpose::Form, &format!("{:x}", made.timestamp()), Some(made + FORM_FOR));
    let form = |address: String| Form {
        address,
        cadence: fields.first("cadence"),
        themes: fields.all("theme"),
        language: fields.first("language"),
        trap: fields.first("company"),
        stamp: stamp.clone(),
    };
    let typed = fields.first("address");
    match sign_up::check(app, app.words(), &form(typed.clone())) {
        Ok(wanted) => {
            assert_can_be_chosen(&wanted.preferences);
            assert_eq!(EmailAddress::parse_new(wanted.address.reveal()).as_ref(), Ok(&wanted.address));
            sign_up::sign_up(app, wanted).await.expect("a form without a mistake is stored");
        }
        Err(mistakes) => {
            let page = sign_up::page_again(app, app.words(), form(typed), mistakes.clone())
                .await
                .expect("the page is rendered");
            let plain = sign_up::page_again(app, app.words(), form("x".to_owned()), mistakes)
                .await
                .expect("the page is rendered");
            assert_eq!(markup(&page), markup(&plain), "{page}");
        }
    }
}

/// The forms of a subscriber's own page, one after another.
async fn choose(app: &App, own: &str, person: &str, fields: &Fields) {
    let (cadence, themes) = (fields.first("cadence"), fields.all("theme"));
    let (until, address) = (fields.first("until"), fields.first("address"));
    let steps = [
        preferences::choose(app, own, &cadence, &themes, &fields.first("language")).await,
        preferences::pause(app, own, &until).await,
        preferences::ask_address(app, own, &address).await,
    ];
    let typed = ["", &until, &address];
    for (step, typed) in steps.into_iter().zip(typed) {
        let step = step.expect("the link is good, and the database answers");
        let page = async |typed: &str, problem: Option<Problem>| {
            let chosen = Some((cadence.clone(), themes.clone()));
            let state =
                PageState { problem, typed: typed.to_owned(), chosen, done: typed.to_owned(), base: "x/".to_owned() };
            preferences::show(app, app.words(), own, state).await.expect("the link is good, and the page is rendered")
        };
        match step {
            Step::Done => {}
            Step::NotActive => panic!("nobody has left"),
            Step::Problem(problem) => {
                let page_again = page(typed, Some(problem)).await.expect("somebody is there");
                let plain = page("x", Some(problem)).await.expect("somebody is there");
                assert_eq!(markup(&page_again), markup(&plain), "{page_again}");
            }
        }
    }
    let kept = app
        .store
        .subscribers()
        .subscriber(person.to_owned())
        .await
        .expect("the database answers")
        .expect("somebody is there");
    assert_can_be_chosen(&kept.preferences);
    let longest = app.clock.now() + TimeDelta::days(367);
    assert!(kept.paused_until.is_none_or(|until| until > app.clock.now() && until <= longest));
    assert_eq!(kept.address.reveal(), "ada@example.org", "it changes with the link that the new one gets, not before");
}

fn assert_can_be_chosen(preferences: &Preferences) {
    let themes = preferences.themes.as_deref();
    assert!(themes.is_none_or(|themes| themes.len() == 1 && THEMES.contains(&themes[0].as_str())), "{themes:?}");
}

/// What a browser takes for markup: the same, whatever was typed.
fn markup(page: &str) -> [usize; 4] {
    ['<', '>', '"', '\''].map(|sign| page.matches(sign).count())
}

/// An installation with one subscriber, whose id stands beside it.
async fn installation() -> &'static (App, String) {
    static INSTALLATION: tokio::sync::OnceCell<(App, String)> = tokio::sync::OnceCell::const_new();
    INSTALLATION.get_or_init(open).await
}

async fn open() -> (App, String) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in [("digest.toml", "data = \"data\"\n"), ("feeds.toml", ""), ("topic.toml", TOPIC)] {
        std::fs::write(folder.path().join(name), text).expect("a file can be written");
    }
    let config = config::load(folder.path(), None, &[]).unwrap_or_else(|findings| panic!("{findings}"));
    let app = App::work(config, Clock::set_to(super::now()), "fuzz").await.expect("a new installation");
    let request = Request {
        address: EmailAddress::parse("ada@example.org").expect("an address"),
        name: String::new(),
        preferences: Preferences::default(),
        consent: Some("for tests".to_owned()),
        asker: Asker::Administrator,
    };
    let person = add(&app, request).await.expect("somebody is added").id;
    (app, person)
}
