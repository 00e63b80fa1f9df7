//! The conversation with a mail server that behaves: in groups or one by one, how connections are kept and left, and
//! that a message arrives as it was.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use policy_digest::mail::reply::Command;
use policy_digest::mail::smtp::{Login, Pool, Settings, Tls};
use policy_digest::mail::{Accepted, Error, Outgoing, Transport, Verdict};
use proptest::prelude::*;

use crate::support::smtp_stage::{Act, Script, Stage, say};

mod hostile;

pub fn settings(stage: &Stage) -> Settings {
    Settings {
        host: "127.0.0.1".to_owned(),
        port: stage.port,
        tls: Tls::None,
        ca: None,
        login: None,
        hello: Some("digest.example.org".to_owned()),
        max_connections: 1,
        messages_per_connection: 100,
        timeout: Duration::from_secs(10),
        max_idle: Duration::from_secs(30),
    }
}

pub async fn send(pool: &Pool, to: &str, bytes: &[u8]) -> Result<Accepted, Error> {
    let to = format!("{to}@example.net");
    let outgoing = Outgoing { from: "digest@example.org", to: &to, message_id: "<1@example.org>", bytes, html: None };
    pool.send(&outgoing).await
}

const GROUPS: &[&str] = &["PIPELINING", "8BITMIME"];

async fn started(script: Script) -> (Stage, Pool) {
    let stage = Stage::start(script).await;
    let pool = Pool::new(settings(&stage));
    (stage, pool)
}

#[tokio::test]
async fn commands_go_in_one_packet_where_the_server_takes_groups() {
    let (stage, pool) = started(Script::offering(GROUPS)).await;
    let message = b"A: b\r\n\r\n".iter().copied().chain(b"a line of text.\r\n".repeat(1800)).collect::<Vec<_>>();
    for _ in 0..2 {
        send(&pool, "a", &message).await.unwrap();
    }
    let packets = stage.seen.packets.lock().unwrap().clone();
    let group = "MAIL FROM:<digest@example.org>\r\nRCPT TO:<a@example.net>\r\nDATA\r\n";
    assert_eq!(packets.iter().filter(|packet| *packet == group.as_bytes()).count(), 2);
    // Two EHLO, and twice the group and the message with its dot.
    assert_eq!(packets.len(), 2 + 2 * 2);
    assert!(packets[3].ends_with(b"text.\r\n.\r\n") && packets[3].len() == message.len() + 3);
}

#[tokio::test]
async fn commands_go_one_by_one_where_it_does_not() {
    let (stage, pool) = started(Script::offering(&[])).await;
    send(&pool, "a", b"x\r\n").await.unwrap();
    assert_eq!(stage.seen.packets.lock().unwrap().len(), 2 + 4);
    assert_eq!(stage.seen.messages.lock().unwrap()[0], (vec!["a@example.net".to_owned()], b"x\r\n".to_vec()));
}

#[tokio::test]
async fn a_server_that_will_not_be_greeted_twice_gets_commands_one_by_one() {
    let script = Script::offering(GROUPS).answering(second("EHLO", Act::Say("503 5.0.0 duplicate EHLO".to_owned())));
    let (stage, pool) = started(script).await;
    send(&pool, "a", b"x\r\n").await.unwrap();
    assert_eq!((stage.connections(), stage.seen.packets.lock().unwrap().len()), (1, 2 + 4));
}

/// RCPT by name: `unknown` is refused for good, `later` for now.
fn picky(stage: &str, line: &str) -> Option<Act> {
    match stage {
        "RCPT" if line.contains("unknown") => say("550 5.1.1 no such user"),
        "RCPT" if line.contains("later") => say("451 4.7.1 later"),
        _ => None,
    }
}

#[tokio::test]
async fn a_connection_is_used_again_also_after_a_refusal() {
    for offers in [&[][..], GROUPS] {
        let (stage, pool) = started(Script::offering(offers).answering(picky)).await;
        send(&pool, "a", b"x\r\n").await.unwrap();
        assert_eq!(send(&pool, "unknown", b"x\r\n").await.unwrap_err().verdict(), Verdict::Permanent);
        let later = send(&pool, "later", b"x\r\n").await.unwrap_err();
        assert!(later.verdict() == Verdict::Transient && !later.concerns_the_relay());
        send(&pool, "b", b"x\r\n").await.unwrap();
        assert_eq!((stage.connections(), stage.count("RSET")), (1, 2));
        assert_eq!(stage.seen.messages.lock().unwrap().len(), 2);
    }
}

#[tokio::test]
async fn a_refused_recipient_whose_data_is_taken_gets_an_empty_message_that_goes_to_nobody() {
    let script = Script::offering(GROUPS).answering(|stage, line| match stage {
        "DATA" => say("354 go all the same"),
        _ => picky(stage, line),
    });
    let (stage, pool) = started(script).await;
    let error = send(&pool, "unknown", b"secret\r\n").await.unwrap_err();
    assert!(matches!(error, Error::Refused { command: Command::Rcpt, .. }), "{error:?}");
    assert!(stage.seen.messages.lock().unwrap().is_empty());
    assert!(!stage.clear().contains("secret"));
    send(&pool, "a", b"x\r\n").await.unwrap();
    assert_eq!((stage.connections(), stage.count("RSET")), (1, 1));
}

#[tokio::test]
async fn a_refused_sender_with_a_taken_recipient_ends_the_connection() {
    let script = Script::offering(GROUPS).answering(|stage, _| match stage {
        "MAIL" => say("550 5.1.8 no such domain"),
        _ => None,
    });
    let (stage, pool) = started(script).await;
    let error = send(&pool, "a", b"secret\r\n").await.unwrap_err();
    assert!(matches!(error, Error::Refused { command: Command::Mail, .. }) && error.verdict() == Verdict::Ours);
    send(&pool, "a", b"secret\r\n").await.unwrap_err();
    assert_eq!(stage.connections(), 2, "there was a recipient: even an empty message might have gone to it");
    assert!(stage.seen.messages.lock().unwrap().is_empty() && !stage.clear().contains("\r\n.\r\n"));
}

#[tokio::test]
async fn each_refusal_belongs_to_its_own_command() {
    for (stage, command) in
        [("MAIL", Command::Mail), ("RCPT", Command::Rcpt), ("DATA", Command::Data), ("dot", Command::Message)]
    {
        for offers in [&[][..], GROUPS] {
            let script =
                Script::offering(offers).answering(move |at, _| if at == stage { say("554 no") } else { None });
            let (_stage, pool) = started(script).await;
            let error = send(&pool, "a", b"x\r\n").await.unwrap_err();
            let Error::Refused { command: refused, .. } = error else { panic!("{stage}: {error:?}") };
            assert_eq!(refused, command, "{stage} {offers:?}");
        }
    }
}

#[tokio::test]
async fn a_connection_is_left_after_so_many_messages_and_at_the_close() {
    let stage = Stage::start(Script::offering(GROUPS)).await;
    let transport = Transport::Smtp(Pool::new(Settings { messages_per_connection: 2, ..settings(&stage) }));
    let outgoing = Outgoing {
        from: "digest@example.org",
        to: "a@example.net",
        message_id: "<1@example.org>",
        bytes: b"x\r\n",
        html: None,
    };
    for _ in 0..5 {
        transport.send(&outgoing).await.unwrap();
    }
    assert_eq!((stage.connections(), stage.count("QUIT")), (3, 2));
    transport.close().await;
    assert_eq!(stage.count("QUIT"), 3);
    transport.send(&outgoing).await.unwrap();
    assert_eq!((stage.connections(), stage.count("MAIL")), (4, 6));
}

#[tokio::test]
async fn a_connection_that_was_idle_for_long_is_not_used_again() {
    let stage = Stage::start(Script::offering(&[])).await;
    let pool = Pool::new(Settings { max_idle: Duration::ZERO, ..settings(&stage) });
    send(&pool, "a", b"x\r\n").await.unwrap();
    send(&pool, "a", b"x\r\n").await.unwrap();
    assert_eq!(stage.connections(), 2);
    pool.close().await;
    assert_eq!(stage.count("QUIT"), 2, "one when it was found too old, one at the close");
}

/// This, the second time that it comes to that stage.
fn second(at: &'static str, act: Act) -> impl Fn(&str, &str) -> Option<Act> {
    let times = AtomicUsize::new(0);
    move |stage, _| (stage == at && times.fetch_add(1, Ordering::SeqCst) == 1).then(|| act.clone())
}

/// What the second transaction meets on a connection that was kept.
async fn second_time(at: &'static str, act: Act) -> (Stage, Result<Accepted, Error>) {
    let (stage, pool) = started(Script::offering(&[]).answering(second(at, act))).await;
    send(&pool, "a", b"x\r\n").await.unwrap();
    let second = send(&pool, "a", b"x\r\n").await;
    (stage, second)
}

#[tokio::test]
async fn a_kept_connection_that_went_stale_is_replaced_without_a_word() {
    for act in [Act::HangUp, Act::Say("421 4.4.2 idle for too long".to_owned())] {
        let (stage, second) = second_time("MAIL", act).await;
        second.unwrap();
        assert_eq!((stage.connections(), stage.seen.messages.lock().unwrap().len()), (2, 2));
    }
}

#[tokio::test]
async fn a_kept_connection_that_breaks_later_is_not_tried_again() {
    for (at, verdict) in [("RCPT", Verdict::Transient), ("DATA", Verdict::Transient), ("dot", Verdict::Unknown)] {
        let (stage, second) = second_time(at, Act::HangUp).await;
        assert_eq!(second.unwrap_err().verdict(), verdict, "{at}");
        assert_eq!(stage.connections(), 1, "{at}");
    }
}

#[tokio::test]
async fn a_log_in_goes_by_plain_or_else_by_login() {
    let login = Some(Login { username: "digest".to_owned(), password: "hunter2".to_owned() });
    for (offers, expected) in [
        (&["AUTH LOGIN PLAIN"][..], &["AUTH PLAIN AGRpZ2VzdABodW50ZXIy"][..]),
        (&["AUTH LOGIN CRAM-MD5"], &["AUTH LOGIN", "ZGlnZXN0", "aHVudGVyMg=="]),
    ] {
        let stage = Stage::start(Script::offering(offers)).await;
        let pool = Pool::new(Settings { login: login.clone(), ..settings(&stage) });
        send(&pool, "a", b"x\r\n").await.unwrap();
        let lines = stage.seen.lines.lock().unwrap().clone();
        assert_eq!(lines[2..2 + expected.len()], *expected);
    }
}

#[tokio::test]
async fn without_a_name_the_server_is_greeted_by_the_address() {
    for (hello, expected) in [
        (None, "EHLO [127.0.0.1]"),
        (Some("[192.0.2.1]"), "EHLO [192.0.2.1]"),
        (Some("[IPv6:2001:db8::1]"), "EHLO [IPv6:2001:db8::1]"),
        (Some("digest.example.org"), "EHLO digest.example.org"),
    ] {
        let stage = Stage::start(Script::offering(&[])).await;
        let pool = Pool::new(Settings { hello: hello.map(str::to_owned), ..settings(&stage) });
        pool.probe().await.unwrap();
        assert_eq!(stage.seen.lines.lock().unwrap().clone(), [expected, expected, "QUIT"]);
    }
}

#[tokio::test]
async fn an_address_that_the_server_cannot_be_told_costs_only_itself() {
    for (offers, count) in [(&["SMTPUTF8", "8BITMIME"][..], 3), (&["8BITMIME"], 2)] {
        let (stage, pool) = started(Script::offering(offers)).await;
        for to in ["a", "ädä", "b"] {
            let sent = send(&pool, to, b"x\r\n").await;
            assert_eq!(sent.is_ok(), to.is_ascii() || count == 3, "{to} {sent:?}");
            assert!(sent.is_ok() || matches!(sent, Err(Error::Beyond("to"))), "{sent:?}");
        }
        assert_eq!((stage.connections(), stage.seen.messages.lock().unwrap().len()), (1, count));
        assert_eq!(stage.count("MAIL FROM:<digest@example.org> SMTPUTF8"), count - 2);
    }
}

#[tokio::test]
async fn an_empty_line_before_an_answer_is_none_of_it() {
    let empty = |stage: &str, _: &str| match stage {
        "greeting" => Some(Act::Bytes(b"\r\n220 stage\r\n")),
        "dot" => Some(Act::Bytes(b"\r\n\r\n250 taken\r\n")),
        "MAIL" => Some(Act::Bytes(b"\n250-yes\r\n\r\n250 yes\r\n")),
        _ => None,
    };
    for offers in [GROUPS, &[]] {
        let (stage, pool) = started(Script::offering(offers).answering(empty)).await;
        for to in ["a", "b"] {
            send(&pool, to, b"x\r\n").await.unwrap();
        }
        assert_eq!((stage.connections(), stage.count("RCPT TO:<b@example.net>")), (1, 1), "none was sent twice");
    }
}

#[tokio::test]
async fn a_server_that_knows_no_ehlo_is_greeted_with_helo() {
    let old = |stage: &str, _: &str| match stage {
        "EHLO" => say("502 5.5.1 command not implemented"),
        "HELO" => say("250 stage"),
        _ => None,
    };
    let (stage, pool) = started(Script::offering(GROUPS).answering(old)).await;
    send(&pool, "a", b"x\r\n").await.unwrap();
    assert_eq!((stage.count("HELO digest.example.org"), stage.seen.messages.lock().unwrap().len()), (1, 1));
    let shut = |stage: &str, _: &str| (stage == "greeting").then_some(Act::SayLast("554 no service"));
    let (stage, pool) = started(Script::offering(GROUPS).answering(shut)).await;
    assert!(send(&pool, "a", b"x\r\n").await.is_err());
    assert_eq!(stage.connections(), 1, "who is refused at the door does not knock twice");
}

#[tokio::test]
async fn a_server_that_takes_few_messages_a_session_gets_the_others_over_new_ones() {
    let taken = AtomicUsize::new(0);
    let few = move |stage: &str, _: &str| match stage {
        "greeting" => {
            taken.store(0, Ordering::SeqCst);
            None
        }
        "RCPT" if taken.fetch_add(1, Ordering::SeqCst) >= 2 => say("451 too many mails in this session"),
        _ => None,
    };
    let (stage, pool) = started(Script::offering(GROUPS).answering(few)).await;
    for number in 0..7 {
        send(&pool, &format!("person{number}"), b"x\r\n").await.unwrap();
    }
    assert_eq!((stage.connections(), stage.seen.messages.lock().unwrap().len()), (4, 7));
    assert_eq!(stage.count("RCPT TO:<person4@example.net>"), 1, "from then on it is not asked for more");
}

#[tokio::test]
async fn a_servers_own_certificate_is_taken_from_the_file_and_no_other() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/tls");
    for (shown, known, is_taken) in [
        ("here.pem", "here.pem", true),
        ("own.pem", "own.pem", true),
        ("here.pem", "own.pem", false),
        ("elsewhere.pem", "elsewhere.pem", false),
        ("expired.pem", "expired.pem", false),
    ] {
        let script = Script::offering(&["STARTTLS"]).with_certificate(&folder.join(shown));
        let stage = Stage::start(script).await;
        let ca = Some(std::fs::read(folder.join(known)).unwrap());
        let pool = Pool::new(Settings { tls: Tls::StartTls, ca, ..settings(&stage) });
        let sent = send(&pool, "a", b"x\r\n").await;
        assert_eq!(sent.is_ok(), is_taken, "{shown} beside {known}: {sent:?}");
    }
}

/// What a lenient server makes of it: any of CRLF, LF and CR ends a line, and a dot alone on one ends the message.
fn leniently(wire: &[u8]) -> usize {
    let text = String::from_utf8_lossy(wire).replace("\r\n", "\n").replace('\r', "\n");
    format!("\n{text}").matches("\n.\n").count()
}

#[test]
fn any_bytes_arrive_as_they_were_and_none_is_a_message_of_its_own() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (stage, pool) = runtime.block_on(started(Script::offering(GROUPS)));
    let piece = prop_oneof![
        "[ -~]{0,8}".prop_map(String::into_bytes),
        proptest::collection::vec(any::<u8>(), 0..4),
        proptest::sample::select(vec![
            "\r\n.\r\n",
            "\n.\n",
            "\r.\r",
            "\r\n.",
            "\n",
            "\r",
            "\r\n",
            ".",
            "\nMAIL FROM:<x@y.test>\r\n"
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
    ];
    let pieces = proptest::collection::vec(piece, 0..12);
    proptest!(ProptestConfig::with_cases(300), |(pieces in pieces)| {
        let bytes = pieces.concat();
        runtime.block_on(send(&pool, "a", &bytes)).unwrap();
        let wire = stage.seen.packets.lock().unwrap().drain(..).rfind(|packet| packet.ends_with(b"\r\n.\r\n")).unwrap();
        prop_assert_eq!(leniently(&wire), 1);
        let (to, arrived) = stage.seen.messages.lock().unwrap().pop().unwrap();
        prop_assert_eq!(to, vec!["a@example.net".to_owned()]);
        let mut expected = normalised(&bytes);
        if !expected.ends_with(b"\r\n") {
            expected.extend_from_slice(b"\r\n");
        }
        prop_assert_eq!(arrived, expected);
    });
    assert!(stage.connections() >= 3, "and connections were renewed meanwhile");
}

fn normalised(bytes: &[u8]) -> Vec<u8> {
    let (mut whole, mut rest) = (Vec::new(), bytes.iter().copied().peekable());
    while let Some(byte) = rest.next() {
        if byte == b'\r' && rest.peek() == Some(&b'\n') {
            rest.next();
        }
        if byte == b'\r' || byte == b'\n' { whole.extend_from_slice(b"\r\n") } else { whole.push(byte) }
    }
    whole
}
