//! What people are shown, word for word: a whole digest, the confirmation, the findings on a configuration, and the
//! help. A change here is a change that readers, administrators or scripts will see.

use std::path::Path;

use policy_digest::app::clock::Clock;
use policy_digest::app::poll::{Which, poll};
use policy_digest::app::{App, digest, silent};
use policy_digest::config;
use policy_digest::domain::subscriber::Cadence;
use policy_digest::mail::Transport;

use crate::command::{five_mistakes, policy_digest, text};
use crate::support::start;

async fn quickstart(folder: &Path) -> App {
    let one = |key: &str| (format!("POLICY_DIGEST__POLLING__{key}"), "1".to_owned());
    let environment = [one("CONCURRENCY"), one("PER_HOST")];
    let quickstart = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/quickstart");
    let config = config::load(&quickstart, Some(folder), &environment).unwrap();
    let transport = Transport::Memory(std::sync::Arc::default());
    App::open_with(config, Clock::set_to(start()), transport).await.unwrap()
}

#[tokio::test]
async fn the_quickstart_digest() {
    let folder = tempfile::tempdir().unwrap();
    let app = quickstart(folder.path()).await;
    poll(&app, &Which::All, &silent).await.unwrap();
    let rendered = digest::preview(&app, Cadence::Weekly).await.unwrap().rendered.unwrap();
    insta::assert_snapshot!("digest_text", format!("Subject: {}\n\n{}", rendered.subject, rendered.text));
    insta::assert_snapshot!("digest_html", rendered.html);
}

#[test]
fn the_findings_on_five_mistakes() {
    insta::assert_snapshot!("findings", text(&five_mistakes()));
}

#[test]
fn the_help() {
    let folder = tempfile::tempdir().unwrap();
    for (name, arguments) in [
        ("help", vec!["--help"]),
        ("help_once", vec!["once", "--help"]),
        ("help_explain", vec!["explain", "--help"]),
        ("help_check", vec!["check", "--help"]),
        ("help_topic_eval", vec!["topic", "eval", "--help"]),
        ("help_dkim_generate", vec!["dkim", "generate", "--help"]),
        ("help_feeds", vec!["feeds", "--help"]),
        ("help_feeds_add", vec!["feeds", "add", "--help"]),
        ("help_feeds_list", vec!["feeds", "list", "--help"]),
        ("help_feeds_remove", vec!["feeds", "remove", "--help"]),
        ("help_feeds_disable", vec!["feeds", "disable", "--help"]),
        ("help_feeds_enable", vec!["feeds", "enable", "--help"]),
        ("help_feeds_check", vec!["feeds", "check", "--help"]),
        ("help_feeds_import", vec!["feeds", "import", "--help"]),
        ("help_feeds_export", vec!["feeds", "export", "--help"]),
        ("help_send", vec!["send", "--help"]),
        ("help_subscribers", vec!["subscribers", "--help"]),
        ("help_subscribers_list", vec!["subscribers", "list", "--help"]),
        ("help_subscribers_show", vec!["subscribers", "show", "--help"]),
        ("help_subscribers_remove", vec!["subscribers", "remove", "--help"]),
        ("help_subscribers_forget", vec!["subscribers", "forget", "--help"]),
        ("help_subscribers_import", vec!["subscribers", "import", "--help"]),
        ("help_subscribers_export", vec!["subscribers", "export", "--help"]),
        ("help_subscribers_add", vec!["subscribers", "add", "--help"]),
    ] {
        let output = policy_digest(folder.path()).env("COLUMNS", "100").args(arguments).output().unwrap();
        assert!(output.status.success());
        insta::assert_snapshot!(name, text(&output));
    }
}
