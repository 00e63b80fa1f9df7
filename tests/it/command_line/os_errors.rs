//! What the operating system refuses: each error names the address or the file, where that came from, and the next step.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use crate::support::daemon::{Daemon, configure, until};
use crate::support::program::{policy_digest, text};
use crate::support::write_config;

#[test]
fn an_address_that_cannot_be_listened_on_is_named_with_its_key_and_the_next_step() {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path());
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    for (address, cause, next) in [
        (taken.as_str(), "Address already in use", "stop it, or choose another port for `listen`"),
        ("192.0.2.1:8080", "Cannot assign requested address", "this machine has no such address"),
    ] {
        let refused =
            policy_digest(folder.path()).arg("run").env("POLICY_DIGEST__WEB__LISTEN", address).output().unwrap();
        let shown = text(&refused);
        assert_eq!(refused.status.code(), Some(1), "{shown}");
        let named = format!("error: cannot serve the pages on `{address}` (`listen` in `[web]` of digest.toml)\n");
        assert!(shown.contains(&named) && shown.contains(cause), "{shown}");
        assert!(shown.contains("\nhint: ") && shown.contains(next), "{shown}");
    }
    let daemon = Daemon::start_with(folder.path(), |command| {
        command.env("POLICY_DIGEST__WEB__ADMIN_LISTEN", &taken);
    });
    until("it is logged that the operator's pages are not served", || {
        let log = daemon.log();
        log.contains("`admin_listen` in `[web]` of digest.toml")
            && log.contains("choose another port for `admin_listen`")
    });
}

#[test]
fn a_file_or_folder_that_cannot_be_used_is_named_with_the_next_step() {
    let folder = tempfile::tempdir().unwrap();
    write_config(folder.path(), &[("blog", "file:blog.xml")], "");
    std::fs::write(folder.path().join("a-file"), "x\n").unwrap();
    std::fs::write(folder.path().join("config/blog.xml"), "x").unwrap();
    for arguments in [
        &["explain", "--jsonl", "nowhere.jsonl"][..],
        &["topic", "eval", "nowhere.jsonl"],
        &["subscribers", "import", "nowhere.csv", "--consent", "a list"],
        &["subscribers", "export", "nowhere/all.csv"],
        &["feeds", "import", "nowhere.opml"],
        &["feeds", "parse", "--jsonl", "nowhere.list"],
        &["backup", "nowhere/copy.db"],
        &["preview", "--sample", "--out", "a-file/preview"],
        &["templates", "export", "a-file/templates"],
        &["config", "schema", "--out", "a-file/schema"],
        &["man", "--out", "a-file/man"],
        &["once", "--data", "a-file"],
        &["once", "--data", "a-file/data"],
    ] {
        let output = policy_digest(folder.path()).args(arguments).output().unwrap();
        let shown = text(&output);
        assert!(!output.status.success(), "{arguments:?}: {shown}");
        let place = arguments.iter().find(|word| word.contains("nowhere") || word.contains("a-file")).unwrap();
        let error =
            shown.lines().find(|line| line.starts_with("error: ")).unwrap_or_else(|| panic!("{arguments:?}: {shown}"));
        assert!(error.contains(&format!("`{place}")), "{arguments:?}: {shown}");
        assert!(shown.contains("\nhint: "), "{arguments:?}: {shown}");
    }
}

/// As few descriptors as leave the program a start and not all that it wants to open.
#[cfg(unix)]
#[test]
fn a_process_that_may_open_no_more_files_is_told_of_its_limit_and_of_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path());
    assert!(policy_digest(folder.path()).arg("poll").output().unwrap().status.success());
    let limited = |most: u32, arguments: &str, folder: &Path| {
        let line = format!("ulimit -n {most}; exec {} {arguments}", env!("CARGO_BIN_EXE_policy-digest"));
        text(&Command::new("sh").args(["-c", &line]).current_dir(folder).output().unwrap())
    };
    let mut told = 0;
    for most in (12..40).step_by(2) {
        let shown = limited(most, "subscribers add ben@example.org --confirmed-by x", folder.path());
        assert!(!shown.contains("must be able to write") && !shown.contains("is yours to write"), "{most}: {shown}");
        told += usize::from(shown.contains("ulimit -n"));
        assert!(shown.contains("ulimit -n") || !shown.contains("unable to open database file"), "{most}: {shown}");
    }
    assert!(told > 0, "some of these limits are too low");
}
