//! Every command's help and what it says to a mistake, word for word, with exit codes; completions and the manual page.

use std::fmt::Write as _;

use crate::support::program::{policy_digest, text};
use crate::support::{Entry, rss, write_config};

fn run(folder: &std::path::Path, arguments: &[&str]) -> std::process::Output {
    policy_digest(folder).env("COLUMNS", "100").args(arguments).output().unwrap()
}

/// The commands that a help lists.
fn listed(help: &str) -> Vec<String> {
    let commands = help.split("\nCommands:\n").nth(1).unwrap_or_default().split("\n\n").next().unwrap_or_default();
    let name = |line: &str| line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')).map(str::to_owned);
    let names = commands.lines().filter_map(name).filter_map(|line| line.split(' ').next().map(str::to_owned));
    names.filter(|name| name != "help").collect()
}

#[test]
fn every_command_has_its_help() {
    let folder = tempfile::tempdir().unwrap();
    let mut open = vec![vec!["man".to_owned()], Vec::new()];
    let mut seen = 0;
    while let Some(path) = open.pop() {
        let mut arguments: Vec<&str> = path.iter().map(String::as_str).collect();
        arguments.push("--help");
        let output = run(folder.path(), &arguments);
        let help = text(&output);
        assert!(output.status.success(), "{path:?}: {help}");
        insta::assert_snapshot!(["help", &path.join("_")].join("_").trim_end_matches('_').to_owned(), help);
        seen += 1;
        open.extend(listed(&help).into_iter().map(|name| [path.clone(), vec![name]].concat()));
    }
    assert!(seen > 45, "{seen}");
}

/// At a terminal of 80 columns each paragraph is wrapped once: no line ends where the next word would still have fitted, and
/// none is longer than the terminal.
#[test]
fn no_line_of_a_help_is_broken_twice() {
    let folder = tempfile::tempdir().unwrap();
    let mut open = vec![vec!["man".to_owned()], Vec::new()];
    let mut broken = Vec::new();
    while let Some(path) = open.pop() {
        let mut command = policy_digest(folder.path());
        let help = text(&command.env("COLUMNS", "80").args(&path).arg("--help").output().unwrap());
        open.extend(listed(&help).into_iter().map(|name| [path.clone(), vec![name]].concat()));
        // The line of usage is clap's, which does not wrap it.
        let lines: Vec<&str> = help.lines().filter(|line| !line.starts_with("Usage:")).collect();
        broken.extend(lines.iter().filter(|line| line.chars().count() > 80).map(|line| format!("{path:?}: {line}")));
        for pair in lines.windows(2) {
            let is_prose = |line: &str| line.starts_with(char::is_alphanumeric) && !line.ends_with([':', '.']);
            let next = pair[1].split(' ').next().unwrap_or_default();
            if is_prose(pair[0]) && !next.is_empty() && pair[0].chars().count() + 1 + next.chars().count() <= 80 {
                broken.push(format!("{path:?}: {} | {}", pair[0], pair[1]));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// A mistake each, with the exit code that it must have.
const MISTAKES: &[(i32, &[&str])] = &[
    (2, &[]),
    (2, &["statsu"]),
    (2, &["status", "--alll"]),
    (2, &["once", "--config", "nowhere"]),
    (2, &["once", "--note", "nowhere.md"]),
    (2, &["poll", "nobody"]),
    (2, &["preview", "--cadence", "hourly"]),
    (2, &["send", "--to", "nobody"]),
    (2, &["explain", "nothing-here"]),
    (1, &["explain", "4711"]),
    (1, &["explain", "--jsonl", "nowhere.jsonl"]),
    (2, &["topic", "test", "--since", "soon"]),
    (1, &["topic", "eval", "nowhere.jsonl"]),
    (2, &["topic", "train", "labelled.jsonl"]),
    (2, &["topic", "cross-validate", "labelled.jsonl", "--parts", "1"]),
    (2, &["templates", "export"]),
    (2, &["feeds", "check", "nobody"]),
    (2, &["subscribers", "add", "nobody"]),
    (2, &["subscribers", "remove", "nobody@example.org"]),
    (2, &["subscribers", "import", "people.csv"]),
    (2, &["dkim", "record"]),
    (2, &["runs", "show", "7"]),
    (2, &["runs", "release", "7"]),
    (2, &["runs", "cancel", "7"]),
    (2, &["messages", "list", "--state", "lost"]),
    (2, &["messages", "list", "--kind", "advert"]),
    (2, &["check", "--resolver", "nobody"]),
    (2, &["reconcile", "--drop", "7"]),
    (2, &["backup", "post.txt"]),
    (2, &["completions", "cmd"]),
    (2, &["config", "schema", "people"]),
];

#[test]
fn every_mistake_is_answered_with_its_exit_code_and_a_word() {
    let folder = tempfile::tempdir().unwrap();
    write_config(folder.path(), &[("blog", "file:blog.xml")], "");
    std::fs::write(folder.path().join("config/blog.xml"), rss(&[Entry::on_topic("1")])).unwrap();
    std::fs::write(folder.path().join("post.txt"), "A post\n").unwrap();
    std::fs::write(folder.path().join("labelled.jsonl"), "").unwrap();
    let mut shown = String::new();
    for (code, arguments) in MISTAKES {
        let output = run(folder.path(), arguments);
        let told = String::from_utf8_lossy(&output.stderr);
        let ended = output.status.code().unwrap();
        writeln!(shown, "$ policy-digest {}\n{told}[exit {ended}]\n", arguments.join(" ")).unwrap();
        assert_eq!(ended, *code, "{arguments:?}: {told}");
        assert!(output.stdout.is_empty(), "{arguments:?} prints its error on standard error");
    }
    insta::assert_snapshot!("mistakes", shown);
}

#[test]
fn what_works_ends_with_nought_and_what_fails_with_one() {
    let folder = tempfile::tempdir().unwrap();
    write_config(folder.path(), &[("blog", "file:blog.xml")], "");
    std::fs::write(folder.path().join("config/blog.xml"), rss(&[Entry::on_topic("1")])).unwrap();
    for arguments in [
        &["poll"][..],
        &["preview"],
        &["once"],
        &["status"],
        &["schedule"],
        &["check", "--offline"],
        &["topic", "test"],
        &["explain", "https://blog.example.org/1"],
        &["explain", "1"],
        &["runs", "list"],
        &["messages", "list"],
        &["reconcile"],
        &["subscribers", "list"],
        &["feeds", "list"],
        &["--version"],
    ] {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output));
    }
    std::fs::remove_file(folder.path().join("config/blog.xml")).unwrap();
    for arguments in [&["poll"][..], &["once"], &["check"]] {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(1), "no feed can be read: {arguments:?}: {}", text(&output));
    }
}

#[test]
fn completions_and_the_manual_page_know_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let commands = listed(&text(&run(folder.path(), &["--help"])));
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = text(&run(folder.path(), &["completions", shell]));
        for command in &commands {
            assert!(script.contains(command.as_str()), "{command} is not in {shell}'s");
        }
    }
    let page = text(&run(folder.path(), &["man"]));
    assert!(page.contains(".TH policy") && page.contains("DESCRIPTION"), "{page}");
    assert!(run(folder.path(), &["man", "--out", "man1"]).status.success());
    for command in &commands {
        let page = folder.path().join(format!("man1/policy-digest-{command}.1"));
        assert!(page.is_file(), "{}", page.display());
    }
}

#[test]
fn the_next_digest_can_be_shown_in_a_browser() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    write_config(folder.path(), &[("blog", "file:blog.xml")], "");
    let now = chrono::Utc::now();
    let entry = Entry { published: Some(now), ..Entry::on_topic("1") };
    let advert = Entry { title: "Vacancy: a clerk".to_owned(), published: Some(now), ..Entry::on_topic("2") };
    std::fs::write(folder.path().join("config/blog.xml"), rss(&[entry, advert])).unwrap();
    let browser = folder.path().join("xdg-open");
    std::fs::write(&browser, "#!/bin/sh\necho \"$1\" > \"$(dirname \"$0\")/asked\"\n").unwrap();
    std::fs::set_permissions(&browser, std::fs::Permissions::from_mode(0o755)).unwrap();
    assert!(run(folder.path(), &["poll"]).status.success());
    let path = format!("{}:{}", folder.path().display(), "/usr/bin:/bin");
    let output = policy_digest(folder.path()).args(["preview", "--open"]).env("PATH", path).output().unwrap();
    let shown = text(&output);
    assert!(output.status.success(), "{shown}");
    let asked = || std::fs::read_to_string(folder.path().join("asked")).unwrap_or_default();
    assert!(
        crate::support::wait_for(std::time::Duration::from_secs(20), || asked().ends_with("digest.html\n")),
        "{shown}"
    );
    assert!(folder.path().join("data/preview/digest.html").is_file());
    assert!(shown.contains("left out: 1 post\n     1  a job advert\n"), "{shown}");
    assert!(shown.contains("nearest misses:\n"), "{shown}");
}
