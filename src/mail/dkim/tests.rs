//! What is signed, and with what.

use aws_lc_rs::signature::{ED25519, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use chrono::TimeZone as _;
use proptest::prelude::*;

use super::*;

const MESSAGE: &[u8] = b"From: Digest <digest@example.org>\r\nTo: ada@example.org\r\nSubject: One\r\n front door\r\n\
    Date: Mon, 23 Nov 2026 07:00:00 +0000\r\nX-Other: not signed\r\n\r\nHello.\r\n";

fn at() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2024, 11, 25, 7, 0, 0).single().unwrap()
}

fn signer(kind: Kind) -> Signer {
    let key = Key::from_pem(Key::generate(kind).unwrap().as_bytes()).unwrap();
    Signer::new("example.org".into(), "s1".into(), key)
}

/// The tags of the first field, without white space.
fn tags(signed: &[u8]) -> Vec<(String, String)> {
    let (head, _) = canonical::split(signed);
    let fields = canonical::fields(head);
    assert_eq!(fields[0].0, "dkim-signature");
    let value: String = String::from_utf8_lossy(fields[0].1).split_whitespace().collect();
    value.split(';').map(|tag| tag.split_once('=').unwrap()).map(|(tag, value)| (tag.into(), value.into())).collect()
}

fn tag(signed: &[u8], name: &str) -> String {
    tags(signed).into_iter().find(|(tag, _)| tag == name).unwrap().1
}

/// Checks a signature as a receiver does, from the bytes and the record alone (RFC 6376 §6.1.3).
fn verifies(signed: &[u8], record: &Record) -> bool {
    let (head, body) = canonical::split(signed);
    let fields = canonical::fields(head);
    let mut left: Vec<_> = fields.iter().skip(1).collect();
    let mut data = Vec::new();
    for name in tag(signed, "h").split(':') {
        if let Some(at) = left.iter().rposition(|(field, _)| field == name) {
            canonical::field(name, left.remove(at).1, &mut data);
            data.extend_from_slice(b"\r\n");
        }
    }
    let value = String::from_utf8_lossy(fields[0].1).into_owned();
    let end = value.find(" b=").unwrap() + 3;
    canonical::field("dkim-signature", &value.as_bytes()[..end], &mut data);
    let signature = STANDARD.decode(tag(signed, "b")).unwrap();
    let public = STANDARD.decode(record.value.split("p=").nth(1).unwrap()).unwrap();
    let is_whole = STANDARD.encode(digest(&SHA256, &canonical::body(body))) == tag(signed, "bh");
    let is_ours = match tag(signed, "a").as_str() {
        "rsa-sha256" => UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public).verify(&data, &signature),
        _ => UnparsedPublicKey::new(&ED25519, public).verify(digest(&SHA256, &data).as_ref(), &signature),
    };
    is_whole && is_ours.is_ok()
}

#[test]
fn both_kinds_verify_and_are_the_same_each_time() {
    for kind in [Kind::Rsa, Kind::Ed25519] {
        let signer = signer(kind);
        let signed = signer.signed(MESSAGE, at()).unwrap();
        assert!(signed.ends_with(MESSAGE));
        assert!(verifies(&signed, &signer.record()));
        assert_eq!(signed, signer.signed(MESSAGE, at()).unwrap());
        let longest = signed.split(|byte| *byte == b'\n').map(<[u8]>::len).max().unwrap();
        assert!(longest <= 80, "{longest}");
    }
}

#[test]
fn what_a_reader_goes_by_is_signed_and_named_once_more() {
    let signed = signer(Kind::Ed25519).signed(MESSAGE, at()).unwrap();
    let names = "from:from:to:to:cc:subject:subject:date:date:reply-to:message-id:mime-version:content-type";
    assert_eq!(tag(&signed, "h"), names);
    let of = |name| tag(&signed, name);
    assert_eq!(
        (of("v"), of("c"), of("d"), of("s")),
        ("1".into(), "relaxed/relaxed".into(), "example.org".into(), "s1".into())
    );
    assert_eq!(of("t"), at().timestamp().to_string());
}

#[test]
fn list_headers_are_signed_where_they_stand() {
    let list = ["List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Archive", "Feedback-ID", "Precedence"];
    let more: String = list.iter().map(|name| format!("{name}: x\r\n")).collect();
    let signed = signer(Kind::Ed25519).signed(&[more.as_bytes(), MESSAGE].concat(), at()).unwrap();
    let names = tag(&signed, "h");
    assert!(list.iter().all(|name| names.split(':').filter(|it| *it == name.to_lowercase()).count() == 1), "{names}");
}

#[test]
fn a_second_field_of_a_named_kind_breaks_it() {
    let signer = signer(Kind::Ed25519);
    let signed = String::from_utf8(signer.signed(MESSAGE, at()).unwrap()).unwrap();
    for added in ["From: x@example.net", "Subject: Another", "Reply-To: x@example.net", "Cc: x@example.net"] {
        let forged = signed.replacen("\r\nFrom:", &format!("\r\n{added}\r\nFrom:"), 1);
        assert!(!verifies(forged.as_bytes(), &signer.record()), "{added}");
    }
    let passed_on = signed.replacen("\r\nFrom:", "\r\nX-Spam: no\r\nFROM :", 1).replace("One\r\n front", "One  front");
    assert!(verifies(passed_on.as_bytes(), &signer.record()), "what the way may do is allowed");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_other_byte_in_what_is_signed_breaks_it(place in 0usize..1000, other in b'a'..=b'z') {
        let signer = signer(Kind::Ed25519);
        let message = MESSAGE.split(|byte| *byte == b'X').next().unwrap();
        let message = [message, b"\r\nHello.\r\n"].concat();
        let mut signed = signer.signed(&message, at()).unwrap();
        let at = signed.len() - message.len() + place % message.len();
        prop_assume!(signed[at] != other && signed[at].is_ascii_alphanumeric() && !signed[at].eq_ignore_ascii_case(&other));
        signed[at] = other;
        prop_assert!(!verifies(&signed, &signer.record()));
    }
}

#[test]
fn a_key_that_is_none_or_too_weak_is_refused_with_the_reason() {
    let pem =
        |label: &str, der: &[u8]| format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der));
    // An RSA key (PKCS#1) with a modulus of 1024 bits and nothing after it.
    let mut short = vec![0x30, 0x81, 0x87, 0x02, 0x01, 0x00, 0x02, 0x81, 0x81, 0x00];
    short.extend([0xff; 128]);
    for (text, error) in [
        (String::new(), KeyError::NotPem),
        ("-----BEGIN PRIVATE KEY-----\nAAAA".to_owned(), KeyError::NotPem),
        (pem("PUBLIC KEY", b"x"), KeyError::NotPem),
        (pem("ENCRYPTED PRIVATE KEY", b"x"), KeyError::Encrypted),
        (pem("EC PRIVATE KEY", b"x"), KeyError::Foreign),
        (pem("PRIVATE KEY", b"x"), KeyError::Damaged),
        (pem("RSA PRIVATE KEY", &[0x30, 0x85]), KeyError::Damaged),
        (pem("RSA PRIVATE KEY", &short), KeyError::Short { bits: 1024 }),
    ] {
        assert_eq!(Key::from_pem(text.as_bytes()).unwrap_err(), error, "{text}");
    }
}

#[test]
fn a_record_is_split_where_a_string_would_be_too_long() {
    let rsa = signer(Kind::Rsa).record();
    assert_eq!(rsa.name, "s1._domainkey.example.org");
    assert!(rsa.value.starts_with("v=DKIM1; k=rsa; p=MII"));
    assert_eq!((rsa.strings().len(), rsa.strings().concat()), (2, rsa.value.clone()));
    assert!(rsa.strings().iter().all(|string| string.len() <= 255));
    assert_eq!(signer(Kind::Ed25519).record().strings().len(), 1);
}
