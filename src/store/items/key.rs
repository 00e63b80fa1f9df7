//! Keys of items that are long: guids, links and titles are looked up in indexes, and an entry of a PostgreSQL index holds at
//! most 2,704 bytes (<https://www.postgresql.org/docs/current/btree.html>), of up to two such keys and a feed's id.

use std::borrow::Cow;

use sha2::{Digest as _, Sha256};

use crate::store::database::sql::{self, Connection, params};

/// The longest key, in bytes.
pub(crate) const LONGEST: usize = 1_000;

/// As much of a longer text stays readable; a link keeps its page.
const READABLE: usize = 900;

/// The key of a text: the text itself or, for a long one, its beginning and its SHA-256. The key of a key is the same.
pub(crate) fn key(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST {
        return Cow::Borrowed(text);
    }
    let mut key = text[..text.floor_char_boundary(READABLE)].to_owned();
    key.push('~');
    key.extend(Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")));
    Cow::Owned(key)
}

/// The text whose key is not the text itself.
pub(crate) fn whole(text: &str) -> Option<&str> {
    (text.len() > LONGEST).then_some(text)
}

const LONGER: &str = "SELECT seq, identity, canonical, title_key FROM items
    WHERE octet_length(identity) > ?1 OR octet_length(canonical) > ?1 OR octet_length(title_key) > ?1";

const SHORTEN: &str = "UPDATE items SET identity = ?2, canonical = ?3, title_key = ?4 WHERE seq = ?1";

/// Shortens the keys of items that an earlier version kept as they were. It may be done twice.
pub(in crate::store) fn shorten(connection: &Connection) -> sql::Result<()> {
    let mut statement = connection.prepare(LONGER)?;
    let longer = statement.query_map([LONGEST], |row| {
        Ok((row.get("seq")?, row.get("identity")?, row.get("canonical")?, row.get("title_key")?))
    })?;
    let longer: Vec<(i64, String, Option<String>, String)> = longer.collect::<sql::Result<_>>()?;
    for (seq, identity, canonical, title) in longer {
        connection.execute(SHORTEN, params![seq, key(&identity), canonical.as_deref().map(key), key(&title)])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, key, whole};

    #[test]
    fn a_long_text_has_a_short_key_of_its_own_and_a_short_one_is_its_own_key() {
        let short = "é".repeat(LONGEST / 2);
        let (long, other) = (format!("{short}a"), format!("{short}b"));
        assert_eq!((&*key(&short), whole(&short)), (&*short, None));
        assert!(key(&long).len() <= LONGEST && key(&long) != key(&other));
        assert_eq!((key(&key(&long)), whole(&long)), (key(&long), Some(&*long)));
    }
}
