//! What people are shown, word for word: a whole digest, the confirmation, and the findings on a configuration. A change here is a change that readers, administrators or scripts will see.

use std::path::Path;

use policy_digest::app::clock::Clock;
use policy_digest::app::feeds::poll::{Which, poll};
use policy_digest::app::{App, digests, silent};
use policy_digest::config;
use policy_digest::domain::subscribers::subscriber::Cadence;
use policy_digest::mail::Transport;
use policy_digest::render::Rendered;

use crate::command_line::exit_codes::five_mistakes;
use crate::support::program::text;
use crate::support::start;

/// The digest of the quickstart, in one language.
pub async fn quickstart_digest(language: &str) -> Rendered {
    let folder = tempfile::tempdir().unwrap();
    let app = quickstart(folder.path(), language).await;
    poll(&app, &Which::All, &silent).await.unwrap();
    digests::preview(&app, Cadence::Weekly).await.unwrap().rendered.unwrap()
}

async fn quickstart(folder: &Path, language: &str) -> App {
    let one = |key: &str| (format!("POLICY_DIGEST__POLLING__{key}"), "1".to_owned());
    let languages = ("POLICY_DIGEST__LANGUAGES".to_owned(), format!("[\"{language}\"]"));
    let environment = [one("CONCURRENCY"), one("PER_HOST"), languages];
    let quickstart = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/quickstart");
    let config = config::load(&quickstart, Some(folder), &environment).unwrap();
    let transport = Transport::Memory(std::sync::Arc::default());
    App::work_with(config, Clock::set_to(start()), "a test", transport).await.unwrap()
}

#[tokio::test]
async fn the_quickstart_digest() {
    let rendered = quickstart_digest("en").await;
    insta::assert_snapshot!("digest_text", format!("Subject: {}\n\n{}", rendered.subject, rendered.text));
    insta::assert_snapshot!("digest_html", rendered.html);
}

#[test]
fn the_findings_on_five_mistakes() {
    insta::assert_snapshot!("findings", text(&five_mistakes()));
}
