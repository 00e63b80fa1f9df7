//! What axe-core, in headless Chromium, has to say about the mails and pages: nothing. It needs chromium, node and
//! axe-core in `target/axe` (README says how); without one of them the test is skipped, unless `AXE_REQUIRED` is set.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use policy_digest::render::view::SenderView;
use policy_digest::render::{AskLinkView, ChoiceView, ConfirmView, LinkView, PageForm, PreferencesView, Renderer};

use crate::command::{policy_digest, text};
use crate::mails::{in_arabic, with_many_themes};

#[test]
fn axe_finds_nothing_in_any_mail_or_page() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let Some((chromium, axe)) = browser(root) else {
        assert!(std::env::var_os("AXE_REQUIRED").is_none(), "chromium, node and target/axe must be there");
        let _ = writeln!(std::io::stderr(), "skipped: chromium, node or target/axe is not here");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let mut pages = vec![digest(root, folder.path())];
    let (many, arabic) = (with_many_themes().html, in_arabic().html);
    let [address, link] = mails_with_a_link();
    for (name, html) in [
        ("many.html", many),
        ("arabic.html", arabic),
        ("confirm.html", confirm()),
        ("page.html", page()),
        ("address.html", address),
        ("link.html", link),
        ("own.html", own_page("choices", "")),
        ("own_themes.html", own_page("", "themes")),
        ("own_pause.html", own_page("", "pause")),
        ("own_address.html", own_page("", "address")),
        ("ask_link.html", ask_link(false)),
        ("ask_link_again.html", ask_link(true)),
    ] {
        pages.push(folder.path().join(name));
        std::fs::write(folder.path().join(name), html).unwrap();
    }
    let mut command = Command::new("node");
    command.arg(root.join("tests/browser/axe.mjs")).args([axe, chromium]);
    if let Some(shots) = std::env::var_os("AXE_SHOTS") {
        command.arg("--shots").arg(shots);
    }
    let output = command.args(pages).output().unwrap();
    let shown = text(&output);
    assert!(output.status.success(), "{shown}");
    assert_eq!(shown.matches(", 0 findings").count(), 52, "thirteen pages, two schemes, two widths:\n{shown}");
}

/// The programs, if all are here.
fn browser(root: &Path) -> Option<(PathBuf, PathBuf)> {
    let answers = |program: &str| {
        let quiet = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        quiet.is_ok_and(|status| status.success())
    };
    let chromium = ["chromium", "chromium-browser", "google-chrome"].into_iter().find(|name| answers(name))?;
    let axe = root.join("target/axe/node_modules/axe-core/axe.min.js");
    (answers("node") && axe.is_file()).then(|| (chromium.into(), axe))
}

/// The quickstart's digest, as the program writes it.
fn digest(root: &Path, folder: &Path) -> PathBuf {
    let quickstart = root.join("config/quickstart");
    for command in [&["poll"][..], &["preview", "--out", "."]] {
        let output = policy_digest(folder).args(command).arg("--config").arg(&quickstart).output().unwrap();
        assert!(folder.join("data").is_dir(), "{}", text(&output));
    }
    folder.join("digest.html")
}

fn confirm() -> String {
    let view = ConfirmView {
        lang: "en-GB".into(),
        dir: "ltr".into(),
        name: "Reform Digest".into(),
        what: "the weekly digest of posts about public service reform".into(),
        confirm_url: "https://digest.example.org/confirm/t1".into(),
        valid_for: "7 days".into(),
        sender: SenderView {
            organisation: "Example Institute".into(),
            postal_address: "1 High Street, Anytown".into(),
            contact: "hello@example.org".into(),
            privacy_url: "https://digest.example.org/privacy".into(),
        },
    };
    Renderer::new(None).unwrap().render_confirm(&view).unwrap().html
}

fn mails_with_a_link() -> [String; 2] {
    let view = LinkView {
        lang: "en-GB".into(),
        dir: "ltr".into(),
        name: "Reform Digest".into(),
        url: "https://digest.example.org/p/t1".into(),
        valid_for: "7 days".into(),
        sender: SenderView::default(),
    };
    let renderer = Renderer::new(None).unwrap();
    [renderer.render_address(&view).unwrap().html, renderer.render_link(&view).unwrap().html]
}

fn own_page(done: &str, problem: &str) -> String {
    let choice = |name: &str, title: &str, description: &str, is_chosen| ChoiceView {
        name: name.into(),
        title: title.into(),
        description: description.into(),
        is_chosen,
    };
    let view = PreferencesView {
        lang: "en".into(),
        dir: "ltr".into(),
        name: "Reform Digest".into(),
        base: "t1/".into(),
        address: "a.very.long.name.of.somebody@department.of.public.services.example.org".into(),
        new_address: "ada@new.example.org".into(),
        status: "active".into(),
        cadence: "weekly".into(),
        paused_until: "3 March 2026".into(),
        done: done.into(),
        problem: problem.into(),
        typed: if problem == "address" { "ada".into() } else { String::new() },
        cadences: [("daily", false), ("weekly", true), ("monthly", false)]
            .map(|(name, is)| choice(name, "", "", is))
            .into(),
        themes: vec![
            choice("integration", "Integration", "Services made one across councils, health boards and others.", true),
            choice("place", "Place", "", false),
        ],
        first_day: "2026-11-24".into(),
        last_day: "2027-11-24".into(),
        unsubscribe: "../unsubscribe/t2".into(),
    };
    Renderer::new(None).unwrap().render_preferences(&view).unwrap()
}

fn ask_link(is_wrong: bool) -> String {
    let typed = if is_wrong { "ada".into() } else { String::new() };
    let view = AskLinkView { lang: "en".into(), dir: "ltr".into(), is_wrong, typed };
    Renderer::new(None).unwrap().render_ask_link(&view).unwrap()
}

fn page() -> String {
    let form = PageForm { action: "/confirm/t1".into(), button: "Yes, send me the digest".into() };
    Renderer::new(None).unwrap().render_page("One more click", &["You get it each week.".into()], Some(&form)).unwrap()
}
