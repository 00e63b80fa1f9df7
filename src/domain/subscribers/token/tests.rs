//! Tests of tokens: what each one allows, and that nothing else is accepted.

use proptest::prelude::*;

use super::*;

const KEY: &[u8] = b"a key of thirty-two random bytes";

fn day(day: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(day)
}

/// A ring of these keys, each made a day after the previous one. The last one signs; the others are accepted for their
/// time.
fn ring(keys: &[&[u8]]) -> KeyRing {
    let mut keys: Vec<Key> = keys
        .iter()
        .zip(1..)
        .map(|(value, number)| Key {
            retired: Some(day(number)),
            ends: Some(day(number) + KEPT_FOR),
            ..Key::current(number, value.to_vec(), day(number - 1))
        })
        .collect();
    let last = keys.pop().unwrap();
    KeyRing::new(Key { retired: None, ends: None, ..last }, keys)
}

/// Message 4711, made on the first day.
const MESSAGE: Returning<'_> =
    Returning { number: 4711, message_id: "<d.0123@example.org>", made: DateTime::UNIX_EPOCH };

fn names(keys: &KeyRing, purpose: Purpose, token: &str, now: DateTime<Utc>) -> Result<String, TokenError> {
    verify(keys, purpose, token, now).map(|verified| verified.subject)
}

#[test]
fn a_token_serves_its_own_purpose_until_it_expires() {
    let at = DateTime::UNIX_EPOCH + TimeDelta::days(1);
    let keys = ring(&[KEY]);
    let token = sign(&keys, Purpose::Confirm, "s1", Some(at));
    assert_eq!(names(&keys, Purpose::Confirm, &token, at - TimeDelta::seconds(1)), Ok("s1".to_owned()));
    assert_eq!(verify(&keys, Purpose::Confirm, &token, at), Err(TokenError::Expired));
    assert_eq!(verify_expired(&keys, Purpose::Confirm, &token, at).unwrap().subject, "s1");
    assert_eq!(verify(&ring(&[b"another"]), Purpose::Confirm, &token, DateTime::UNIX_EPOCH), Err(TokenError::Invalid));
}

#[test]
fn a_return_path_is_bound_to_its_message_and_survives_folding() {
    let keys = ring(&[KEY]);
    let token = return_path(&keys, &MESSAGE);
    assert_eq!(claimed_message(&token), Some(4711));
    assert!(verify_return_path(&keys, &token.to_uppercase(), &MESSAGE, day(0)));
    assert!(!verify_return_path(&ring(&[b"another"]), &token, &MESSAGE, day(0)));
    let same_number = Returning { message_id: "<d.4567@example.org>", ..MESSAGE };
    assert!(!verify_return_path(&keys, &token, &same_number, day(0)), "the number alone is not enough");
    for text in [token.replacen("1267", "1268", 1).as_str(), "", "-", "1267", "1267-", "1267-1-", "-1-00", "ü-é"] {
        assert!(!verify_return_path(&keys, text, &MESSAGE, day(0)), "{text}");
    }
    let longest = return_path(&keys, &Returning { number: i64::MAX, ..MESSAGE });
    assert!(longest.len() + "bounces+".len() <= 64);
    assert_eq!(claimed_message("-1-00"), None);
}

#[test]
fn a_new_key_signs_and_the_former_one_is_accepted_until_its_end() {
    let (old, new) = (ring(&[KEY]), ring(&[KEY, b"the next one"]));
    let (token, path) = (sign(&old, Purpose::Unsubscribe, "s1", None), return_path(&old, &MESSAGE));
    let end = day(1) + KEPT_FOR;
    assert_eq!(names(&new, Purpose::Unsubscribe, &token, end - TimeDelta::seconds(1)), Ok("s1".to_owned()));
    assert!(verify_return_path(&new, &path, &MESSAGE, end - TimeDelta::seconds(1)));
    assert_eq!(names(&new, Purpose::Unsubscribe, &token, end), Err(TokenError::Invalid));
    assert!(!verify_return_path(&new, &path, &MESSAGE, end));
    let newer = sign(&new, Purpose::Unsubscribe, "s1", None);
    assert_eq!(names(&old, Purpose::Unsubscribe, &newer, day(0)), Err(TokenError::Invalid));
    assert_eq!(names(&new, Purpose::Unsubscribe, &newer, end), Ok("s1".to_owned()));
}

#[test]
fn a_retired_key_opens_nothing_that_came_after_it() {
    let (leaked, now) = (ring(&[KEY]), ring(&[KEY, b"the next one"]));
    for purpose in [Purpose::Unsubscribe, Purpose::Preferences] {
        let verified = verify(&now, purpose, &sign(&leaked, purpose, "s1", None), day(2)).unwrap();
        assert!(verified.is_by_a_retired_key());
        assert!(verified.opens(day(1)) && !verified.opens(day(1) + TimeDelta::seconds(1)), "{purpose:?}");
    }
    for (purpose, life) in [
        (Purpose::Confirm, CONFIRM_FOR),
        (Purpose::Address, CONFIRM_FOR),
        (Purpose::Form, FORM_FOR),
        (Purpose::Edit, EDIT_FOR),
    ] {
        let signed = |expires| sign(&leaked, purpose, "s1", expires);
        let last = day(1) + life;
        assert!(verify(&now, purpose, &signed(Some(last)), day(1)).is_ok(), "{purpose:?}");
        for forged in [Some(last + TimeDelta::seconds(1)), None] {
            assert_eq!(verify(&now, purpose, &signed(forged), day(1)), Err(TokenError::Invalid), "{purpose:?}");
        }
    }
    let later = Returning { number: 4712, message_id: "<d.later@example.org>", made: day(1) + TimeDelta::seconds(1) };
    assert!(!verify_return_path(&now, &return_path(&leaked, &later), &later, day(2)));
    let current = verify(&now, Purpose::Preferences, &sign(&now, Purpose::Preferences, "s1", None), day(2)).unwrap();
    assert!(!current.is_by_a_retired_key() && current.opens(day(900)));
}

#[test]
fn tokens_from_before_keys_had_numbers_hold_under_the_keys_of_that_time_only() {
    let unnumbered = |retired: Option<i64>| {
        let key = Key { is_unnumbered: true, ..Key::current(1, KEY.to_vec(), day(0)) };
        Key { retired: retired.map(day), ends: retired.map(|at| day(at) + KEPT_FOR), ..key }
    };
    let next = Key::current(2, b"the next one".to_vec(), day(1));
    let token = |key: &[u8]| format!("u.s1.0.{}", tag(key, "u.s1.0"));
    let path = |key: &[u8]| format!("1267-{}", &tag(key, "b.1267")[..RETURN_TAG]);
    for keys in [KeyRing::new(unnumbered(None), Vec::new()), KeyRing::new(next, vec![unnumbered(Some(1))])] {
        assert_eq!(names(&keys, Purpose::Unsubscribe, &token(KEY), day(2)), Ok("s1".to_owned()));
        assert!(verify_return_path(&keys, &path(KEY), &MESSAGE, day(2)));
        assert_eq!(names(&keys, Purpose::Unsubscribe, &token(b"the next one"), day(2)), Err(TokenError::Invalid));
        assert!(!verify_return_path(&keys, &path(b"the next one"), &MESSAGE, day(2)));
        let later = Returning { made: day(2), ..MESSAGE };
        let is_current = keys.signing().number == 1;
        assert_eq!(verify_return_path(&keys, &path(KEY), &later, day(2)), is_current);
        let opens = verify(&keys, Purpose::Unsubscribe, &token(KEY), day(2)).unwrap().opens(day(2));
        assert_eq!(opens, is_current);
    }
}

#[test]
fn a_ring_as_of_an_earlier_day_signs_as_it_did_then_and_accepts_all() {
    let keys = ring(&[KEY, b"second", b"third"]);
    for (hours, number) in [(0, "1"), (23, "1"), (24, "2"), (30, "2"), (48, "3"), (900, "3")] {
        let at = DateTime::UNIX_EPOCH + TimeDelta::hours(hours);
        let as_of = keys.as_of(at);
        let token = sign(&as_of, Purpose::Preferences, "s", None);
        assert_eq!(token.split('.').nth(1), Some(number), "{hours} h");
        assert!(verify(&keys, Purpose::Preferences, &token, at).is_ok());
        assert!(verify(&as_of, Purpose::Preferences, &sign(&keys, Purpose::Preferences, "s", None), at).is_ok());
    }
    let token = |keys: &KeyRing| sign(keys, Purpose::Preferences, "s", None);
    assert_eq!(token(&keys.as_of(day(-1))), token(&keys), "older than every key: as now");
}

#[test]
fn a_ring_does_not_show_its_keys() {
    assert_eq!(format!("{:?}", ring(&[KEY, KEY])), "KeyRing(1 + 1)");
}

fn purpose() -> impl Strategy<Value = Purpose> {
    (0..Purpose::ALL.len()).prop_map(|i| Purpose::ALL[i])
}

fn some_keys() -> impl Strategy<Value = Vec<Vec<u8>>> {
    prop::collection::vec(prop::collection::vec(any::<u8>(), 32), 1..4)
}

fn ring_of(keys: &[Vec<u8>]) -> KeyRing {
    ring(&keys.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

proptest! {
    #[test]
    fn any_changed_character_is_refused_under_every_key(
        keys in some_keys(), signer in 0usize..4, purpose in purpose(), place in 0usize..80, other in "[ -~]",
    ) {
        let all = ring_of(&keys);
        let expires = purpose.life().map(|life| day(0) + life);
        let token = sign(&all.as_of(day((signer % keys.len()) as i64)), purpose, "0123456789abcdef", expires);
        let place = place % token.len();
        let mut changed = token.clone();
        changed.replace_range(place..=place, &other);
        prop_assume!(changed != token);
        prop_assert!(verify(&all, purpose, &token, DateTime::UNIX_EPOCH).is_ok());
        prop_assert_eq!(verify(&all, purpose, &changed, DateTime::UNIX_EPOCH), Err(TokenError::Invalid));
    }

    #[test]
    fn a_token_serves_no_other_purpose(keys in some_keys(), made_for in purpose(), used_for in purpose()) {
        let keys = ring_of(&keys);
        let token = sign(&keys, made_for, "0123456789abcdef", None);
        prop_assert_eq!(verify(&keys, used_for, &token, DateTime::UNIX_EPOCH).is_ok(), made_for == used_for);
        prop_assert!(!verify_return_path(&keys, &token, &MESSAGE, DateTime::UNIX_EPOCH));
    }

    #[test]
    fn any_changed_character_of_a_return_path_is_refused(
        keys in some_keys(), signer in 0usize..4, number in 0..i64::MAX, place in 0usize..60, other in "[ -~]",
    ) {
        let all = ring_of(&keys);
        let signer = signer % keys.len();
        let message = Returning { number, made: day(signer as i64), ..MESSAGE };
        let path = return_path(&all.as_of(message.made), &message);
        let place = place % path.len();
        let mut changed = path.clone();
        changed.replace_range(place..=place, &other);
        prop_assume!(changed.to_ascii_lowercase() != path);
        prop_assert!(verify_return_path(&all, &path, &message, day(3)));
        prop_assert!(!verify_return_path(&all, &changed, &message, day(3)));
    }

    #[test]
    fn no_text_panics(text in ".{0,200}") {
        let _ = verify(&ring(&[KEY]), Purpose::Preferences, &text, DateTime::UNIX_EPOCH);
        let _ = verify_return_path(&ring(&[KEY]), &text, &MESSAGE, DateTime::UNIX_EPOCH);
        let _ = claimed_message(&text);
    }
}
