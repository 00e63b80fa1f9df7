//! The samples in `config/deploy`: what they say is still true of the program.

use std::path::{Path, PathBuf};
use std::process::Command;

use policy_digest::config;

use crate::support::aloud;

fn sample(name: &str) -> (PathBuf, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/deploy").join(name);
    let text = std::fs::read_to_string(&path).unwrap();
    (path, text)
}

/// Every variable of ours in a text, with its value: `NAME=value` or `NAME: value`.
fn variables(text: &str) -> Vec<(String, String)> {
    let lines = text.lines().filter_map(|line| Some(&line[line.find("POLICY_DIGEST__")?..]));
    let pair = |line: &str| {
        line.split_once(['=', ':']).map(|(name, value)| (name.to_owned(), value.trim().trim_matches('"').to_owned()))
    };
    lines.filter_map(pair).collect()
}

#[test]
fn every_variable_in_the_samples_is_a_key_with_a_good_value() {
    for (name, least) in [
        ("Dockerfile", 1),
        ("compose.yaml", 4),
        ("compose.postgres.yaml", 6),
        ("policy-digest.service", 1),
        ("policy-digest@.service", 1),
    ] {
        let mut variables = variables(&sample(name).1);
        assert!(variables.len() >= least, "{name}: {variables:?}");
        let password = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(password.path(), "secret\n").unwrap();
        for (name, value) in &mut variables {
            *value = value.replace("%d/smtp-password", password.path().to_str().unwrap());
            assert!(!name.is_empty());
        }
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        config::load(&folder, None, &variables).unwrap_or_else(|findings| panic!("{name}: {findings}"));
    }
}

#[test]
fn the_units_start_a_command_that_exists() {
    for name in ["policy-digest.service", "policy-digest@.service"] {
        verify(name);
    }
}

fn verify(name: &str) {
    let (_, text) = sample(name);
    let start = text.lines().find_map(|line| line.strip_prefix("ExecStart=/usr/local/bin/policy-digest ")).unwrap();
    let help = Command::new(env!("CARGO_BIN_EXE_policy-digest")).args(start.split(' ')).arg("--help").output().unwrap();
    assert!(help.status.success());
    // The unit is verified, so its program is the one that was built.
    let folder = tempfile::tempdir().unwrap();
    let unit = folder.path().join(name.replace('@', "@housing"));
    std::fs::write(&unit, text.replace("/usr/local/bin/policy-digest", env!("CARGO_BIN_EXE_policy-digest"))).unwrap();
    match Command::new("systemd-analyze").arg("verify").arg(&unit).output() {
        Ok(verified) => {
            let said = String::from_utf8_lossy(&verified.stderr).into_owned();
            let ours: Vec<&str> = said.lines().filter(|line| line.contains("policy-digest")).collect();
            assert!(verified.status.success() && ours.is_empty(), "{said}");
        }
        Err(error) => aloud(&format!("skipped: no systemd-analyze here: {error}")),
    }
}
