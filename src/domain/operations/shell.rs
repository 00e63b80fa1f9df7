//! Quotes words of commands that a person is asked to run. Addresses and names come from strangers, and people paste
//! what they read: a quoted word stays one word, and no shell runs anything inside it.

use std::borrow::Cow;

/// The word in a form that a POSIX shell takes literally (POSIX.1-2024, Shell Command Language, §2.2.2): unchanged if
/// every character is harmless in every shell, otherwise in single quotes.
#[must_use]
pub fn quoted(word: &str) -> Cow<'_, str> {
    let is_harmless = |c: char| c.is_ascii_alphanumeric() || "-_./:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(is_harmless) {
        return Cow::Borrowed(word);
    }
    Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    /// The word as a shell reads it.
    fn taken(word: &str) -> String {
        let command = format!("printf '%s|' {}", quoted(word));
        let output = Command::new("sh").args(["-c", &command]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    #[test]
    fn plain_words_stay_as_they_are_and_others_are_taken_literally() {
        for word in ["https://blog.example.org/feed.xml", "civil-service", "/srv/data/policy-digest.db", "a@b.example"]
        {
            assert_eq!(quoted(word), word);
        }
        for word in
            ["", "a b", "$(touch x)", "`id`", "https://e.example/?a=1&b=2;id", "it's", "~", "a\nid", "=ls", "#x", "*"]
        {
            assert_eq!(quoted(word).as_bytes()[0], b'\'', "{word}");
            assert_eq!(taken(word), format!("{word}|"));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(50))]
        #[test]
        fn a_shell_takes_any_word_literally(word in "[^\\x00]{0,12}") {
            prop_assert_eq!(taken(&word), format!("{word}|"));
        }
    }
}
