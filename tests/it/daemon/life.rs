//! A daemon's life as people see it, with the built binary: first poll, a sign-up, a slot that comes, mails that are
//! refused, edits good and bad, a complaint, a leaving, the end. And that its log, with everything in it, names nobody.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::daemon::{Daemon, status, until};
use crate::support::program::{policy_digest, text};
use crate::support::{Entry, Mail, SmtpSink, rss, wait_for, write_config};

const PEOPLE: [&str; 4] = ["ada@example.org", "gone@example.org", "late@example.org", "zoe@example.org"];

/// Mail by this sink; no slot before New Year; three people of four.
fn configure(folder: &Path, sink: &SmtpSink) {
    let mail = format!(
        "[mail]\ntransport = \"smtp\"\nbounce_address = \"bounces@example.org\"\nunsubscribe_address = \"leave@example.org\"\n\
         [mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n\
         [schedule]\ndaily = \"0 0 1 1 *\"\nweekly = \"0 0 1 1 *\"\nmonthly = \"0 0 1 1 *\"\n",
        sink.port
    );
    write_config(folder, &[("blog", "file:blog.xml")], &mail);
    let entry = Entry { published: Some(chrono::Utc::now()), ..Entry::on_topic("1") };
    std::fs::write(folder.join("config/blog.xml"), rss(&[entry])).unwrap();
    std::fs::write(folder.join("config/subscribers.csv"), format!("email\n{}\n", PEOPLE[..3].join("\n"))).unwrap();
    sink.answer(PEOPLE[1], "550 5.1.1 <gone@example.org>: Recipient gone@example.org is unknown here");
    sink.answer(PEOPLE[2], "451 4.2.2 <late@example.org>... late@example.org is over quota");
}

/// What was sent to somebody, the newest first.
fn mails_to(sink: &SmtpSink, address: &str) -> Vec<Mail> {
    let taken = sink.taken().into_iter().rev().filter(|taken| taken.to[0] == address);
    taken.map(|taken| Mail::read(taken.data.as_bytes())).collect()
}

/// The path of a link of this kind, as `/confirm/…`.
fn link(mail: &Mail, kind: &str) -> String {
    let all = format!("{}\n{}", mail.headers, mail.text);
    let from = all.find(kind).unwrap_or_else(|| panic!("no {kind} in {all}"));
    all[from..].split(|c: char| !(c.is_alphanumeric() || "/._-~".contains(c))).next().unwrap().to_owned()
}

fn sign_up(daemon: &Daemon, address: &str) -> String {
    let page = daemon.request("GET", "/");
    let stamp = page.split("name=\"stamp\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let asked = Instant::now();
    until("a person would have typed their address", || asked.elapsed() > Duration::from_secs(4));
    let form = format!("address={address}&cadence=weekly&theme=collaboration&company=&stamp={stamp}");
    let answer = daemon.post("POST", "/", &form.replace('@', "%40"));
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("Check your email"), "{answer}");
    stamp
}

fn edit(folder: &Path, from: &str, to: &str) {
    let path = folder.join("config/digest.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from));
    std::fs::write(path, text.replace(from, to)).unwrap();
}

/// A feedback report about this mail, piped in as a mail server would; what it logged.
fn complain(folder: &Path, mail: &Mail) -> String {
    let report = format!(
        "From: fbl@example.net\r\nTo: bounces@example.org\r\nContent-Type: multipart/report; report-type=feedback-report; \
         boundary=b\r\n\r\n--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n\r\n--b\r\n\
         Content-Type: message/rfc822\r\n\r\n{}--b--\r\n",
        mail.raw
    );
    let mut command = policy_digest(folder);
    command.args(["bounce", "-vv"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(report.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    String::from_utf8(output.stderr).unwrap()
}

/// Every token in these mails: what follows the kind of a link, and the one for a mail program.
fn tokens(sink: &SmtpSink) -> BTreeSet<String> {
    let mut tokens = BTreeSet::new();
    for mail in sink.taken().iter().map(|taken| Mail::read(taken.data.as_bytes())) {
        let all = format!("{}\n{}", mail.headers, mail.text);
        for kind in ["/confirm/", "/unsubscribe/", "/p/", "/address/", "unsubscribe%20"] {
            let found = all.split(kind).skip(1).map(|rest| {
                rest.split(|c: char| !(c.is_alphanumeric() || "._-~".contains(c))).next().unwrap().to_owned()
            });
            tokens.extend(found.filter(|token| token.len() > 20));
        }
    }
    tokens
}

fn names_nobody(log: &str, tokens: &BTreeSet<String>) {
    for address in PEOPLE {
        let local = address.split('@').next().unwrap();
        assert!(!log.contains(address) && !log.contains(&format!("{local}@")), "{address} is in the log:\n{log}");
    }
    assert!(tokens.len() >= 6, "{tokens:?}");
    for token in tokens {
        let signature = token.rsplit('.').next().unwrap();
        assert!(!log.contains(token.as_str()) && !log.contains(signature), "{token} is in the log:\n{log}");
    }
}

#[test]
fn a_whole_life_from_the_first_poll_to_the_end_and_its_log_names_nobody() {
    let (sink, folder) = (SmtpSink::start(), tempfile::tempdir().unwrap());
    configure(folder.path(), &sink);
    let mut daemon = Daemon::start_with(folder.path(), |command| {
        command.arg("-v");
    });
    until("the feed was polled", || status(folder.path())["feeds"][0]["items"] == 1);
    let stamp = sign_up(&daemon, PEOPLE[3]);
    until("the question was mailed", || !mails_to(&sink, PEOPLE[3]).is_empty());
    let path = link(&mails_to(&sink, PEOPLE[3])[0], "/confirm/");
    assert!(daemon.request("POST", &path).starts_with("HTTP/1.1 200"));
    assert_eq!(status(folder.path())["subscribers"]["active"], 4);

    edit(folder.path(), "weekly = \"0 0 1 1 *\"", "weekly = \"* * * * *\"");
    daemon.hang_up();
    until("the edit was taken over", || daemon.log().contains("`schedule.weekly`"));
    let digest =
        |address| mails_to(&sink, address).into_iter().find(|mail| mail.headers.contains("List-Unsubscribe-Post"));
    let came = wait_for(Duration::from_secs(90), || [PEOPLE[0], PEOPLE[3]].iter().all(|who| digest(who).is_some()));
    assert!(came, "the slot of the next minute was missed:\n{}", daemon.log());
    edit(folder.path(), "[schedule]", "[shedule]");
    daemon.hang_up();
    until("the mistake was told", || daemon.log().contains("did you mean `schedule`?"));
    assert_eq!(status(folder.path())["untaken"]["refused"], true);
    edit(folder.path(), "[shedule]", "[schedule]");
    daemon.hang_up();
    until("it was mended", || status(folder.path())["untaken"].is_null());

    let bounce_log = complain(folder.path(), &digest(PEOPLE[0]).unwrap());
    let path = link(&digest(PEOPLE[3]).unwrap(), "/unsubscribe/");
    assert!(daemon.post("POST", &path, "List-Unsubscribe=One-Click").starts_with("HTTP/1.1 200"));
    let seen = status(folder.path());
    let people = &seen["subscribers"];
    assert_eq!(
        (&people["suppressed"], &people["left"], &people["active"]),
        (&2.into(), &1.into(), &1.into()),
        "{seen}"
    );
    daemon.terminate();
    let (ended, log) = daemon.end();
    assert_eq!(ended.code(), Some(0), "{log}");
    assert!(log.lines().all(|line| line.starts_with('{')) && log.contains("\"level\":\"DEBUG\""), "{log}");
    assert_eq!(log.matches("made a digest").count(), 1, "one line a run: {log}");
    let mut secrets = tokens(&sink);
    secrets.insert(stamp);
    names_nobody(&format!("{log}{bounce_log}"), &secrets);
}
