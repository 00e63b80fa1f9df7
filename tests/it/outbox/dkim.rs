//! Signatures before an independent verifier, from the library and from the running application; and what is said of
//! a key that must not be used.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use policy_digest::config::Mailbox;
use policy_digest::mail::dkim::{Key, Kind};
use policy_digest::mail::{Envelope, build};

use crate::support::dkim::{Dkimpy, configured, signer};
use crate::support::program::{policy_digest, smtp_config, text};
use crate::support::{Entry, Reply, SmtpSink, World, rss, wait_for, write_config};

fn made() -> DateTime<Utc> {
    "2024-11-25T07:00:00Z".parse().unwrap()
}

fn mail() -> Vec<u8> {
    let envelope = Envelope {
        from: Mailbox::new("Réform Digest", "digest@example.org"),
        to: "ada@example.org".into(),
        reply_to: Some(Mailbox::new("", "editor@example.org")),
        language: None,
        message_id: "<1.ada@example.org>".into(),
        date: made(),
        list_id: Some(("Digest".into(), "digest.example.org".into())),
        unsubscribe_url: Some("https://digest.example.org/u/1".into()),
        unsubscribe_mail: Some("mailto:leave@example.org?subject=unsubscribe%201".into()),
        archive_url: Some("https://digest.example.org/archive".into()),
        feedback_id: Some("1:weekly:digest:exampleorg".into()),
    };
    let body = "Zwölf Köche – und ein Topf.  \n\n.\n".repeat(50);
    build(&envelope, "A subject that is long enough to be folded, and näht", &body, &format!("<p>{body}</p>\n\n"))
        .unwrap()
}

/// PKCS#8 of a 2048-bit RSA key is 26 bytes of frame, then PKCS#1.
fn as_pkcs1(pem: &str) -> String {
    let der = STANDARD.decode(pem.lines().filter(|line| !line.starts_with('-')).collect::<String>()).unwrap();
    let lines = STANDARD.encode(&der[26..]);
    format!("-----BEGIN RSA PRIVATE KEY-----\n{lines}\n-----END RSA PRIVATE KEY-----\n")
}

#[test]
fn signatures_verify_independently_and_one_flipped_byte_fails() {
    let Some(dkimpy) = Dkimpy::find() else { return };
    let rsa = Key::generate(Kind::Rsa).unwrap();
    for pem in [as_pkcs1(&rsa), rsa, Key::generate(Kind::Ed25519).unwrap()] {
        let signer = signer(&pem);
        let record = signer.record();
        let signed = signer.signed(&mail(), made()).unwrap();
        assert!(dkimpy.is_good(&record, &signed), "{}", record.value);
        let text = String::from_utf8(signed.clone()).unwrap();
        let words = [
            "Topf",
            "digest@",
            "ada@",
            "subject",
            "2024 07:00",
            "<1.ada",
            "editor@",
            "/u/1",
            "One-Click",
            "subject=unsub",
            "/archive",
            "1:weekly",
            "auto-generated",
            "bulk",
            "alternative",
            "List-Id: Digest",
        ];
        let flipped = words.map(|word| {
            let at = text.rfind(word).unwrap_or_else(|| panic!("{word}"));
            let mut flipped = signed.clone();
            flipped[at + word.len() - 1] ^= 1;
            flipped
        });
        for (word, verdict) in words.iter().zip(dkimpy.verify(&record, &flipped)) {
            assert_ne!(verdict, "good", "{word}");
        }
    }
}

#[test]
fn a_second_from_or_subject_that_is_put_in_fails() {
    let Some(dkimpy) = Dkimpy::find() else { return };
    let signer = signer(&Key::generate(Kind::Ed25519).unwrap());
    let signed = String::from_utf8(signer.signed(&mail(), made()).unwrap()).unwrap();
    let with = |line: &str| signed.replacen("\r\nFrom: ", &format!("\r\n{line}\r\nFrom: "), 1).into_bytes();
    let more = ["From: x@example.net", "Subject: Another", "Reply-To: x@example.net", "Cc: x@example.net"].map(with);
    let verdicts = dkimpy.verify(&signer.record(), &more);
    assert!(verdicts.iter().all(|verdict| verdict != "good"), "{verdicts:?}");
    assert!(dkimpy.is_good(&signer.record(), &with("X-Spam-Status: no")), "what the way adds is allowed");
}

#[tokio::test]
async fn every_mail_of_the_application_is_signed() {
    let keys = tempfile::tempdir().unwrap();
    let (record, lines) = configured(Kind::Rsa, &keys.path().join("dkim.pem"));
    let world = World::configured(&format!("[mail]\nproof_to = \"editor@example.org\"\n{lines}")).await;
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1")])));
    world.subscribe("ada@example.org").await;
    world.once().await;
    let mails: Vec<Vec<u8>> = world.sent.lock().unwrap().iter().map(|sent| sent.bytes.clone()).collect();
    assert_eq!(mails.len(), 2, "a proof and a digest");
    assert!(mails.iter().all(|mail| mail.starts_with(b"DKIM-Signature: v=1; a=rsa-sha256;")));
    if let Some(dkimpy) = Dkimpy::find() {
        assert_eq!(dkimpy.verify(&record, &mails), ["good", "good"]);
    }
}

#[test]
fn a_mail_that_is_sent_again_after_a_kill_has_the_same_bytes_and_signature() {
    let (sink, folder) = (SmtpSink::start(), tempfile::tempdir().unwrap());
    smtp_config(&sink, folder.path(), 6);
    let (_, lines) = configured(Kind::Ed25519, &folder.path().join("dkim.pem"));
    let digest = folder.path().join("config/digest.toml");
    std::fs::write(&digest, std::fs::read_to_string(&digest).unwrap() + &lines).unwrap();
    // Taken, and not yet answered when the process is killed.
    sink.slow_down(Duration::from_millis(500));
    let mut killed =
        policy_digest(folder.path()).arg("once").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    assert!(wait_for(Duration::from_secs(60), || sink.received() >= 2));
    killed.kill().unwrap();
    killed.wait().unwrap();
    sink.slow_down(Duration::ZERO);
    let again = policy_digest(folder.path()).arg("once").output().unwrap();
    assert!(again.status.success(), "{}", text(&again));
    assert!(wait_for(Duration::from_secs(10), || sink.taken().len() == sink.received()));
    let mut copies: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for message in sink.taken() {
        copies.entry(message.to[0].clone()).or_default().push(message.data);
    }
    assert_eq!(copies.len(), 6);
    assert!(copies.values().any(|copies| copies.len() == 2), "at least one came twice");
    assert!(copies.values().all(|copies| copies.iter().all(|copy| *copy == copies[0])));
    assert!(copies.values().flatten().all(|copy| copy.starts_with("DKIM-Signature: ")));
}

#[test]
fn a_key_that_others_may_read_or_that_is_too_weak_is_a_finding_at_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("config/dkim.pem");
    write_config(folder.path(), &[("blog", "https://blog.example.org/feed")], "");
    let (_, lines) = configured(Kind::Ed25519, &key);
    write_config(folder.path(), &[("blog", "https://blog.example.org/feed")], &lines);
    let check = || text(&policy_digest(folder.path()).args(["check"]).output().unwrap());
    assert!(check().contains("no mistakes"), "{}", check());
    let readable = |mode| std::fs::set_permissions(&key, std::fs::Permissions::from_mode(mode)).unwrap();
    readable(0o640);
    let shown = check();
    assert!(shown.contains("`key_file` can be read by other users") && shown.contains("chmod 600 "), "{shown}");
    assert!(shown.contains("config/digest.toml:8:12"), "{shown}");
    readable(0o600);
    std::fs::write(&key, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    let shown = check();
    assert!(shown.contains("`key_file` holds no private key in PEM") && shown.contains("digest.toml:8:12"), "{shown}");
    assert!(shown.contains("^^^") && shown.contains("policy-digest dkim generate"), "{shown}");
    // The beginning of an RSA key (PKCS#1) whose modulus has 1024 bits.
    let weak = [&[0x30, 0x81, 0x87, 0x02, 0x01, 0x00, 0x02, 0x81, 0x81, 0x00], [0xff; 128].as_slice()].concat();
    let weak = STANDARD.encode(weak);
    std::fs::write(&key, format!("-----BEGIN RSA PRIVATE KEY-----\n{weak}\n-----END RSA PRIVATE KEY-----\n")).unwrap();
    let shown = check();
    assert!(
        shown.contains("`key_file` holds an RSA key of 1024 bits") && shown.contains("digest.toml:8:12"),
        "{shown}"
    );
    assert!(shown.contains("help: receivers trust keys of 2048 bits or more") && !shown.contains(&weak), "{shown}");
}

#[test]
fn check_tells_that_mail_leaves_unsigned() {
    let folder = tempfile::tempdir().unwrap();
    let (_, lines) = configured(Kind::Ed25519, &folder.path().join("dkim.pem"));
    let smtp = "[mail]\ntransport = \"smtp\"\n";
    for (more, is_told) in [("", false), (smtp, true), (&format!("{smtp}{lines}"), false)] {
        write_config(folder.path(), &[("blog", "https://blog.example.org/feed")], more);
        let shown = text(&policy_digest(folder.path()).args(["check"]).output().unwrap());
        assert_eq!(
            shown.contains("emails are not signed (DKIM)\n  next: run `policy-digest dkim generate`"),
            is_told,
            "{shown}"
        );
    }
}

#[test]
fn a_missing_key_is_made_by_the_command_that_the_hint_names() {
    let folder = tempfile::tempdir().unwrap();
    let lines = "[mail.dkim]\ndomain = \"example.org\"\nselector = \"s1\"\nkey_file = \"dkim.pem\"\n";
    write_config(folder.path(), &[("blog", "https://blog.example.org/feed")], lines);
    let run = |arguments: &[&str]| policy_digest(folder.path()).args(arguments).output().unwrap();
    let shown = text(&run(&["check"]));
    let named =
        shown.split("run `policy-digest ").nth(1).unwrap_or_else(|| panic!("{shown}")).split('`').next().unwrap();
    let made = run(&named.split_whitespace().collect::<Vec<_>>());
    assert!(made.status.success(), "{}", text(&made));
    assert!(text(&run(&["check"])).contains("no mistakes"));
}

#[test]
fn a_domain_that_is_not_the_senders_is_a_finding() {
    let folder = tempfile::tempdir().unwrap();
    let (_, lines) = configured(Kind::Ed25519, &folder.path().join("dkim.pem"));
    let feeds = [("blog", "https://blog.example.org/feed")];
    for (domain, is_fine) in [("example.net", false), ("mail.example.org", true), ("badexample.org", false)] {
        write_config(folder.path(), &feeds, &lines.replace("example.org", domain));
        let shown = text(&policy_digest(folder.path()).args(["check"]).output().unwrap());
        assert_eq!(shown.contains("no mistakes"), is_fine, "{domain}: {shown}");
        assert!(is_fine || shown.contains("sign with the domain of `from`: `domain = \"example.org\"`"), "{shown}");
    }
}

#[test]
fn dkim_generate_makes_a_private_file_once_and_the_record_is_its_own() {
    let folder = tempfile::tempdir().unwrap();
    write_config(folder.path(), &[("blog", "https://blog.example.org/feed")], "");
    let run = |arguments: &[&str]| policy_digest(folder.path()).args(arguments).output().unwrap();
    let made = run(&["dkim", "generate", "--selector", "s1", "--json"]);
    assert!(made.status.success(), "{}", text(&made));
    let made: serde_json::Value = serde_json::from_slice(&made.stdout).unwrap();
    assert_eq!((&made["domain"], &made["key_file"]), (&"example.org".into(), &"dkim-s1.pem".into()));
    let file = folder.path().join("config/dkim-s1.pem");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let key = std::fs::read(&file).unwrap();
    let again = run(&["dkim", "generate", "--selector", "s1"]);
    assert_eq!(again.status.code(), Some(2), "{}", text(&again));
    assert!(text(&again).contains("never overwritten"), "{}", text(&again));
    assert_eq!(std::fs::read(&file).unwrap(), key);
    assert_eq!(run(&["dkim", "record"]).status.code(), Some(2), "nothing is configured");
    let lines = "[mail.dkim]\ndomain = \"example.org\"\nselector = \"s1\"\nkey_file = \"dkim-s1.pem\"\n";
    write_config(folder.path(), &[("blog", "https://blog.example.org/feed")], lines);
    let shown: serde_json::Value = serde_json::from_slice(&run(&["dkim", "record", "--json"]).stdout).unwrap();
    assert_eq!(shown, made["record"]);
    assert_eq!(shown["strings"].as_array().unwrap().len(), 2);
    assert!(!text(&run(&["dkim", "record"])).contains("PRIVATE"));
}
