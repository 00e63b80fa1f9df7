//! The room as its callers see it: folders in, a configuration or findings out.

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
fn the_shipped_digest_toml_is_the_defaults() {
    let config =
        read(&[("digest.toml", include_str!("../../config/digest.toml"))], &[]).unwrap_or_else(|f| panic!("{f}"));
    // Where it is depends on the folder.
    let anywhere = |config: Config| Settings { data: Settings::default().data, ..config.settings };
    assert_eq!(anywhere(config), Settings::default());
    assert_eq!(anywhere(read(&[], &[]).unwrap()), Settings::default());
}

#[test]
fn the_shipped_digest_toml_names_every_key() {
    let notebook = Notebook::default();
    let text = include_str!("../../config/digest.toml");
    digest::read(Table::parse(text, File::Digest, &notebook), Path::new(""));
    let tables =
        ["digest", "mail", "mail.dkim", "mail.smtp", "polling", "polling.limits", "relevance", "retention", "schedule"];
    let others = ["sender", "web", "mail.smtp.password"];
    let unset: Vec<_> = notebook.unset().into_iter().filter(|path| !tables.contains(&path.as_str())).collect();
    let unset: Vec<_> = unset.into_iter().filter(|path| !others.contains(&path.as_str())).collect();
    assert_eq!(unset, Vec::<String>::new());
}

#[test]
fn the_embedded_topic_has_no_findings() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("feeds.toml"), "").unwrap();
    let topic = load(folder.path(), None, &[]).unwrap_or_else(|findings| panic!("{findings}")).topic;
    assert_eq!(topic.name, "public-service-reform");
    assert_eq!(topic.fingerprint.len(), 16);
}

#[test]
fn a_phrase_that_is_refused_is_found_at_its_own_place() {
    let topic = format!("{TOPIC_TOML}[general]\nstrong = [\"public services\", \"ref*rm\"]\n");
    let findings = read(&[("topic.toml", &topic)], &[]).unwrap_err();
    let finding = findings.iter().next().unwrap();
    assert_eq!((findings.len(), finding.line, finding.column), (1, Some(5), Some(30)));
    assert!(finding.to_string().contains("^^^^^^^^\n"), "{finding}");
}

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

error: `weekly` never comes
 --> config/digest.toml:4:10
  |
4 | weekly = "0 0 30 2 *"
  |          ^^^^^^^^^^^^
  |
  = help: no such day is in the calendar

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
fn a_key_in_the_wrong_table_is_told_where_it_belongs() {
    let findings = read(&[("digest.toml", "[mail]\nmax_connections = 3\nadmin_to = []\n")], &[]).unwrap_err();
    let hints: Vec<_> = findings.iter().filter_map(|finding| finding.hint.as_deref()).collect();
    let top = "`admin_to` belongs at the top of the file, above the first `[table]`";
    assert_eq!(hints, ["`max_connections` belongs in `[mail.smtp]`", top]);
}

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
        "POLICY_DIGEST_LOG",
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
fn mail_to_elsewhere_needs_a_public_https_address() {
    let loopback = "digest.toml: `public_url` is on this machine, while mail goes to `mail.example.org`";
    assert_eq!(found(&[("digest.toml", SMTP_ELSEWHERE)], &[]), [loopback]);
    let plain = found(&[("digest.toml", &format!("public_url = \"http://d.example.org\"\n{SMTP_ELSEWHERE}"))], &[]);
    assert_eq!(plain, ["digest.toml:1:14: `public_url` is plain http, while mail goes to `mail.example.org`"]);
    let variable = [("POLICY_DIGEST__PUBLIC_URL", "http://d.example.org")];
    assert!(found(&[("digest.toml", SMTP_ELSEWHERE)], &variable)[0].starts_with("POLICY_DIGEST__PUBLIC_URL: "));
    assert!(
        read(&[("digest.toml", SMTP_ELSEWHERE)], &[("POLICY_DIGEST__PUBLIC_URL", "https://d.example.org")]).is_ok()
    );
    assert!(read(&[("digest.toml", "[mail]\ntransport = \"smtp\"\n[mail.smtp]\ntls = \"none\"\n")], &[]).is_ok());
}

#[test]
fn a_password_in_the_file_is_refused_and_not_shown() {
    let findings = read(&[("digest.toml", "[mail.smtp]\npassword = \"hunter2\"\n")], &[]).unwrap_err();
    let shown = findings.to_string();
    assert!(shown.contains("a password does not belong in this file"), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn a_second_feed_of_one_name_or_one_address_is_refused_with_the_line_of_the_first() {
    let one = "[[feed]]\nid = \"a\"\nurl = \"https://example.org/feed\"\n";
    let findings = read(&[("feeds.toml", &format!("{one}{one}"))], &[]).unwrap_err();
    let told: Vec<_> = findings.iter().map(|f| (f.line, f.message.as_str(), f.hint.as_deref())).collect();
    let id = (Some(5), "a second feed is called `a`", Some("the first is in line 2"));
    assert_eq!(told, [id, (Some(6), "this feed is listed already", Some("the first is in line 3"))]);
}

#[test]
fn a_feed_from_a_file_needs_allow_files_and_starts_from_the_folder() {
    let feeds = "[[feed]]\nid = \"a\"\nurl = \"file:saved/a b.xml\"\ntopic = { prior = 1 }\n";
    assert_eq!(found(&[("feeds.toml", feeds)], &[]), ["feeds.toml:3:7: feeds from files are off"]);
    let folder = folder(&[("feeds.toml", feeds), ("digest.toml", "[polling]\nallow_files = true")]);
    let feed = &load(folder.path(), None, &[]).unwrap().feeds[0];
    assert_eq!(feed.url.to_file_path().unwrap(), folder.path().join("saved/a b.xml"));
    assert_eq!((feed.title.as_str(), feed.prior, feed.enabled), ("a", 1.0, true));
}

#[test]
fn what_is_missing_in_a_feed_is_found_at_its_header() {
    let feeds = "\n[[feed]]\nid = \"a\"\n[[feed]]\nurl = \"https://example.org\"\nurrl = 1\n";
    let expected = ["feeds.toml:2:1: `url` is missing", "feeds.toml:4:1: `id` is missing"];
    assert_eq!(found(&[("feeds.toml", feeds)], &[])[..2], expected);
}

#[test]
fn with_a_classifier_threshold_and_margin_are_percentages() {
    let topic = |lines: &str| {
        let head = "name = \"t\"\ntitle = \"T\"\ndescription = \"d\"\n";
        format!("{head}{lines}\n[classifier]\nfile = \"t.classifier\"\n")
    };
    for (lines, finding) in [
        ("threshold = 6", "topic.toml:4:13: `threshold` must be between 10 and 99 with a classifier"),
        ("threshold = 100", "topic.toml:4:13: `threshold` must be between 10 and 99 with a classifier"),
        (
            "borderline_margin = 0.5",
            "topic.toml:4:21: `borderline_margin` must be 0, or between 1 and 50, with a classifier",
        ),
    ] {
        let findings = found(&[("topic.toml", &topic(lines))], &[]);
        assert!(findings.contains(&finding.to_owned()), "{findings:?}");
    }
    let over = [("POLICY_DIGEST__RELEVANCE__BORDERLINE_MARGIN", "0.5")];
    let findings = found(&[("topic.toml", &topic("threshold = 50\nborderline_margin = 10"))], &over);
    let finding = "`borderline_margin` must be 0, or between 1 and 50, with a classifier";
    assert!(findings.iter().any(|it| it.contains("BORDERLINE_MARGIN") && it.contains(finding)), "{findings:?}");
}

#[test]
fn a_topic_of_an_earlier_version_is_told_the_next_step() {
    let topic =
        "name = \"t\"\ntitle = \"T\"\ndescription = \"d\"\nthreshold = 6.0\n[wording]\nfile = \"topic.wording\"\n";
    assert_eq!(found(&[("topic.toml", topic)], &[]), ["topic.toml:5:2: `[wording]` is now `[classifier]`"]);
}

#[test]
fn a_topic_is_read_with_its_weights_and_its_override() {
    let topic = "name = \"t\"\ntitle = \"T\"\ndescription = \"d\"\nthreshold = 5\n[weights]\nstrong = 9\n[general]\nstrong = \
                 [\"alpha beta\"]\n[[theme]]\nname = \"x\"\ntitle = \"X\"\nweak = [\"gamma\"]\n";
    let plain = read(&[("topic.toml", topic)], &[]).unwrap().topic;
    assert_eq!((plain.threshold, plain.general[0].weight, plain.themes[0].terms[0].weight), (5.0, 9.0, 1.0));
    let over = read(&[("topic.toml", topic)], &[("POLICY_DIGEST__RELEVANCE__THRESHOLD", "4.5")]).unwrap().topic;
    assert_eq!(over.threshold, 4.5);
    assert_ne!(over.fingerprint, plain.fingerprint);
}

#[test]
fn a_second_theme_of_one_name_and_an_empty_title_are_found() {
    let theme = "[[theme]]\nname = \"x\"\ntitle = \"\"\n";
    let topic = format!("{TOPIC_TOML}{theme}{theme}");
    let empty = "`title` is empty";
    let second = "topic.toml:8:8: a second theme is called `x`".to_owned();
    let expected = [format!("topic.toml:6:9: {empty}"), second, format!("topic.toml:9:9: {empty}")];
    assert_eq!(found(&[("topic.toml", &topic)], &[]), expected);
}

#[test]
fn a_file_with_errors_of_syntax_shows_the_first_three_and_the_other_files_are_still_checked() {
    let broken = "name = \"a\npublic_url = b\nlocale = c\ntimezone = d\npollling = 1\n";
    let findings =
        found(&[("digest.toml", broken), ("feeds.toml", "[[feed]]\nid = 1\n"), ("topic.toml", "a = b")], &[]);
    assert_eq!(findings.iter().filter(|f| f.starts_with("digest.toml:")).count(), 3, "{findings:#?}");
    assert!(findings[0].starts_with("digest.toml:1:10: not TOML: "), "{findings:#?}");
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

#[test]
fn the_data_folder_starts_from_the_configuration_folder_and_its_old_place_is_known() {
    let place = |line: &str| {
        let folder = folder(&[("digest.toml", line)]);
        std::fs::create_dir(folder.path().join("below")).unwrap();
        let settings = load(folder.path(), None, &[]).unwrap().settings;
        let from = |path: &Path| path.strip_prefix(folder.path().parent().unwrap()).map(Path::to_owned);
        let name = folder.path().file_name().unwrap();
        let place = from(&settings.data)
            .map(|path| path.strip_prefix(name).map(|path| Path::new("FOLDER").join(path)).unwrap_or(path));
        (place.unwrap_or_else(|_| settings.data.clone()), settings.former_data)
    };
    for (line, data, former) in [
        ("", "data", Some("data")),
        ("data = \"data\"", "FOLDER/data", Some("data")),
        ("data = \"../data\"", "data", Some("data")),
        ("data = \"../mine\"", "mine", Some("../mine")),
        ("data = \"./below/../x\"", "FOLDER/x", Some("./below/../x")),
        ("data = \"/srv/data\"", "/srv/data", None),
    ] {
        assert_eq!(place(line), (data.into(), former.map(Into::into)), "{line}");
    }
}

#[cfg(unix)]
#[test]
fn the_folder_above_a_link_is_the_one_above_its_target() {
    let (target, here) = (folder(&[("feeds.toml", "")]), tempfile::tempdir().unwrap());
    let link = here.path().join("config");
    std::os::unix::fs::symlink(target.path(), &link).unwrap();
    let data = load(&link, None, &[]).unwrap().settings.data;
    assert_eq!(data, link.join("../data"), "as the system reads it");
}

#[test]
fn a_password_file_is_read_from_the_folder() {
    let relay = "[mail]\ntransport = \"smtp\"\n[mail.smtp]\nusername = \"u\"\npassword_file = \"secret\"\n";
    let config = read(&[("digest.toml", relay), ("secret", "pass word\n")], &[]).unwrap();
    assert_eq!(config.settings.mail.smtp.password.as_ref().map(Secret::reveal), Some("pass word"));
    assert!(found(&[("digest.toml", relay)], &[])[0].starts_with("digest.toml:5:17: `password_file` cannot be read"));
}

#[test]
fn a_bounce_address_has_room_for_a_token_and_a_proof_goes_to_a_whole_address() {
    let mail = |line: &str| found(&[("digest.toml", &format!("[mail]\n{line}\n"))], &[]);
    let long = "b".repeat(27);
    let place = "digest.toml:2:18: `bounce_address`";
    let too_long = format!("{place} is too long before the `@`");
    assert_eq!(mail(&format!("bounce_address = \"{long}@example.org\"")), [too_long]);
    assert_eq!(mail("bounce_address = \"a+b@example.org\""), [format!("{place} must have no `+`")]);
    let wanted = "must be a mail address such as `someone@example.org`, not";
    assert_eq!(mail("bounce_address = \"bounces\""), [format!("{place} {wanted} `bounces`")]);
    assert_eq!(mail("proof_to = \"me@localhost\""), [format!("digest.toml:2:12: `proof_to` {wanted} `me@localhost`")]);
    assert_eq!(
        mail("unsubscribe_address = 1"),
        [
            "digest.toml:2:23: `unsubscribe_address` must be a mail address such as `someone@example.org`, not a whole number"
        ]
    );
    let fine = "[mail]\nbounce_address = \"bounces@example.org\"\nunsubscribe_address = \"leave@example.org\"\n";
    let settings = read(&[("digest.toml", fine)], &[]).unwrap().settings;
    assert_eq!(settings.mail.bounce_address.as_deref(), Some("bounces@example.org"));
}

#[test]
fn an_international_domain_is_read_into_its_ascii_form() {
    let text = "[mail]\nfrom = \"Digest <news@räte.example>\"\nbounce_address = \"bounces@räte.example\"\n";
    let mail = read(&[("digest.toml", text)], &[]).unwrap().settings.mail;
    assert_eq!(mail.from, "Digest <news@xn--rte-qla.example>");
    assert_eq!(mail.bounce_address.as_deref(), Some("bounces@xn--rte-qla.example"));
    assert_eq!(found(&[("digest.toml", "[mail]\nfrom = \"news@rä te.example\"\n")], &[]).len(), 1);
}

#[test]
fn a_signature_wants_names_of_the_dns() {
    let dkim = "[mail.dkim]\ndomain = \"example org\"\nselector = \"s1;\"\nkey_file = \"k\"\n";
    let wanted = "must be a name of letters, digits, hyphens and dots such as `example.org`, not";
    let findings = found(&[("digest.toml", dkim)], &[]);
    assert_eq!(
        findings,
        [
            format!("digest.toml:2:10: `domain` {wanted} `example org`"),
            format!("digest.toml:3:12: `selector` {wanted} `s1;`"),
        ]
    );
}

#[test]
fn a_signature_that_is_set_by_half_is_found_at_its_table() {
    let half = "[mail.dkim]\ndomain = \"example.org\"\nselector = \"\"\n";
    assert_eq!(found(&[("digest.toml", half)], &[]), ["digest.toml:1:1: `mail.dkim` is set by half"]);
}

#[test]
fn further_authorities_are_read_from_the_folder_and_must_be_pem() {
    let digest = "[polling]\nca_file = \"own.pem\"\n[mail.smtp]\nca_file = \"relay.pem\"\n";
    let pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let config = read(&[("digest.toml", digest), ("own.pem", pem), ("relay.pem", pem)], &[]).unwrap();
    assert_eq!(config.settings.polling.ca.as_deref(), Some(pem.as_bytes()));
    assert_eq!(config.settings.mail.smtp.ca.as_deref(), Some(pem.as_bytes()));
    let none = found(&[("digest.toml", digest), ("own.pem", pem)], &[]);
    assert!(none.len() == 1 && none[0].starts_with("digest.toml:4:11: `ca_file` cannot be read: "), "{none:?}");
    let der = found(&[("digest.toml", digest), ("own.pem", "0\u{82}"), ("relay.pem", pem)], &[]);
    assert_eq!(der, ["digest.toml:2:11: `ca_file` holds no certificate in PEM"]);
}

#[test]
fn the_name_in_ehlo_is_a_domain_or_an_address_in_brackets() {
    let named = |name: &str| read(&[("digest.toml", &format!("[mail.smtp]\nehlo_name = \"{name}\"\n"))], &[]);
    for name in ["digest.example.org", "localhost", "xn--bcher-kva.example", "[192.0.2.1]", "[IPv6:2001:db8::1]"] {
        assert_eq!(named(name).unwrap().settings.mail.smtp.ehlo_name.as_deref(), Some(name));
    }
    assert_eq!(named("").unwrap().settings.mail.smtp.ehlo_name, None);
    for wrong in
        ["192.0.2.1", "my_host.example.org", "a b", "-a.example.org", "example.org.", "[example.org]", "ä.example"]
    {
        assert_eq!(named(wrong).unwrap_err().len(), 1, "{wrong}");
    }
}

#[test]
fn a_network_is_an_address_and_a_length() {
    let networks = |list: &str| read(&[("digest.toml", &format!("[polling]\nallow_private = {list}\n"))], &[]);
    let config = networks("[\"10.0.0.0/8\", \"fd00::/8\", \"192.0.2.7\"]").unwrap();
    let read: Vec<_> = config.settings.polling.allow_private.iter().map(ToString::to_string).collect();
    assert_eq!(read, ["10.0.0.0/8", "fd00::/8", "192.0.2.7/32"]);
    for wrong in ["10.0.0.0/33", "10.0.0/8", "example.org", "10.0.0.0/", "/8"] {
        assert_eq!(networks(&format!("[\"{wrong}\"]")).unwrap_err().len(), 1, "{wrong}");
    }
}

#[test]
fn a_misspelt_zone_or_word_is_answered_with_the_nearest() {
    let digest = "timezone = \"Europe/Lodnon\"\n[mail]\ntransport = \"smpt\"\n";
    let findings = read(&[("digest.toml", digest)], &[]).unwrap_err();
    let hints: Vec<_> = findings.iter().filter_map(|finding| finding.hint.as_deref()).collect();
    assert_eq!(hints, ["did you mean `Europe/London`?", "did you mean `smtp`?"]);
}

#[test]
fn an_unknown_locale_is_refused_with_what_was_probably_meant() {
    for (written, hint) in [
        ("en-UK", "did you mean `en-GB`?"),
        ("en_gb", "did you mean `en-GB`?"),
        ("de-US", "did you mean `de`?"),
        ("enn-GB", "did you mean `en-GB`?"),
        ("tlh", "write `en` for dates in English; `config/digest.toml` says which languages are known"),
    ] {
        let folder = folder(&[("digest.toml", &format!("locale = \"{written}\""))]);
        let findings = load(folder.path(), None, &[]).unwrap_err().to_string();
        assert!(
            findings.contains(&format!("`locale` must be a language and country such as `en-GB`, not `{written}`"))
        );
        assert!(findings.contains(hint), "{written}: {findings}");
    }
}
