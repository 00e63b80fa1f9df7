//! Through a real relay: Debian's Postfix with STARTTLS and a log-in. A run of 200 arrives, each mail once and with
//! a signature that still verifies; and what comes back of an unknown user tells whose mail it was.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use crate::support::dkim::{Dkimpy, configured};
use crate::support::postfix::{PASSWORD, Postfix, USERNAME};
use crate::support::program::{policy_digest, text};
use crate::support::{Entry, aloud, rss, wait_for, write_config};
use policy_digest::mail::dkim::{Kind, Record};

const PEOPLE: usize = 200;
/// Taken by the relay, which finds at delivery that nobody has this address.
const UNKNOWN: &str = "ghost@example.org";

/// A configuration that signs and sends to the relay; the key's record.
fn configure(folder: &Path, postfix: &Postfix, users: &[String]) -> Record {
    let (record, dkim) = configured(Kind::Rsa, &folder.join("dkim.pem"));
    let smtp = format!(
        "[mail]\ntransport = \"smtp\"\nfrom = \"Policy Digest <digest@example.org>\"\n\
         bounce_address = \"bounces@digest.example.org\"\n{dkim}[mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\n\
         tls = \"starttls\"\nusername = \"{USERNAME}\"\n",
        postfix.port
    );
    write_config(folder, &[("blog", "file:blog.xml")], &smtp);
    let entry = Entry { published: Some(chrono::Utc::now()), ..Entry::on_topic("1") };
    std::fs::write(folder.join("config/blog.xml"), rss(&[entry])).unwrap();
    let people: String = users.iter().map(|user| format!("{user}@example.org\n")).collect();
    std::fs::write(folder.join("config/subscribers.csv"), format!("email\n{people}{UNKNOWN}\n")).unwrap();
    record
}

/// Runs `policy-digest ARGUMENTS`, for a minute and a half at the most.
fn run(folder: &Path, arguments: &[&str], input: Stdio) -> std::process::Output {
    let mut command = policy_digest(folder);
    command.args(arguments).env("SSL_CERT_FILE", Postfix::authority());
    command.env("POLICY_DIGEST__MAIL__SMTP__PASSWORD", PASSWORD);
    // Files, because a pipe that nobody reads is full after 64 KiB.
    let (out, err) = (folder.join("stdout"), folder.join("stderr"));
    command.stdout(std::fs::File::create(&out).unwrap()).stderr(std::fs::File::create(&err).unwrap());
    let mut child: Child = command.stdin(input).spawn().unwrap();
    if !wait_for(Duration::from_secs(90), || child.try_wait().unwrap().is_some()) {
        child.kill().unwrap();
    }
    let status = child.wait().unwrap();
    std::process::Output { status, stdout: std::fs::read(out).unwrap(), stderr: std::fs::read(err).unwrap() }
}

#[test]
fn a_run_of_200_arrives_through_a_real_relay_signed_and_the_unknown_one_comes_back() {
    let users: Vec<String> = (0..PEOPLE).map(|number| format!("reader{number}")).collect();
    let Some(postfix) = Postfix::start(&users) else { return };
    let folder = tempfile::tempdir().unwrap();
    let record = configure(folder.path(), &postfix, &users);
    let output = run(folder.path(), &["once"], Stdio::null());
    assert!(output.status.success(), "{}\n{}", text(&output), postfix.log());
    assert!(text(&output).contains("201 emails sent"), "{}", text(&output));
    let all_of =
        |name: &str| users.iter().all(|user| !postfix.mails(user).is_empty()) && !postfix.mails(name).is_empty();
    assert!(wait_for(Duration::from_secs(60), || all_of("bounces")), "not all arrive\n{}", postfix.log());

    let mails: Vec<Vec<u8>> = users.iter().flat_map(|user| postfix.mails(user)).collect();
    assert_eq!(mails.len(), PEOPLE, "each has one");
    let shown: Vec<String> = mails.iter().map(|mail| String::from_utf8(mail.clone()).unwrap()).collect();
    let paths: BTreeSet<&str> = shown.iter().map(|mail| mail.lines().next().unwrap()).collect();
    assert!(paths.iter().all(|path| path.starts_with("Return-Path: <bounces+")), "{:?}", paths.first());
    assert_eq!(paths.len(), PEOPLE, "each has a return path of its own");
    assert!(shown.iter().all(|mail| mail.contains("with ESMTPSA")), "under TLS, and logged in");
    let signed = Dkimpy::find().map(|dkimpy| dkimpy.verify(&record, &mails));
    let good = signed.iter().flatten().filter(|verdict| *verdict == "good").count();
    assert!(signed.is_none() || good == PEOPLE, "{signed:?}");
    aloud(&format!("{PEOPLE} mails arrived through Postfix, {good} signatures verified after transit"));

    let returned = postfix.mails("bounces");
    assert_eq!(returned.len(), 1);
    the_returned_mail_tells_whose_it_was(folder.path(), &String::from_utf8(returned[0].clone()).unwrap());
}

fn the_returned_mail_tells_whose_it_was(folder: &Path, returned: &str) {
    let to = returned.lines().find_map(|line| line.strip_prefix("To: ")).unwrap();
    assert!(to.starts_with("bounces+") && to.ends_with("@digest.example.org"), "{to}");
    assert!(returned.contains("\nStatus: 5.1.1\n") && returned.contains(UNKNOWN), "{returned}");
    let file = folder.join("returned.eml");
    std::fs::write(&file, returned).unwrap();
    let output = run(folder, &["bounce"], std::fs::File::open(&file).unwrap().into());
    assert!(output.status.success(), "{}", text(&output));
    let list = run(folder, &["subscribers", "list", "--json"], Stdio::null());
    let people: Vec<serde_json::Value> = serde_json::from_slice(&list.stdout).unwrap();
    let status =
        |address: &str| people.iter().find(|person| person["address"] == address).map(|it| it["status"].clone());
    assert_eq!(status(UNKNOWN), Some("suppressed".into()));
    assert_eq!(status("reader0@example.org"), Some("active".into()));
}
