//! What axe-core, in headless Chromium, has to say about the mails and pages: nothing. It needs chromium, node and
//! axe-core in `target/axe` (README says how); without one of them the test is skipped, unless `AXE_REQUIRED` is set.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use policy_digest::render::view::SenderView;
use policy_digest::render::{ConfirmView, PageForm, Renderer};

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
    for (name, html) in
        [("many.html", many), ("arabic.html", arabic), ("confirm.html", confirm()), ("page.html", page())]
    {
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
    assert_eq!(shown.matches(", 0 findings").count(), 20, "five pages, two schemes, two widths:\n{shown}");
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

fn page() -> String {
    let form = PageForm { action: "/confirm/t1".into(), button: "Yes, send me the digest".into() };
    Renderer::new(None).unwrap().render_page("One more click", &["You get it each week.".into()], Some(&form)).unwrap()
}
