//! What axe-core, in a real browser, has to say about digests, and the pages for everybody, of every kind: nothing. The
//! other mails and pages are looked at where people meet them, in `life` and `side_paths`.

use std::path::{Path, PathBuf};

use crate::command::{policy_digest, text};
use crate::mails::{in_arabic, with_many_themes};
use crate::support::axe::Axe;
use crate::support::browser::{Browser, Hand};

#[tokio::test]
async fn axe_finds_nothing_in_a_digest_or_list_of_any_kind() {
    let Some(browser) = Browser::start(Hand::Mouse).await else { return };
    let (mut axe, folder) = (Axe::new(), tempfile::tempdir().unwrap());
    let quickstart = quickstart(folder.path());
    let mails = [("mail-many-themes", with_many_themes().html), ("mail-arabic", in_arabic().html)];
    for (name, html) in crate::public_pages::pages().into_iter().chain(mails) {
        let file = folder.path().join("page.html");
        std::fs::write(&file, html).unwrap();
        browser.open(&format!("file://{}", file.display())).await;
        axe.look(&browser, name.trim_end_matches(".html")).await;
    }
    browser.open(&format!("file://{}", quickstart.display())).await;
    axe.look(&browser, "mail-quickstart").await;
    axe.verdict();
}

/// The quickstart's digest, as the program writes it.
fn quickstart(folder: &Path) -> PathBuf {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/quickstart");
    for command in [&["poll"][..], &["preview", "--out", "."]] {
        let output = policy_digest(folder).args(command).arg("--config").arg(&config).output().unwrap();
        assert!(folder.join("data").is_dir(), "{}", text(&output));
    }
    folder.join("digest.html")
}
