//! Mail servers that cannot be trusted, and networks with somebody in between: nothing is sent in clear, nothing is
//! tried twice, nothing is waited for without end, and the error says what is wrong and what to do.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::future::join_all;
use policy_digest::mail::reply::Command;
use policy_digest::mail::smtp::{Login, Pool, Settings, Tls};
use policy_digest::mail::{Error, Verdict};

use super::{send, settings};
use crate::support::program::{policy_digest, text};
use crate::support::smtp_stage::{Act, Script, Stage, say};
use crate::support::write_config;

const SECURE: &[&str] = &["STARTTLS", "AUTH PLAIN LOGIN", "PIPELINING"];

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/tls").join(name)
}

/// With a password to lose, and a deadline that a test can wait for.
fn careful(stage: &Stage, tls: Tls) -> Settings {
    Settings {
        tls,
        ca: Some(std::fs::read(fixture("authority.pem")).unwrap()),
        login: Some(Login { username: "ada@example.org".to_owned(), password: "hunter2".to_owned() }),
        ..settings(stage)
    }
}

/// One refused attempt: one connection, nothing of a mail and no log-in in the clear, no secret in the words.
async fn refused(stage: &Stage, settings: Settings) -> Error {
    let pool = Pool::new(settings);
    let error = send(&pool, "ben", b"secret\r\n").await.unwrap_err();
    let clear = stage.clear();
    for word in ["AUTH", "MAIL", "RCPT", "DATA", "secret", "hunter2"] {
        assert!(!clear.contains(word), "{word} in the clear: {clear}");
    }
    assert_eq!(stage.connections(), 1, "one attempt only");
    assert!(error.concerns_the_relay(), "{error:?}");
    let words = format!("{error} {error:?} {pool:?}");
    for secret in ["ada@", "ben@", "hunter2"] {
        assert!(!words.contains(secret), "{words}");
    }
    error
}

#[tokio::test]
async fn a_stripped_starttls_sends_nothing() {
    let stage = Stage::start(Script::offering(&["AUTH PLAIN"])).await;
    let error = refused(&stage, careful(&stage, Tls::StartTls)).await;
    assert_eq!(error.to_string(), "the mail server `127.0.0.1` does not offer STARTTLS");
    assert!(error.verdict() == Verdict::Ours && error.hint().unwrap().contains("`tls = \"tls\"`"));
}

#[tokio::test]
async fn a_refused_starttls_sends_nothing() {
    for (words, verdict) in [("454 4.7.0 not now", Verdict::Transient), ("502 5.5.1 never", Verdict::Ours)] {
        let script =
            Script::offering(SECURE).answering(move |stage, _| if stage == "STARTTLS" { say(words) } else { None });
        let stage = Stage::start(script).await;
        let error = refused(&stage, careful(&stage, Tls::StartTls)).await;
        assert_eq!(error.to_string(), format!("the mail server refused STARTTLS: {}", &words[..9]));
        assert_eq!(error.verdict(), verdict);
    }
}

#[tokio::test]
async fn an_answer_injected_before_the_handshake_is_refused() {
    for injected in ["250-evil\r\n250 AUTH PLAIN\r\n", "220 evil\r\n"] {
        let answer =
            move |stage: &str, _: &str| if stage == "STARTTLS" { say(&format!("220 go\r\n{injected}")) } else { None };
        let script = Script::offering(SECURE).with_certificate(&fixture("here.pem")).answering(answer);
        let stage = Stage::start(script).await;
        let error = refused(&stage, careful(&stage, Tls::StartTls)).await;
        let Error::Handshake { source, .. } = &error else { panic!("the handshake is to choke on it: {error:?}") };
        assert!(source.to_string().contains("corrupt message"), "{source}");
    }
}

#[tokio::test]
async fn a_certificate_that_proves_nothing_is_refused() {
    let own = std::fs::read(fixture("expired.pem")).unwrap();
    for (pem, ca, words, hint) in [
        ("elsewhere.pem", None, "not valid for name \"127.0.0.1\"", "`host`"),
        ("own.pem", None, "UnknownIssuer", "`ca_file`"),
        ("expired.pem", Some(own), "certificate expired", "new certificate"),
    ] {
        for tls in [Tls::Implicit, Tls::StartTls] {
            let script = Script::offering(SECURE).with_certificate(&fixture(pem));
            let script = if tls == Tls::Implicit { script.implicit() } else { script };
            let stage = Stage::start(script).await;
            let with_ca = careful(&stage, tls);
            let error = refused(&stage, Settings { ca: ca.clone().or(with_ca.ca.clone()), ..with_ca }).await;
            assert_eq!(error.to_string(), "the certificate of the mail server `127.0.0.1` is not accepted");
            let source = std::error::Error::source(&error).unwrap().to_string();
            assert!(source.contains(words), "{pem}: {source}");
            assert!(error.hint().unwrap().contains(hint) && error.verdict() == Verdict::Ours, "{pem}");
        }
    }
}

/// The other tests here would pass, too, if nothing ever worked.
#[tokio::test]
async fn a_certificate_that_is_trusted_lets_log_in_and_mail_pass_within_tls() {
    for (pem, ca) in [("here.pem", "authority.pem"), ("own.pem", "own.pem")] {
        for tls in [Tls::Implicit, Tls::StartTls] {
            let script = Script::offering(SECURE).with_certificate(&fixture(pem));
            let script = if tls == Tls::Implicit { script.implicit() } else { script };
            let stage = Stage::start(script).await;
            let ca = Some(std::fs::read(fixture(ca)).unwrap());
            let pool = Pool::new(Settings { ca, ..careful(&stage, tls) });
            for _ in 0..2 {
                send(&pool, "ben", b"secret\r\n").await.unwrap();
            }
            let clear = if tls == Tls::Implicit { "" } else { "EHLO digest.example.org\r\nSTARTTLS\r\n" };
            assert_eq!(stage.clear(), clear);
            assert_eq!((stage.connections(), stage.count("AUTH PLAIN")), (1, 1));
            assert_eq!(stage.seen.messages.lock().unwrap().len(), 2);
        }
    }
}

#[tokio::test]
async fn a_file_of_authorities_that_holds_none_is_told() {
    let stage = Stage::start(Script::offering(SECURE).with_certificate(&fixture("here.pem")).implicit()).await;
    let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_vec();
    let pool = Pool::new(Settings { ca: Some(broken), ..careful(&stage, Tls::Implicit) });
    let error = pool.probe().await.unwrap_err();
    assert_eq!(error.to_string(), "`mail.smtp.ca_file` holds no certificates that can be read");
    assert!(error.concerns_the_relay() && stage.connections() == 0);
}

#[tokio::test]
async fn tls_on_a_port_that_begins_in_the_clear_is_told() {
    let stage = Stage::start(Script::offering(SECURE)).await;
    let error = refused(&stage, careful(&stage, Tls::Implicit)).await;
    assert_eq!(error.to_string(), "no secure channel to the mail server `127.0.0.1` came about");
    assert!(error.hint().unwrap().contains("`tls = \"starttls\"`"));
}

#[tokio::test]
async fn a_refused_log_in_is_tried_once_however_many_wait_for_it() {
    let script = Script::offering(SECURE).with_certificate(&fixture("here.pem")).implicit();
    let stage =
        Stage::start(script.answering(|stage, _| if stage == "AUTH" { say("535 5.7.8 no") } else { None })).await;
    let pool = Pool::new(Settings { max_connections: 8, ..careful(&stage, Tls::Implicit) });
    let errors = join_all((0..8).map(|_| send(&pool, "ben", b"secret\r\n"))).await;
    for error in errors {
        let error = error.unwrap_err();
        assert_eq!(error.to_string(), "the mail server refused the log-in: 535 5.7.8");
        assert!(error.concerns_the_relay() && error.verdict() == Verdict::Ours);
        assert!(error.hint().unwrap().contains("`username`"));
        assert!(!format!("{error:?}").contains("hunter2"));
    }
    assert_eq!((stage.connections(), stage.count("AUTH"), stage.count("MAIL")), (1, 1, 0));
}

#[tokio::test]
async fn a_server_without_a_log_in_that_we_know_gets_no_password() {
    for offers in [&[][..], &["AUTH CRAM-MD5 GSSAPI"]] {
        let stage = Stage::start(Script::offering(offers)).await;
        let error = refused(&stage, careful(&stage, Tls::None)).await;
        assert_eq!(error.to_string(), "the mail server `127.0.0.1` offers no log-in by PLAIN or LOGIN");
        assert!(error.hint().is_some());
    }
}

/// Every stage at which a server may fail, and what becomes of the message.
const STAGES: [(&str, Tls, Verdict, bool); 9] = [
    ("greeting", Tls::None, Verdict::Transient, true),
    ("greeting", Tls::StartTls, Verdict::Transient, true),
    ("EHLO", Tls::None, Verdict::Transient, true),
    ("STARTTLS", Tls::StartTls, Verdict::Transient, true),
    ("AUTH", Tls::None, Verdict::Transient, true),
    ("MAIL", Tls::None, Verdict::Transient, true),
    ("RCPT", Tls::None, Verdict::Transient, false),
    ("DATA", Tls::None, Verdict::Transient, false),
    ("dot", Tls::None, Verdict::Unknown, false),
];

/// The deadline is short where it is waited for.
async fn failing_at_each_stage(act: Act, offers: &'static [&'static str]) {
    let timeout = Duration::from_millis(if matches!(act, Act::Silence) { 300 } else { 10_000 });
    let tests = STAGES.map(|(at, tls, verdict, concerns_the_relay)| {
        let act = act.clone();
        async move {
            let script = Script::offering(offers).answering(move |stage, _| (stage == at).then(|| act.clone()));
            let stage = Stage::start(script).await;
            let pool = Pool::new(Settings { timeout, ..careful(&stage, tls) });
            let error = send(&pool, "ben", b"secret\r\n").await.unwrap_err();
            assert_eq!(
                (error.verdict(), error.concerns_the_relay()),
                (verdict, concerns_the_relay),
                "{at} {tls:?}: {error:?}"
            );
            assert_eq!(stage.connections(), 1, "{at}: not tried again by itself");
            let taken = stage.seen.taken.load(Ordering::SeqCst);
            assert!(taken < 16 << 20, "{at}: what was taken lies in the sockets' buffers, not with us: {taken}");
        }
    });
    tokio::time::timeout(Duration::from_secs(12), join_all(tests)).await.expect("each is given up in time");
}

#[tokio::test]
async fn a_server_that_falls_silent_is_given_up_at_any_stage() {
    let one_by_one = failing_at_each_stage(Act::Silence, &["STARTTLS", "AUTH PLAIN"]);
    tokio::join!(one_by_one, failing_at_each_stage(Act::Silence, SECURE));
}

#[tokio::test]
async fn a_server_that_hangs_up_is_given_up_at_any_stage() {
    let one_by_one = failing_at_each_stage(Act::HangUp, &["STARTTLS", "AUTH PLAIN"]);
    tokio::join!(one_by_one, failing_at_each_stage(Act::HangUp, SECURE));
}

/// Larger than what the sockets hold: the final dot cannot have left, so the message surely was not taken.
#[tokio::test]
async fn a_connection_that_breaks_within_the_text_leaves_nothing_unknown() {
    let script = Script::offering(SECURE)
        .answering(|stage, _| (stage == "DATA").then_some(Act::SayLast("354 go, and good-bye")));
    let stage = Stage::start(script).await;
    let error = send(&Pool::new(careful(&stage, Tls::None)), "ben", &vec![b'x'; 32 << 20]).await.unwrap_err();
    assert!(matches!(error, Error::Lost { command: Command::Text, .. }), "{error:?}");
    assert_eq!(error.verdict(), Verdict::Transient);
}

#[tokio::test]
async fn an_answer_without_an_end_is_given_up_at_any_stage() {
    failing_at_each_stage(Act::Repeat(b"250-and so on\r\n"), SECURE).await;
    failing_at_each_stage(Act::Repeat(&[b'x'; 4096]), SECURE).await;
    failing_at_each_stage(Act::Repeat(b"\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n"), SECURE).await;
}

#[tokio::test]
async fn what_befell_a_connection_is_said_once() {
    for (act, words) in [
        (Act::Repeat(&[b'x'; 4096]), "the answer has no end"),
        (Act::HangUp, "the connection was closed, or what came is no answer"),
        (Act::Say("354 go".to_owned()), "the answer `354` does not belong to it"),
        (Act::Silence, "nothing came for 150 ms"),
    ] {
        let timeout = Duration::from_millis(if matches!(act, Act::Silence) { 150 } else { 10_000 });
        let script = Script::offering(&[]).answering(move |stage, _| (stage == "RCPT").then(|| act.clone()));
        let stage = Stage::start(script).await;
        let pool = Pool::new(Settings { timeout, ..settings(&stage) });
        let error = anyhow::Error::new(send(&pool, "ben", b"secret\r\n").await.unwrap_err());
        assert_eq!(format!("{error:#}"), format!("no answer from the mail server to the recipient: {words}"));
    }
}

#[tokio::test]
async fn an_answer_that_is_none_is_given_up_at_any_stage() {
    failing_at_each_stage(Act::Say("hello there".to_owned()), SECURE).await;
    failing_at_each_stage(Act::Say("250-one\r\n354 two".to_owned()), &["STARTTLS", "AUTH PLAIN"]).await;
}

#[tokio::test]
async fn an_answer_to_another_command_is_not_taken_for_this_ones() {
    for (at, words, verdict) in [
        ("MAIL", "354 go", Verdict::Transient),
        ("RCPT", "354 go", Verdict::Transient),
        ("DATA", "250 ok", Verdict::Transient),
        ("dot", "354 go", Verdict::Unknown),
        // Two answers to one command: those that follow are shifted, and DATA seems to be answered 250.
        ("MAIL", "250 ok\r\n250 ok", Verdict::Transient),
    ] {
        for offers in [&[][..], &["PIPELINING"]] {
            let script =
                Script::offering(offers).answering(move |stage, _| if stage == at { say(words) } else { None });
            let stage = Stage::start(script).await;
            let error = send(&Pool::new(settings(&stage)), "ben", b"secret\r\n").await.unwrap_err();
            assert_eq!(error.verdict(), verdict, "{at} {words} {offers:?}: {error:?}");
            assert!(at == "dot" || stage.seen.messages.lock().unwrap().is_empty(), "{at} {words} {offers:?}");
        }
    }
}

#[tokio::test]
async fn a_server_that_closes_with_421_is_in_the_way_at_any_command() {
    for at in ["greeting", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "dot"] {
        let script = Script::offering(SECURE)
            .answering(move |stage, _| if stage == at { say("421 4.3.2 closing") } else { None });
        let stage = Stage::start(script).await;
        let pool = Pool::new(careful(&stage, Tls::None));
        let error = send(&pool, "ben", b"secret\r\n").await.unwrap_err();
        assert!(matches!(&error, Error::Refused { reply, .. } if reply.code == 421), "{at}: {error:?}");
        assert!(error.concerns_the_relay() && error.verdict() == Verdict::Transient, "{at}");
    }
}

#[tokio::test]
async fn a_refusal_before_a_recipient_is_named_concerns_the_relay_and_not_of_the_person() {
    for at in ["greeting", "EHLO", "AUTH"] {
        for (words, verdict) in [("454 4.7.0 not now", Verdict::Transient), ("554 5.1.1 never", Verdict::Ours)] {
            let script =
                Script::offering(SECURE).answering(move |stage, _| if stage == at { say(words) } else { None });
            let stage = Stage::start(script).await;
            let pool = Pool::new(careful(&stage, Tls::None));
            let error = send(&pool, "ben", b"secret\r\n").await.unwrap_err();
            assert!(error.concerns_the_relay() && error.verdict() == verdict, "{at} {words}: {error:?}");
        }
    }
}

/// RFC 5321 wants ASCII; a word in Latin-1 must not hide the code in front of it.
#[tokio::test]
async fn words_in_another_encoding_do_not_cost_the_code() {
    for tls in [Tls::Implicit, Tls::StartTls, Tls::None] {
        let answer = |stage: &str, _: &str| match stage {
            "RCPT" => Some(Act::Bytes(b"550 5.1.1 unbekannter Empf\xe4nger\r\n")),
            _ => None,
        };
        let script = Script::offering(SECURE).with_certificate(&fixture("here.pem")).answering(answer);
        let stage = Stage::start(if tls == Tls::Implicit { script.implicit() } else { script }).await;
        let error = send(&Pool::new(careful(&stage, tls)), "ben", b"secret\r\n").await.unwrap_err();
        assert!(
            matches!(&error, Error::Refused { reply, .. } if reply.text == "5.1.1 unbekannter Empf?nger"),
            "{error:?}"
        );
        assert_eq!(error.verdict(), Verdict::Permanent);
    }
}

#[test]
fn check_says_what_is_wrong_with_the_mail_server_and_what_to_do() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let script = Script::offering(SECURE).with_certificate(&fixture("here.pem")).implicit();
    let script = script.answering(|stage, _| if stage == "AUTH" { say("535 5.7.8 no") } else { None });
    let stage = runtime.block_on(Stage::start(script));
    let folder = tempfile::tempdir().unwrap();
    let relay = format!(
        "[mail]\ntransport = \"smtp\"\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"tls\"\nusername = \"digest\"\nca_file = \"{}\"\n",
        stage.port,
        fixture("authority.pem").display()
    );
    write_config(folder.path(), &[("blog", "https://blog.example.org/feed")], &relay);
    let mut command = policy_digest(folder.path());
    let output = command.arg("check").env("POLICY_DIGEST__MAIL__SMTP__PASSWORD", "hunter2").output().unwrap();
    let shown = text(&output);
    assert_eq!(output.status.code(), Some(2), "{shown}");
    let expected = "\nthe mail server refused the log-in: 535 5.7.8\n  next: look at `username` and the password";
    assert!(shown.contains(expected) && !shown.contains("hunter2"), "{shown}");
    assert_eq!((stage.count("AUTH"), stage.count("MAIL")), (1, 0));
}
