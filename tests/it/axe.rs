//! What axe-core, in headless Chromium, has to say about the mails and pages: nothing. It needs chromium, node and
//! axe-core in `target/axe` (README says how); without one of them the test is skipped, unless `AXE_REQUIRED` is set.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use policy_digest::render::view::{ErrorsView, LinksView, SenderView};
use policy_digest::render::{
    AskLinkView, ChoiceView, ConfirmView, KnownView, LinkView, PageForm, PreferencesView, Renderer, SignUpView,
    WelcomeView,
};

use crate::command::{policy_digest, text};
use crate::mails::{in_arabic, with_many_themes};

#[tokio::test]
async fn axe_finds_nothing_on_the_operators_page() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let Some((chromium, axe)) = browser(root) else { return };
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("status.html");
    std::fs::write(&page, crate::operator_page::shown().await).unwrap();
    let mut command = Command::new("node");
    command.arg(root.join("tests/browser/axe.mjs")).args([axe, chromium]);
    if let Some(shots) = std::env::var_os("AXE_SHOTS") {
        command.arg("--shots").arg(shots);
    }
    let output = command.arg(page).output().unwrap();
    let shown = text(&output);
    assert!(output.status.success() && shown.matches(", 0 findings").count() == 4, "{shown}");
}

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
    let [empty, wrong] = sign_up();
    let [welcome, known] = answers();
    let [address, link] = mails_with_a_link();
    for (name, html) in crate::public_pages::pages().into_iter().chain([
        ("many.html", many),
        ("arabic.html", arabic),
        ("confirm.html", confirm()),
        ("welcome.html", welcome),
        ("known.html", known),
        ("page.html", page()),
        ("sign-up.html", empty),
        ("sign-up-wrong.html", wrong),
        ("address.html", address),
        ("link.html", link),
        ("own.html", own_page("choices", "")),
        ("own_themes.html", own_page("", "themes")),
        ("own_pause.html", own_page("", "pause")),
        ("own_address.html", own_page("", "address")),
        ("ask_link.html", ask_link(false)),
        ("ask_link_again.html", ask_link(true)),
    ]) {
        pages.push(folder.path().join(name));
        std::fs::write(folder.path().join(name), html).unwrap();
    }
    let mut command = Command::new("node");
    command.arg(root.join("tests/browser/axe.mjs")).args([axe, chromium]);
    if let Some(shots) = std::env::var_os("AXE_SHOTS") {
        command.arg("--shots").arg(shots);
    }
    let output = command.args(&pages).output().unwrap();
    let shown = text(&output);
    assert!(output.status.success(), "{shown}");
    let views = pages.len() * 4;
    assert_eq!(shown.matches(", 0 findings").count(), views, "each page in two schemes and two widths:\n{shown}");
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

/// The page to sign up on, as it comes first and with a mistake in every field.
fn sign_up() -> [String; 2] {
    let choice = |value: &str, description: &str, is_chosen| ChoiceView {
        value: value.to_lowercase().replace(' ', "-"),
        title: value.to_owned(),
        description: description.to_owned(),
        is_chosen,
    };
    let empty = SignUpView {
        lang: "en".into(),
        dir: "ltr".into(),
        title: "Reform Digest".into(),
        topic: "public service reform".into(),
        sources: "83 sources".into(),
        latest: "archive/2026-11-23".into(),
        cadences: vec![
            choice("Every day", "", false),
            choice("Every week", "", true),
            choice("Every month", "", false),
        ],
        themes: vec![
            choice("Joined-up working", "Services made one, budgets pooled, and teams that stay the same.", true),
            choice("Leadership", "", true),
        ],
        consent: "By signing up you agree that we keep your email address.".into(),
        stamp: "t1".into(),
        sender: sender(),
        ..SignUpView::default()
    };
    let wrong = SignUpView {
        address: "ada@example".into(),
        errors: ErrorsView {
            any: true,
            address: "Enter an email address like name@example.org".into(),
            cadence: "Choose how often".into(),
            themes: "Choose at least one theme".into(),
            trap: "Leave this field empty".into(),
            other: "This page was open for too long: please press the button once more".into(),
        },
        ..empty.clone()
    };
    let renderer = Renderer::new(None).unwrap();
    [empty, wrong].map(|view| renderer.render_sign_up(&view).unwrap())
}

/// The welcome, and the word to a subscriber who signs up once more.
fn answers() -> [String; 2] {
    let links = LinksView {
        preferences: "https://digest.example.org/p/t1".into(),
        unsubscribe: "https://digest.example.org/unsubscribe/t1".into(),
        ..LinksView::default()
    };
    let known = KnownView {
        lang: "en-GB".into(),
        dir: "ltr".into(),
        name: "Reform Digest".into(),
        links: links.clone(),
        sender: sender(),
    };
    let welcome = WelcomeView {
        lang: "en-GB".into(),
        dir: "ltr".into(),
        name: "Reform Digest".into(),
        what: "the weekly digest of posts about public service reform".into(),
        next: "Monday, 30 November 2026".into(),
        latest: "https://digest.example.org/archive/2026-11-23".into(),
        links,
        sender: sender(),
    };
    let renderer = Renderer::new(None).unwrap();
    [renderer.render_welcome(&welcome).unwrap().html, renderer.render_known(&known).unwrap().html]
}

fn sender() -> SenderView {
    SenderView {
        organisation: "Example Institute".into(),
        postal_address: "1 High Street, Anytown".into(),
        contact: "hello@example.org".into(),
        privacy_url: "https://digest.example.org/privacy".into(),
    }
}

fn confirm() -> String {
    let view = ConfirmView {
        lang: "en-GB".into(),
        dir: "ltr".into(),
        name: "Reform Digest".into(),
        what: "the weekly digest of posts about public service reform".into(),
        confirm_url: "https://digest.example.org/confirm/t1".into(),
        valid_for: "7 days".into(),
        sender: sender(),
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
    let choice = |value: &str, title: &str, description: &str, is_chosen| ChoiceView {
        value: value.into(),
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
        cadences: [("daily", "Every day", false), ("weekly", "Every week", true), ("monthly", "Every month", false)]
            .map(|(value, title, is)| choice(value, title, "", is))
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
