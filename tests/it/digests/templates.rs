//! Templates of an administrator's own: written out, changed, and checked.

use std::path::Path;
use std::process::Output;

use crate::support::program::{policy_digest, text};
use crate::support::{Entry, rss, write_config};

fn run(folder: &Path, arguments: &[&str]) -> Output {
    policy_digest(folder).args(arguments).output().unwrap()
}

/// A folder whose templates are its own, as exported.
fn with_templates() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_config(folder.path(), &[("blog", "file:blog.xml")], "");
    // Dated today, or the first poll would find it too old some day.
    let entry = Entry { published: Some(chrono::Utc::now()), ..Entry::on_topic("1") };
    std::fs::write(folder.path().join("config/blog.xml"), rss(&[entry])).unwrap();
    let digest = folder.path().join("config/digest.toml");
    let settings = std::fs::read_to_string(&digest).unwrap();
    std::fs::write(digest, format!("templates_dir = \"templates\"\n{settings}")).unwrap();
    let exported = run(folder.path(), &["templates", "export", "config/templates"]);
    assert!(exported.status.success(), "{}", text(&exported));
    folder
}

fn edit(folder: &Path, name: &str, from: &str, to: &str) {
    let path = folder.join("config/templates").join(name);
    let template = std::fs::read_to_string(&path).unwrap();
    assert!(template.contains(from));
    std::fs::write(path, template.replacen(from, to, 1)).unwrap();
}

#[test]
fn export_names_what_it_wrote_and_overwrites_only_by_force() {
    let folder = tempfile::tempdir().unwrap();
    let shown = text(&run(folder.path(), &["templates", "export", "mine"]));
    for name in ["mine/base.html.j2", "mine/digest/body.txt.j2", "mine/README.md"] {
        assert!(shown.lines().any(|line| line == name) && folder.path().join(name).is_file(), "{shown}");
    }
    let body = folder.path().join("mine/digest/body.txt.j2");
    let built_in = std::fs::read_to_string(&body).unwrap();
    std::fs::write(&body, "my own").unwrap();
    std::fs::remove_file(folder.path().join("mine/README.md")).unwrap();
    let again = run(folder.path(), &["templates", "export", "mine"]);
    assert!(!again.status.success() && text(&again).contains("`mine/digest/body.txt.j2`"), "{}", text(&again));
    assert!(!folder.path().join("mine/README.md").exists(), "nothing was written");
    assert_eq!(std::fs::read_to_string(&body).unwrap(), "my own");
    assert!(run(folder.path(), &["templates", "export", "mine", "--force"]).status.success());
    assert_eq!(std::fs::read_to_string(&body).unwrap(), built_in);
}

#[test]
fn exported_templates_have_no_fault_and_a_changed_one_is_used() {
    let folder = with_templates();
    assert!(run(folder.path(), &["poll"]).status.success());
    let checked = run(folder.path(), &["check"]);
    assert!(checked.status.success() && text(&checked).contains("no mistakes"), "{}", text(&checked));
    edit(folder.path(), "digest/subject.txt.j2", "{{ subject }}", "[Reform] {{ subject }}");
    assert!(run(folder.path(), &["poll"]).status.success());
    assert!(text(&run(folder.path(), &["preview"])).starts_with("Subject: [Reform] Collaborative governance"));
}

#[test]
fn check_names_file_line_column_and_the_missing_variable_of_every_broken_template() {
    let folder = with_templates();
    edit(folder.path(), "digest/body.html.j2", "<h1 class=\"mast\">{{ name }}", "<h1 class=\"mast\">é {{ naem }}");
    edit(folder.path(), "digest/body.txt.j2", "{{ entry.excerpt|wrap }}", "{{ entry.colour }}");
    edit(folder.path(), "base.txt.j2", "{% block main %}", "{% block main %}{% if %}");
    edit(folder.path(), "page/message.html.j2", "{{ paragraph }}", "{{ paragraph|shout }}");
    std::fs::write(folder.path().join("config/note.md"), "long ".repeat(5000)).unwrap();
    let output = run(folder.path(), &["check"]);
    let shown = text(&output);
    assert_eq!(output.status.code(), Some(2), "{shown}");
    for finding in [
        "configuration: 4 mistakes",
        "\nconfig/templates/digest/body.html.j2:26:23: unknown variable `naem`\n  next: `policy-digest templates export DIR`",
        "\nconfig/templates/base.txt.j2:1:",
        "\nconfig/templates/page/message.html.j2:4:",
        "shout",
        "\nthe note `config/note.md` has 24999 bytes; the limit is 10240\n  next: shorten it",
    ] {
        assert!(shown.contains(finding), "{finding} is not in\n{shown}");
    }
    edit(folder.path(), "base.txt.j2", "{% if %}", "");
    let answer: serde_json::Value = serde_json::from_slice(&run(folder.path(), &["check", "--json"]).stdout).unwrap();
    let colour =
        answer["findings"].as_array().unwrap().iter().find(|it| it["message"] == "unknown variable `entry.colour`");
    let colour = colour.unwrap_or_else(|| panic!("{answer}"));
    assert!(colour["place"].as_str().unwrap().starts_with("config/templates/digest/body.txt.j2:"), "{answer}");
    assert_eq!(colour["mistake"], true);
}
