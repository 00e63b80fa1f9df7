//! What returned emails are taken for: samples in the shapes of mail servers and providers, in our own words, against what
//! they are. `cargo test --test it confusion -- --nocapture` prints the table. Wrong in the direction that hurts is a
//! living person suppressed by one report, a blocklisting that counts against the person, or an answer, a warning or a
//! person's own email taken for a bounce.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use policy_digest::domain::outbox::bounce::{Cause, Fault};
use policy_digest::mail::reply::{Command, Reply, finding};
use policy_digest::mail::report::{Notice, read};

use crate::support::aloud;

const TOKEN: &str = "bounces+2a-5f0c1d9e8b7a6f5e4d3c@digest.test";
const READER: &str = "ada@people.test";
const COPY: &str = "Return-Path: <bounces+2a-5f0c1d9e8b7a6f5e4d3c@digest.test>\nFrom: Digest <digest@digest.test>\n\
                    To: ada@people.test\nSubject: Mailbox full of reform, blocked by policy\nMessage-ID: <1.x@digest.test>\n\n\
                    User unknown. 550 5.1.1 no such user. Spam!\n";

const CLASSES: [&str; 11] =
    ["dead", "disabled", "full", "filtered", "ours", "temporary", "unclear", "complaint", "auto", "delay", "other"];

/// One sample: what it is, what it is called, how it is made, and its text.
pub struct Sample {
    pub class: &'static str,
    pub name: &'static str,
    how: &'static str,
    what: &'static str,
    body: String,
}

/// What a sample was taken for, and by whose fault.
struct Found {
    class: &'static str,
    fault: Option<Fault>,
}

pub fn samples() -> Vec<Sample> {
    let text = include_str!("../../fixtures/returned.txt");
    let sample = |text: &'static str| {
        let (head, rest) = text.split_once('\n').unwrap();
        let (class, name) = head.split_once(' ').unwrap();
        let (line, body) = rest.split_once('\n').unwrap_or((rest, ""));
        let (how, what) = line.split_once(' ').unwrap_or((line, ""));
        let body = body.replace("COPY", COPY).replace("READER", READER);
        Sample { class: class.trim(), name, how, what, body }
    };
    text.split("\n== ").skip(1).map(sample).collect()
}

impl Sample {
    /// The email, if it is one.
    pub fn email(&self) -> Option<String> {
        let what = self.what.replace("READER", READER);
        let parts: Vec<&str> = what.split('|').map(str::trim).collect();
        let part = |at: usize| parts.get(at).copied().unwrap_or_default();
        let more: String = part(2)
            .split(';')
            .map(str::trim)
            .filter(|field| !field.is_empty())
            .map(|field| format!("{field}\n"))
            .collect();
        let head = |path: &str, from: &str, subject: &str| {
            format!("Return-Path: <{path}>\nFrom: {from}\nTo: {TOKEN}\nSubject: {subject}\nMIME-Version: 1.0\n")
        };
        let multipart = |kind: &str, parts: &[String]| {
            let parts: String = parts.iter().map(|part| format!("--=_b\n{part}\n")).collect();
            format!("Content-Type: multipart/{kind}; boundary=\"=_b\"\n\n{parts}--=_b--\n")
        };
        let words = |text: &str| format!("Content-Type: text/plain; charset=utf-8\n\n{text}\n");
        let ours = format!("Content-Type: message/rfc822\n\n{COPY}");
        let report = "report; report-type=delivery-status";
        Some(match self.how {
            "smtp" | "data" => return None,
            "dsn" => {
                let action = if part(3).is_empty() { "failed" } else { part(3) };
                let diagnostic =
                    if part(2).is_empty() { String::new() } else { format!("Diagnostic-Code: {}\n", part(2)) };
                let status = format!(
                    "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.test\n\n\
                     Final-Recipient: rfc822; {READER}\nAction: {action}\nStatus: {}\n{diagnostic}",
                    part(1)
                );
                let parts = [words("The email could not be brought to where it was to go."), status, ours];
                head("", part(0), "Undelivered mail") + "Auto-Submitted: auto-replied\n" + &multipart(report, &parts)
            }
            "report" => head("", part(0), part(1)) + &more + &multipart(report, &[words(&self.body)]),
            "with" => head("", part(0), part(1)) + &more + &multipart("mixed", &[words(&self.body), ours]),
            "text" => head("", part(0), part(1)) + &more + &words(&self.body),
            "mail" => head("ada@people.test", part(0), part(1)) + &more + &words(&self.body),
            "receipt" => {
                let receipt =
                    "Content-Type: message/disposition-notification\n\nDisposition: manual-action; displayed\n";
                let kind = "report; report-type=disposition-notification";
                head("", READER, "Read: Reform digest") + &multipart(kind, &[words("It was read."), receipt.to_owned()])
            }
            "arf" => {
                let feedback = format!(
                    "Content-Type: message/feedback-report\n\nFeedback-Type: {}\nVersion: 1\nUser-Agent: x/1\n",
                    part(0)
                );
                let kind = "report; report-type=feedback-report";
                head("fbl@provider.test", "fbl@provider.test", "Email feedback") + &multipart(kind, &[feedback, ours])
            }
            "jmrp" => {
                let ours = ours.replace("\n\n", &format!("\n\nX-HmXmrOriginalRecipient: {READER}\n"));
                head("staff@hotmail.test", "staff@hotmail.test", part(0)) + &multipart("mixed", &[ours])
            }
            how => panic!("{how} is no way to make a sample"),
        })
    }

    fn found(&self) -> Found {
        let by_cause = |cause: Cause, fault: Fault| Found { class: cause.as_str(), fault: Some(fault) };
        let Some(email) = self.email() else {
            let command = if self.how == "smtp" { Command::Rcpt } else { Command::Message };
            let what = self.what.replace("READER", READER);
            let (code, words) = what.split_once(' ').unwrap_or((&what, ""));
            let found = finding(command, &Reply::new(code.parse().unwrap(), words));
            return by_cause(found.cause, found.fault);
        };
        let plain = |class| Found { class, fault: None };
        match read(email.as_bytes()).notice {
            Notice::Failed { fault, cause, .. } => by_cause(cause, fault),
            Notice::Passing => plain("delay"),
            Notice::Complaint => Found { class: "complaint", fault: Some(Fault::Complaint) },
            Notice::AutoReply => plain("auto"),
            Notice::Unsubscribe(_) | Notice::Other => plain("other"),
        }
    }

    fn hurts(&self, found: &Found) -> bool {
        let is_bounce = !matches!(self.class, "auto" | "delay" | "other" | "complaint");
        let is_transient = self.what.starts_with('4');
        match found.fault {
            Some(Fault::Person) => self.class != "dead",
            Some(Fault::Complaint) => self.class != "complaint",
            Some(Fault::Soft) => !is_bounce || (matches!(self.class, "filtered" | "ours") && !is_transient),
            Some(Fault::Ours) => !is_bounce,
            None => false,
        }
    }
}

#[test]
fn confusion() {
    let (mut table, mut wrong, mut hurting) = (BTreeMap::new(), String::new(), 0);
    let samples = samples();
    for sample in &samples {
        let found = sample.found();
        *table.entry((sample.class, found.class)).or_insert(0) += 1;
        let hurts = sample.hurts(&found);
        hurting += usize::from(hurts);
        if hurts || found.class != sample.class {
            let hurts = if hurts { ", which hurts" } else { "" };
            writeln!(wrong, "{} {}: {} {:?}{hurts}", sample.class, sample.name, found.class, found.fault).unwrap();
        }
    }
    let mut shown = format!("{:10}", "is \\ taken");
    CLASSES.iter().for_each(|class| write!(shown, "{class:>10}").unwrap());
    for is in CLASSES {
        write!(shown, "\n{is:10}").unwrap();
        CLASSES.iter().for_each(|taken| {
            let number = table.get(&(is, *taken)).map_or(String::from("."), i32::to_string);
            write!(shown, "{number:>10}").unwrap();
        });
    }
    aloud(&format!("{shown}\n{} samples, {hurting} wrong in the direction that hurts\n{wrong}", samples.len()));
    assert!(samples.len() >= 120);
    assert_eq!((hurting, wrong.as_str()), (0, ""));
}
