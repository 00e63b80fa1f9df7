//! Tokens: what one allows, and that nothing else passes for it.

use proptest::prelude::*;

use super::*;

const KEY: &[u8] = b"a key of thirty-two random bytes";

/// A ring of these keys, made a day after one another; the last one signs.
fn ring(keys: &[&[u8]]) -> KeyRing {
    let mut keys: Vec<Key> = keys
        .iter()
        .enumerate()
        .map(|(day, key)| Key { value: key.to_vec(), made: DateTime::UNIX_EPOCH + TimeDelta::days(day as i64) })
        .collect();
    let signing = keys.pop().unwrap();
    KeyRing::new(signing, keys)
}

#[test]
fn a_token_serves_its_own_purpose_until_it_expires() {
    let at = DateTime::UNIX_EPOCH + TimeDelta::days(1);
    let keys = ring(&[KEY]);
    let token = sign(&keys, Purpose::Confirm, "s1", Some(at));
    assert_eq!(verify(&keys, Purpose::Confirm, &token, at - TimeDelta::seconds(1)), Ok("s1".to_owned()));
    assert_eq!(verify(&keys, Purpose::Confirm, &token, at), Err(TokenError::Expired));
    assert_eq!(verify(&ring(&[b"another"]), Purpose::Confirm, &token, DateTime::UNIX_EPOCH), Err(TokenError::Invalid));
}

#[test]
fn a_return_path_is_bound_to_its_message_and_survives_folding() {
    let keys = ring(&[KEY]);
    let token = return_path(&keys, 4711);
    assert_eq!(verify_return_path(&keys, &token.to_uppercase()), Some(4711));
    assert_eq!(verify_return_path(&ring(&[b"another"]), &token), None);
    let forged = token.replacen("1267", "1268", 1);
    assert_ne!(forged, token);
    for text in [forged.as_str(), "", "-", "1267", "1267-", "-1-00", "ffffffffffffffffff-00", "ü-é"] {
        assert_eq!(verify_return_path(&keys, text), None, "{text}");
    }
    assert!(return_path(&keys, i64::MAX).len() + "bounces+".len() <= 64);
}

#[test]
fn a_new_key_signs_and_the_former_ones_are_accepted() {
    let (old, new) = (ring(&[KEY]), ring(&[KEY, b"the next one"]));
    let token = sign(&old, Purpose::Unsubscribe, "s1", None);
    let path = return_path(&old, 7);
    assert_eq!(verify(&new, Purpose::Unsubscribe, &token, DateTime::UNIX_EPOCH), Ok("s1".to_owned()));
    assert_eq!(verify_return_path(&new, &path), Some(7));
    let newer = sign(&new, Purpose::Unsubscribe, "s1", None);
    assert_ne!(newer, token);
    assert_eq!(verify(&old, Purpose::Unsubscribe, &newer, DateTime::UNIX_EPOCH), Err(TokenError::Invalid));
    assert_eq!(
        verify(&ring(&[b"the next one"]), Purpose::Unsubscribe, &newer, DateTime::UNIX_EPOCH),
        Ok("s1".to_owned())
    );
}

#[test]
fn a_ring_as_of_an_earlier_day_signs_as_it_did_then_and_accepts_all() {
    let keys = ring(&[KEY, b"second", b"third"]);
    for (hours, then) in
        [(0, ring(&[KEY])), (30, ring(&[b"second"])), (48, ring(&[b"third"])), (900, ring(&[b"third"]))]
    {
        let at = DateTime::UNIX_EPOCH + TimeDelta::hours(hours);
        let as_of = keys.as_of(at);
        assert_eq!(sign(&as_of, Purpose::Confirm, "s", None), sign(&then, Purpose::Confirm, "s", None), "{hours} h");
        assert!(verify(&as_of, Purpose::Confirm, &sign(&keys, Purpose::Confirm, "s", None), at).is_ok());
    }
    let before = DateTime::UNIX_EPOCH - TimeDelta::days(1);
    assert_eq!(return_path(&keys.as_of(before), 1), return_path(&keys, 1), "older than every key: as now");
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
        let one = ring_of(&keys[signer % keys.len()..][..1]);
        let token = sign(&one, purpose, "0123456789abcdef", None);
        let place = place % token.len();
        let mut changed = token.clone();
        changed.replace_range(place..=place, &other);
        prop_assume!(changed != token);
        let all = ring_of(&keys);
        prop_assert!(verify(&all, purpose, &token, DateTime::UNIX_EPOCH).is_ok());
        prop_assert_eq!(verify(&all, purpose, &changed, DateTime::UNIX_EPOCH), Err(TokenError::Invalid));
    }

    #[test]
    fn a_token_serves_no_other_purpose(keys in some_keys(), made_for in purpose(), used_for in purpose()) {
        let keys = ring_of(&keys);
        let token = sign(&keys, made_for, "0123456789abcdef", None);
        prop_assert_eq!(verify(&keys, used_for, &token, DateTime::UNIX_EPOCH).is_ok(), made_for == used_for);
        prop_assert_eq!(verify_return_path(&keys, &token), None);
    }

    #[test]
    fn any_changed_character_of_a_return_path_is_refused(
        keys in some_keys(), signer in 0usize..4, message in any::<i64>(), place in 0usize..40, other in "[ -~]",
    ) {
        let message = message.saturating_abs();
        let path = return_path(&ring_of(&keys[signer % keys.len()..][..1]), message);
        let place = place % path.len();
        let mut changed = path.clone();
        changed.replace_range(place..=place, &other);
        prop_assume!(changed.to_ascii_lowercase() != path);
        let all = ring_of(&keys);
        prop_assert_eq!(verify_return_path(&all, &path), Some(message));
        prop_assert_eq!(verify_return_path(&all, &changed), None);
    }

    #[test]
    fn no_text_panics(text in ".{0,200}") {
        let _ = verify(&ring(&[KEY]), Purpose::Preferences, &text, DateTime::UNIX_EPOCH);
        let _ = verify_return_path(&ring(&[KEY]), &text);
    }
}
