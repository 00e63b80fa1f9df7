//! axe-core finds no accessibility problems, in a real browser, in digests and in the public pages. `life` and `side_paths`
//! check the other emails and pages in their context.

use std::path::Path;

use policy_digest::config::built_in_languages;
use policy_digest::render::Renderer;
use policy_digest::render::view::{AlarmsView, NoticeView, SenderView};

use crate::digests::emails::{in_arabic, with_many_themes};
use crate::support::axe::Axe;
use crate::support::browser::{Browser, Hand};
use crate::support::program::{policy_digest, text};

#[tokio::test]
async fn axe_finds_nothing_on_the_operators_page() {
    let Some(browser) = Browser::start(Hand::Mouse).await else { return };
    let mut axe = Axe::new();
    let (address, _folder) = super::operator_page::busy_and_served().await;
    browser.open(&format!("http://{address}/status")).await;
    axe.look(&browser, "status").await;
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
