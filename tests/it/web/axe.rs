//! axe-core finds no accessibility problems, in a real browser, in digests, the public pages and those of editors and operators. `life` and `side_paths`
//! check the other emails and pages in their context.

use std::path::Path;

use policy_digest::config::built_in_languages;
use policy_digest::domain::subscribers::token::{Purpose, sign};
use policy_digest::render::Renderer;
use policy_digest::render::view::{AlarmsView, NoticeView, SenderView};

use crate::digests::editing::{EDITORS, LEAD, Scene};
use crate::digests::emails::{in_arabic, with_many_themes};
use crate::support::axe::Axe;
use crate::support::browser::{Browser, Hand};
use crate::support::pages::serve;
use crate::support::program::{policy_digest, text};
use crate::support::{Entry, Reply, World, rss};

#[tokio::test]
async fn axe_finds_nothing_on_the_operators_page() {
    let Some(browser) = Browser::start(Hand::Mouse).await else { return };
    let mut axe = Axe::new();
    let (address, _folder) = super::operator_page::busy_and_served().await;
    browser.open(&format!("http://{address}/status")).await;
    axe.look(&browser, "status").await;
    for (name, path) in [("status-run", "runs/2"), ("status-messages", "messages/sent")] {
        browser.open(&format!("http://{address}/status/{path}")).await;
        axe.look(&browser, name).await;
    }
    axe.verdict();
}

#[tokio::test]
async fn axe_finds_nothing_in_a_digest_or_list_of_any_kind() {
    let Some(browser) = Browser::start(Hand::Mouse).await else { return };
    let (mut axe, folder) = (Axe::new(), tempfile::tempdir().unwrap());
    let digests = ["en", "cy"].map(|language| (format!("mail-quickstart-{language}"), quickstart(language)));
    let mails =
        [("mail-many-themes", with_many_themes().html), ("mail-arabic", in_arabic().html), ("mail-alarms", alarms())];
    let pages = super::public_pages::pages().into_iter().chain(mails).map(|(name, html)| (name.to_owned(), html));
    for (name, html) in pages.chain(digests) {
        let file = folder.path().join("page.html");
        std::fs::write(&file, html).unwrap();
        browser.open(&format!("file://{}", file.display())).await;
        axe.look(&browser, name.trim_end_matches(".html")).await;
    }
    axe.verdict();
}

#[tokio::test]
async fn axe_finds_nothing_on_the_public_pages_in_either_language() {
    let Some(browser) = Browser::start(Hand::Mouse).await else { return };
    let mut axe = Axe::new();
    let world = World::topped(SITE).await;
    world.subscribe("ada@gov.scot").await;
    for id in ["1", "2", "3"] {
        let entry = Entry { published: Some(world.clock.now()), ..Entry::on_topic(id) };
        world.server.serve("/blog.xml", Reply::feed(rss(&[entry])));
        world.once().await;
        world.days(7);
    }
    let own = world.app.store.subscribers().list().await.unwrap().remove(0).id;
    let own = sign(&world.app.keys.token, Purpose::Preferences, &own, None);
    let (_app, at) = serve(world.app).await;
    for (language, base) in [("en", ""), ("cy", "/cy")] {
        for (name, path) in [
            ("sign-up", "/".to_owned()),
            ("privacy", "/privacy".to_owned()),
            ("accessibility", "/accessibility".to_owned()),
            ("archive", "/archive".to_owned()),
            ("archive-page", "/archive/2026-11-30".to_owned()),
            ("own", format!("/p/{own}")),
        ] {
            browser.open(&format!("http://{at}{base}{path}")).await;
            axe.look(&browser, &format!("public-{name}-{language}")).await;
        }
    }
    axe.verdict();
}

#[tokio::test]
async fn axe_finds_nothing_on_an_editors_page_in_either_language() {
    let Some(browser) = Browser::start(Hand::Mouse).await else { return };
    let mut axe = Axe::new();
    let scene = Scene::configured(&format!("languages = [\"en\", \"cy\"]\n{EDITORS}")).await;
    scene.wake(LEAD).await;
    let page = scene.path("ada@example.org").await;
    for (language, base) in [("en", ""), ("cy", "/cy")] {
        browser.open(&format!("http://{}{base}{page}", scene.at)).await;
        axe.look(&browser, &format!("draft-{language}")).await;
        browser.unfold().await;
        axe.look(&browser, &format!("draft-unfolded-{language}")).await;
    }
    scene.does("act=approve").await;
    for (language, base) in [("en", ""), ("cy", "/cy")] {
        browser.open(&format!("http://{}{base}{page}", scene.at)).await;
        axe.look(&browser, &format!("draft-approved-{language}")).await;
    }
    axe.verdict();
}

/// Whatever a page may say, it says.
const SITE: &str = "languages = [\"en\", \"cy\"]\nsign_up_domains = [\"gov.scot\", \"*.gov.uk\"]\n\
    [in.cy]\nname = \"Crynhoad Diwygio Gwasanaethau Cyhoeddus\"\ntopic = \"ddiwygio gwasanaethau cyhoeddus\"\n\
    [sender]\norganisation = \"Example Institute\"\npostal_address = \"1 High Street, Anytown\"\n\
    contact = \"hello@example.org\"\nprivacy_url = \"https://example.org/privacy\"\n\
    [accessibility]\ncontact = \"help@example.org\"\nproblems = [\"Some pictures have no description.\"]\n\
    prepared = \"2026-11-30\"\ntested = \"2026-11-20\"\nenforcement = \"Equality Advisory and Support Service (EASS)\"\n\
    enforcement_url = \"https://equality.example.org/\"\n[digest]\nreader_votes = true\n";

/// The digest of the quickstart in a language, as the program writes it.
fn quickstart(language: &str) -> String {
    let (config, folder) =
        (Path::new(env!("CARGO_MANIFEST_DIR")).join("config/quickstart"), tempfile::tempdir().unwrap());
    for command in [&["poll"][..], &["preview", "--out", "."]] {
        let mut program = policy_digest(folder.path());
        program.args(command).arg("--config").arg(&config).args(["--data", "data"]);
        program.env("POLICY_DIGEST__LANGUAGES", format!("[\"{language}\"]"));
        let output = program.output().unwrap();
        assert!(folder.path().join("data").is_dir(), "{}", text(&output));
    }
    std::fs::read_to_string(folder.path().join("digest.html")).unwrap()
}

fn alarms() -> String {
    let notice = NoticeView {
        title: "feed `reform-blog` cannot be read".into(),
        what: "\u{201c}Reform Blog\u{201d} has failed 26 times in a row, last with: HTTP status 503.".into(),
        since: "Mon 23 Nov 2026 09:00 GMT".into(),
        until: String::new(),
        does: "It is still polled at least once a day; the others are read as usual.".into(),
        next: "`policy-digest feeds check reform-blog` shows what its address answers now.".into(),
    };
    let view = AlarmsView {
        name: "Reform Digest".into(),
        subject: "feed `reform-blog` cannot be read, and 1 more".into(),
        raised: vec![notice.clone()],
        over: vec![NoticeView { until: "Fri 27 Nov 2026 11:00 GMT".into(), ..notice }],
        standing: "2 alarms".into(),
        open: 2,
        sender: sender(),
    };
    let languages = built_in_languages();
    Renderer::new(None, &languages).unwrap().email(languages.first(), &view).unwrap().html
}

fn sender() -> SenderView {
    SenderView {
        organisation: "Example Institute".into(),
        postal_address: "1 High Street, Anytown".into(),
        contact: "hello@example.org".into(),
        privacy_url: "https://digest.example.org/privacy".into(),
    }
}
