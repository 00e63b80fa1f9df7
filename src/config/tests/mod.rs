//! Tests through the public interface: folders in, a configuration or findings out.

mod digest;
mod environment;
mod feeds;
mod topic;

use std::fs;
use std::time::Duration;

use tempfile::TempDir;

use super::*;

const TOPIC_TOML: &str = "name = \"t\"\ntitle = \"T\"\ndescription = \"d\"\n";

/// A folder with these files; an empty list of feeds and a topic without phrases unless others are given.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("feeds.toml"), "").unwrap();
    fs::write(folder.path().join("topic.toml"), TOPIC_TOML).unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn read(files: &[(&str, &str)], variables: &[(&str, &str)]) -> Result<Config, Findings> {
    let variables: Vec<_> = variables.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    load(folder(files).path(), None, &variables)
}

/// Each finding as `file:line:column: message`, or `VARIABLE: message`.
fn found(files: &[(&str, &str)], variables: &[(&str, &str)]) -> Vec<String> {
    let findings = read(files, variables).unwrap_err();
    let place = |finding: &Finding| match (&finding.origin, finding.line, finding.column) {
        (Origin::File(path), Some(line), Some(column)) => {
            format!("{}:{line}:{column}", path.file_name().unwrap().display())
        }
        (Origin::File(path), ..) => path.file_name().unwrap().display().to_string(),
        (Origin::Variable(name), ..) => name.clone(),
    };
    findings.iter().map(|finding| format!("{}: {}", place(finding), finding.message)).collect()
}

const SMTP_ELSEWHERE: &str = "[mail]\ntransport = \"smtp\"\n[mail.smtp]\nhost = \"mail.example.org\"\n";

#[test]
fn the_shipped_folders_have_no_findings() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    for folder in [shipped.join("quickstart"), shipped.join("rural-transport"), shipped] {
        let config = load(&folder, None, &[]).unwrap_or_else(|findings| panic!("{findings}"));
        assert!(!config.feeds.is_empty(), "{}", folder.display());
    }
}

#[test]
fn five_mistakes_are_shown_at_once_each_with_line_column_and_caret() {
    let digest = "name = 3\npollling = 1\n[schedule]\nweekly = \"0 0 30 2 *\"\n[polling]\ninterval = 30\n";
    let feeds = "[[feed]]\nid = \"Blog\"\nurl = \"https://example.org/feed\"\n";
    let folder = folder(&[("digest.toml", digest), ("feeds.toml", feeds)]);
    let shown = load(folder.path(), None, &[]).unwrap_err().to_string();
    let shown = shown.replace(&format!("{}/", folder.path().display()), "config/");
    let expected = r#"error: `name` must be text in quotes, not a whole number
 --> config/digest.toml:1:8
  |
1 | name = 3
  |        ^

error: unknown key `pollling`
 --> config/digest.toml:2:1
  |
2 | pollling = 1
  | ^^^^^^^^
  |
  = help: did you mean `polling`?

error: `weekly` never matches
 --> config/digest.toml:4:10
  |
4 | weekly = "0 0 30 2 *"
  |          ^^^^^^^^^^^^
  |
  = help: the calendar has no such day

error: `interval` must be a duration such as `30m` or `7d`, not a whole number
 --> config/digest.toml:6:12
  |
6 | interval = 30
  |            ^^

error: `id` must be a short name of lower-case letters, digits and hyphens, not `Blog`
 --> config/feeds.toml:2:6
  |
2 | id = "Blog"
  |      ^^^^^^"#;
    assert_eq!(shown, expected);
}

#[test]
fn a_key_in_the_wrong_table_is_answered_with_where_it_belongs() {
    let findings = read(&[("digest.toml", "[mail]\nmax_connections = 3\nadmin_to = []\n")], &[]).unwrap_err();
    let hints: Vec<_> = findings.iter().filter_map(|finding| finding.hint.as_deref()).collect();
    let top = "`admin_to` belongs at the top of the file, above the first `[table]`";
    assert_eq!(hints, ["`max_connections` belongs in `[mail.smtp]`", top]);
}

#[test]
fn a_file_with_errors_of_syntax_shows_the_first_three_and_the_other_files_are_still_checked() {
    let broken = "name = \"a\npublic_url = b\nlocale = c\ntimezone = d\npollling = 1\n";
    let findings =
        found(&[("digest.toml", broken), ("feeds.toml", "[[feed]]\nid = 1\n"), ("topic.toml", "a = b")], &[]);
    assert_eq!(findings.iter().filter(|f| f.starts_with("digest.toml:")).count(), 3, "{findings:#?}");
    assert!(findings[0].starts_with("digest.toml:1:10: invalid TOML: "), "{findings:#?}");
    assert_eq!(findings.iter().filter(|f| f.starts_with("feeds.toml:")).count(), 2, "{findings:#?}");
    assert_eq!(findings.iter().filter(|f| f.starts_with("topic.toml")).count(), 1, "{findings:#?}");
}

#[test]
fn a_missing_folder_and_a_missing_list_of_feeds_are_found() {
    let empty = tempfile::tempdir().unwrap();
    let findings = load(empty.path(), None, &[]).unwrap_err();
    assert!(findings.to_string().contains("feeds.toml"), "{findings}");
    assert_eq!(load(&empty.path().join("none"), None, &[]).unwrap_err().len(), 1);
}
