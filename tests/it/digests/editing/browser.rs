//! An editor's whole life with a draft in a real browser, without a script: with the mouse, and with the keyboard alone.

use policy_digest::domain::digests::draft::{Kind, Status};

use super::{LEAD, SLOT, Scene, posts, to_subscribers};
use crate::support::browser::{Browser, Hand};
use crate::support::pages::get;
use crate::support::site::link;
use crate::support::{Reply, aloud};

const POST: &str = "<html><head><title>One purse | A blog</title></head><body><article><h1>One purse for two towns</h1>\
    <p>Two towns put their budgets together and wrote down how that worked for them.</p></article></body></html>";

fn part(id: u8) -> String {
    format!("\u{201c}Collaborative governance, part {id}\u{201d}")
}

/// What the editor does between the email and the slot. How many presses and texts it took.
async fn edit(browser: &Browser, page: &str, address: &str) -> usize {
    browser.open(page).await;
    browser.says("If you do nothing, this goes out at 8:00 on 30 November 2026.").await;
    browser.press(&format!("Leave out {}", part(1))).await;
    browser.says("Left out.").await;
    browser.press(&format!("Not on topic {}", part(2))).await;
    browser.says("Left out as not on topic.").await;
    // It is drawn for the blind sample as well, and shown once.
    browser.press("Include \u{201c}Notes on budgets, part 6\u{201d}").await;
    browser.says("Included.").await;
    browser.toggle(&format!("Edit, comment or move {}", part(3))).await;
    browser.write(&format!("Title {}", part(3)), "A better title").await;
    browser.press(&format!("Save title and excerpt {}", part(3))).await;
    browser.says("Your text is saved.").await;
    browser.toggle("Edit, comment or move \u{201c}A better title\u{201d}").await;
    browser.write("Comment \u{201c}A better title\u{201d}", "Read this first.").await;
    browser.press("Save comment \u{201c}A better title\u{201d}").await;
    browser.says("Editor's words: Read this first.").await;
    browser.press(&format!("Lead {}", part(5))).await;
    browser.says("Leads the digest").await;
    browser.write("Your words to the readers", "Dear *readers*.").await;
    browser.press("Save note").await;
    browser.says("Dear readers.").await;
    browser.write("Address of the post", address).await;
    browser.press("Read the post").await;
    browser.says("One purse for two towns").await;
    browser.press("Add this post").await;
    browser.says("Added.").await;
    browser.press("Preview").await;
    browser.says("A better title").await;
    browser.open(page).await;
    browser.press("Approve and send at 8:00").await;
    browser.says("Approved. It goes out at 8:00 on 30 November 2026.").await;
    18
}

async fn whole_life(hand: Hand) {
    let Some(browser) = Browser::start(hand).await else { return };
    let scene = Scene::new().await;
    let html = Reply { status: 200, headers: vec![("content-type".into(), "text/html".into())], body: POST.into() };
    scene.world.server.serve("/purse", html);
    scene.wake(LEAD).await;
    let path = link(&scene.world.mails()[0], "/edit/");
    let address = scene.world.server.url("/purse");
    let began = std::time::Instant::now();
    let presses = edit(&browser, &format!("http://{}{path}", scene.at), &address).await;
    aloud(&format!("{hand:?}: {presses} presses and texts, {:?}", began.elapsed()));
    let draft = scene.draft().await;
    assert_eq!(draft.status(), Status::Approved);
    let done: Vec<_> = draft.ledger().iter().map(|entry| (entry.by.as_str(), entry.act.kind())).collect();
    let kinds = [
        Kind::LeaveOut,
        Kind::OffTopic,
        Kind::Include,
        Kind::Edit,
        Kind::Comment,
        Kind::Lead,
        Kind::Note,
        Kind::Add,
        Kind::Approve,
    ];
    assert_eq!(done, kinds.map(|kind| ("ada@example.org", kind)));
    scene.wake(SLOT).await;
    let mails = to_subscribers(scene.world.mails());
    assert_eq!(mails.len(), 2);
    for mail in &mails {
        let mut sent = posts(mail);
        sent.sort();
        assert_eq!(sent, ["3", "4", "5", "6"]);
        let words = ["A better title", "Read this first.", "Dear readers.", &address];
        assert!(words.iter().all(|words| mail.text.contains(words)), "{}", mail.text);
    }
    browser.open(&format!("http://{}/archive/2026-11-30", scene.at)).await;
    for words in
        ["A better title", "Read this first.", "Dear readers.", "One purse for two towns", "Notes on budgets, part 6"]
    {
        browser.says(words).await;
    }
    assert!(!browser.text().await.contains("part 1") && !browser.text().await.contains("part 2"));
    let feed = get(scene.at, "/feed.xml").await;
    assert_eq!(feed.matches("<entry>").count(), 5, "{feed}");
    browser.open(&format!("http://{}{path}", scene.at)).await;
    browser.says("This digest has been sent.").await;
    browser.says("ada@example.org approved it").await;
}

#[tokio::test]
async fn an_editors_whole_life_with_the_mouse() {
    whole_life(Hand::Mouse).await;
}

#[tokio::test]
async fn an_editors_whole_life_with_the_keyboard_alone() {
    whole_life(Hand::Keys).await;
}

/// What is wider than the window, and what is too small for a finger (44 px, WCAG 2.5.5).
const MEASURE: &str = r#"
    const found = [];
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) found.push(`width: ${scrollWidth} px in a window of ${clientWidth}`);
    for (const target of document.querySelectorAll("a, button, summary, select, input:not([type=hidden])")) {
      const { height } = target.getBoundingClientRect();
      if (height > 0 && height < 44) found.push(`target: ${height} px high: ${target.textContent.trim()}`);
    }
    return found;
"#;

#[tokio::test]
async fn the_page_fits_a_phone_and_its_buttons_a_finger() {
    let Some(browser) = Browser::start(Hand::Mouse).await else { return };
    let scene = Scene::with_a_draft().await;
    let first = scene.seq("Collaborative governance, part 1").await;
    let long = "a-very-long-word-that-nobody-breaks-".repeat(5);
    scene.does(&format!("act=edit&seq={first}&title={long}&excerpt={long}")).await;
    scene.does(&format!("act=comment&seq={first}&comment={long}")).await;
    browser.open(&format!("http://{}{}", scene.at, scene.path("ada@example.org").await)).await;
    for (width, height) in [(390, 844), (1200, 900)] {
        let size =
            serde_json::json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        browser.devtools("Emulation.setDeviceMetricsOverride", size).await;
        browser.scripts(true).await;
        let found: Vec<String> =
            serde_json::from_value(browser.client.execute(MEASURE, Vec::new()).await.unwrap()).unwrap();
        browser.scripts(false).await;
        assert!(found.is_empty(), "at {width} px:\n{}", found.join("\n"));
    }
}
