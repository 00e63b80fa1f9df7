//! Reads words for the shapes of the table: the text becomes plain words in lower case, and patterns are looked for among
//! them. Addresses and host names are no words: a mailbox may be called `spam`, and a server `quota`.

/// The most characters of a text that are read: a refusal has a few hundred.
const MAX_CHARS: usize = 4_000;

/// The most words that `..` stands for.
const GAP: usize = 8;

/// A text as words.
#[derive(Debug, Clone, Default)]
pub(super) struct Words {
    /// Lower case, without marks, addresses and host names.
    words: Vec<String>,
    /// The same with the parts of host names, for blocklists, which are known by theirs.
    with_names: Vec<String>,
    /// The text in lower case, for letters that no spaces part.
    lower: String,
}

impl Words {
    pub(super) fn read(text: &str) -> Self {
        let mut found = Self::default();
        let text: String = text.chars().take(MAX_CHARS).collect();
        let is_mark = |c: char| c.is_whitespace() || "<>()[]{}\"`,;:|/=?&".contains(c);
        for piece in text.split(is_mark).filter(|piece| !piece.is_empty() && !piece.contains('@')) {
            let is_name = is_host_name(piece);
            let letters: String = piece.chars().filter(|c| !matches!(c, '\'' | '’' | '\u{ad}')).collect();
            for word in letters.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
                let word = word.to_lowercase();
                if !is_name {
                    found.words.push(word.clone());
                }
                found.with_names.push(word);
            }
        }
        found.lower = text.to_lowercase();
        found
    }

    pub(super) fn is_empty(&self) -> bool {
        self.words.iter().all(|word| word.chars().all(|c| c.is_ascii_digit()))
    }

    /// Whether the pattern is found.
    pub(super) fn have(&self, pattern: &str) -> bool {
        match pattern.strip_prefix('~') {
            Some(letters) => self.lower.contains(letters),
            None => find(pattern, &self.words),
        }
    }

    /// The same, among the parts of host names too.
    pub(super) fn name(&self, pattern: &str) -> bool {
        find(pattern, &self.with_names)
    }

    pub(super) fn have_any(&self, patterns: &[&str]) -> bool {
        patterns.iter().any(|pattern| self.have(pattern))
    }
}

/// `mx1.example.org`, and not the `RESOLVER.ADR.RecipNotFound` of Exchange or a sentence without a space.
fn is_host_name(piece: &str) -> bool {
    let piece = piece.trim_matches('.');
    let Some((rest, last)) = piece.rsplit_once('.') else { return false };
    !rest.is_empty()
        && last.len() >= 2
        && last.chars().all(|c| c.is_ascii_lowercase())
        && rest.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
}

fn find(pattern: &str, words: &[String]) -> bool {
    let pattern: Vec<&str> = pattern.split(' ').collect();
    (0..words.len()).any(|at| is_at(&pattern, &words[at..]))
}

fn is_at(pattern: &[&str], words: &[String]) -> bool {
    match pattern {
        [] => true,
        ["..", rest @ ..] => (0..=GAP.min(words.len())).any(|skipped| is_at(rest, &words[skipped..])),
        [one, rest @ ..] => words.first().is_some_and(|word| is_word(one, word)) && is_at(rest, &words[1..]),
    }
}

fn is_word(pattern: &str, word: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => word.starts_with(start),
        None => word == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_found_among_words_and_never_in_addresses_or_host_names() {
        let words = Words::read("550 5.1.1 <spam@x.test>: User doesn't exist here; see https://zen.spamhaus.org/q");
        assert!(words.have("user doesnt exist") && words.have("user .. here") && words.have("exis*"));
        assert!(!words.have("spam") && !words.have("spamhaus") && words.name("spamhaus"));
        assert!(Words::read("RESOLVER.ADR.RecipNotFound; not found").have("adr recipnotfound"));
        assert!(Words::read("メールボックスがいっぱいです").have("~いっぱい"));
        assert!(Words::read("550 5.1.1").is_empty() && !Words::read("550 no").is_empty());
    }

    #[test]
    fn a_gap_is_bounded() {
        assert!(Words::read("mailbox a b c d e f g h full").have("mailbox .. full"));
        assert!(!Words::read("mailbox a b c d e f g h i full").have("mailbox .. full"));
    }
}
