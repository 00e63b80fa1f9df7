//! Environment variables and options that override the files.

use super::*;

#[test]
fn a_variable_goes_before_the_file_and_is_read_by_the_type_of_its_key() {
    let variables = [
        ("POLICY_DIGEST__NAME", "2026"),
        ("POLICY_DIGEST__POLLING__INTERVAL", "30m"),
        ("POLICY_DIGEST__POLLING__ALLOW_FILES", "true"),
        ("POLICY_DIGEST__MAIL__SMTP__PORT", "465"),
        ("POLICY_DIGEST__ADMIN_TO", "[\"a@example.org\", \"b@example.org\"]"),
        ("POLICY_DIGEST__MAIL__SMTP__PASSWORD", "hunter2"),
    ];
    let settings = read(&[("digest.toml", "name = \"file\"")], &variables).unwrap().settings;
    assert_eq!(settings.name, "2026");
    assert_eq!(settings.polling.interval, Duration::from_secs(1800));
    assert!(settings.polling.allow_files);
    assert_eq!(settings.mail.smtp.port, 465);
    let administrators: Vec<_> = settings.admin_to.iter().map(|address| address.reveal()).collect();
    assert_eq!(administrators, ["a@example.org", "b@example.org"]);
    assert_eq!(settings.mail.smtp.password.as_ref().map(Secret::reveal), Some("hunter2"));
    assert!(!format!("{settings:?}").contains("hunter2"));
}

#[test]
fn a_wrong_or_unknown_variable_is_found_by_its_name() {
    let variables = [("POLICY_DIGEST__MAIL__SMTP__PORT", "many"), ("POLICY_DIGEST__MAIL__SMTP__HOSTT", "x")];
    let shown = read(&[], &variables).unwrap_err().to_string();
    assert!(shown.contains("help: did you mean `POLICY_DIGEST__MAIL__SMTP__HOST`?"), "{shown}");
    assert!(shown.contains("--> environment variable POLICY_DIGEST__MAIL__SMTP__PORT"), "{shown}");
    assert!(shown.contains("`port` must be a whole number from 1 to 65535, not text"), "{shown}");
}

#[test]
fn every_variable_that_looks_like_ours_and_is_not_known_is_found_with_what_was_meant() {
    let wrong = [
        "POLICY_DIGEST_MAIL_SMTP_HOST",
        "POLICY_DIGEST_MAIL__SMTP_PORTT",
        "policy_digest__name",
        "POLICY_DIGEST_VERBOSITY",
        "POLICY_DIGEST__WEB",
    ];
    let findings = read(&[], &wrong.map(|name| (name, "x"))).unwrap_err();
    let hint = |name: &str| {
        let found = findings.iter().find(|finding| matches!(&finding.origin, Origin::Variable(other) if other == name));
        found.and_then(|finding| finding.hint.clone()).unwrap_or_else(|| panic!("{name} is not in\n{findings}"))
    };
    assert_eq!(hint(wrong[0]), "did you mean `POLICY_DIGEST__MAIL__SMTP__HOST`?");
    assert_eq!(hint(wrong[1]), "did you mean `POLICY_DIGEST__MAIL__SMTP__PORT`?");
    assert_eq!(hint(wrong[2]), "did you mean `POLICY_DIGEST__NAME`?");
    assert!(hint(wrong[3]).contains("two underscores between the levels"), "{findings}");
    assert_eq!(findings.len(), wrong.len(), "a table is no key: {findings}");
}

#[test]
fn the_data_option_goes_before_file_and_variable() {
    let folder = folder(&[("digest.toml", "data = \"file\""), ("subscribers.csv", "email\n")]);
    let variables = [("POLICY_DIGEST__DATA".to_owned(), "variable".to_owned())];
    let data = |option| load(folder.path(), option, &variables).unwrap().settings.data;
    assert_eq!(data(None), folder.path().join("variable"));
    assert_eq!(data(Some(Path::new("option"))), Path::new("option"));
    let config = load(folder.path(), None, &[]).unwrap();
    assert_eq!(config.subscribers_csv, Some(folder.path().join("subscribers.csv")));
}
