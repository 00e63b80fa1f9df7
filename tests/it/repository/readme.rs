//! The README's own commands, run as they are written there: the quickstart, and a digest of one's own with one feed and a mail
//! server. Only what would leave the machine is replaced, in `elsewhere`.

use std::path::Path;
use std::process::{Command, Output};

use crate::support::daemon::Daemon;
use crate::support::program::text;
use crate::support::{Entry, SmtpSink, rss};
use crate::support::{FeedServer, Reply};

const README: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md"));

/// The code blocks of one language, in order.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    README.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap_or_default()).collect()
}

/// The README's settings with those that point to the world outside replaced.
fn elsewhere(settings: &str, port: u16) -> String {
    let mut replaced = settings.to_owned();
    for (there, here) in [
        ("host = \"smtp.example.org\"".to_owned(), "host = \"127.0.0.1\"".to_owned()),
        ("port = 587".to_owned(), format!("port = {port}")),
        ("tls = \"starttls\"".to_owned(), "tls = \"none\"".to_owned()),
        ("username = \"digest\"\n".to_owned(), String::new()),
    ] {
        assert!(replaced.contains(&there), "{there}: not in the README any more");
        replaced = replaced.replace(&there, &here);
    }
    replaced
}

/// Writes each key of `settings` into the file, in place, as a person does who follows the README.
fn set(file: &Path, settings: &str) {
    let mut document: toml_edit::DocumentMut = std::fs::read_to_string(file).unwrap().parse().unwrap();
    let wanted: toml_edit::DocumentMut = settings.parse().unwrap();
    merge(document.as_table_mut(), wanted.as_table());
    std::fs::write(file, document.to_string()).unwrap();
}

fn merge(table: &mut toml_edit::Table, wanted: &toml_edit::Table) {
    for (key, item) in wanted {
        match (table.get_mut(key), item) {
            (Some(toml_edit::Item::Table(inner)), toml_edit::Item::Table(wanted)) => merge(inner, wanted),
            (Some(value), item) => *value = item.clone(),
            (None, _) => panic!("`{key}` is in the README and not in config/digest.toml"),
        }
    }
}

fn shell(folder: &Path, commands: &str) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_policy-digest")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap_or_default());
    let output = Command::new("sh").args(["-euc", commands]).current_dir(folder).env("PATH", path).output().unwrap();
    assert!(output.status.success(), "{commands}\n{}", text(&output));
    output
}

#[test]
fn the_readme_is_short() {
    let words = README.split_whitespace().count();
    assert!(words <= 900, "{words} words");
}

#[test]
fn the_quickstart_command_leaves_a_digest() {
    let command = blocks("sh").into_iter().find(|block| block.starts_with("cargo run")).unwrap().trim();
    let arguments = command.strip_prefix("cargo run --release -- ").unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(Path::new(env!("CARGO_MANIFEST_DIR")).join("config"), folder.path().join("config"))
        .unwrap();
    shell(folder.path(), &format!("policy-digest --data data {arguments}"));
    let outbox = std::fs::read_dir(folder.path().join("data/outbox")).unwrap();
    let mut kinds: Vec<String> =
        outbox.map(|file| file.unwrap().path().extension().unwrap().to_str().unwrap().to_owned()).collect();
    kinds.sort();
    assert_eq!(kinds, ["eml", "eml", "html", "html"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn five_steps_lead_to_a_digest_of_ones_own() {
    let (blog, mail) = (FeedServer::start().await, SmtpSink::start());
    blog.serve("/", Reply::feed(rss(&[Entry { published: Some(chrono::Utc::now()), ..Entry::on_topic("1") }])));
    let (_, steps) = README.split_once("in five steps").unwrap();
    let mine: Vec<&str> = blocks("sh").into_iter().filter(|block| steps.contains(block)).collect();
    let [install, add, check, send, run, explain] = mine[..] else { panic!("{mine:#?}") };
    let [settings] = blocks("toml")[..] else { panic!("one block of settings") };

    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(Path::new(env!("CARGO_MANIFEST_DIR")).join("config"), folder.path().join("config"))
        .unwrap();
    let install = install.replace("cargo install --path . --locked\n", "");
    shell(folder.path(), &install);
    let home = folder.path().join("my-digest");
    set(&home.join("config/digest.toml"), "[polling]\nallow_private = [\"127.0.0.0/8\"]");

    let added = shell(&home, &add.replace("https://blog.example.org/", &blog.url("/")));
    assert!(text(&added).contains("feeds.toml"), "{}", text(&added));
    set(&home.join("config/digest.toml"), &elsewhere(settings, mail.port));
    // The sink asks for no log-in, so there is no password.
    let (_, check) = check.split_once('\n').unwrap();
    let checked = shell(&home, &check.replace("policy-digest check", "policy-digest check --offline"));
    assert!(text(&checked).contains("ok"), "{}", text(&checked));
    shell(&home, send);
    let sent = mail.taken();
    assert_eq!(sent.len(), 1, "one digest to the one subscriber");
    assert_eq!(sent[0].to, ["you@example.org"]);

    assert_eq!(run.trim(), "policy-digest run");
    let daemon = Daemon::start(&home);
    assert!(daemon.request("GET", "/").starts_with("HTTP/1.1 200"));
    drop(daemon);
    shell(&home, &explain.replace("https://blog.example.org/a-post", "1"));
}
