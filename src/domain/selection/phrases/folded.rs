//! Folds text for matching: compatibility forms and case are folded, marks are dropped, `&` becomes the word "and", and
//! every other sign becomes a gap between words. The apostrophe of a possessive or a plural is dropped; one within a
//! word is kept, because "we'd" is not the past tense of "wed".
//!
//! Words are stored one after the other without gaps, so that `co-production`, `co production` and `coproduction` are
//! the same run of letters. Each word records whether a hyphen joins it to the previous word, and its place in the
//! original text. ASCII is processed in blocks of sixteen bytes, which hold nearly any word, other text letter by letter.
//! `vocabulary` assigns numbers to words.

use std::borrow::Cow;
use std::iter;
use std::ops::Range;

use caseless::Caseless;
use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Words of at most this many letters are not stemmed: `use` and `its` gain nothing from it.
const UNSTEMMED_LETTERS: usize = 3;
/// Words longer than this, in bytes, are not stemmed either: no English word is so long, but an encoded image may be.
const LONGEST_STEMMED: usize = 64;
/// The capacity that is kept between passages; a larger buffer, after a word of megabytes, is freed.
const KEPT_BYTES: usize = 16 * 1024;

/// The number of bytes that are looked at together.
const BLOCK: usize = 16;

/// One passage, folded.
#[derive(Debug, Default)]
pub(crate) struct Folded {
    /// UTF-8.
    letters: Vec<u8>,
    words: Vec<Word>,
}

/// The letters of a word of at most sixteen bytes as two numbers, padded with zero bytes, which occur in no word.
pub(crate) type Short = (u64, u64);

#[derive(Debug)]
struct Word {
    letters: Range<u32>,
    source: Range<u32>,
    opens_sentence: bool,
    is_hyphenated: bool,
}

impl Folded {
    /// Folds `text`; see `refill`.
    pub(crate) fn new(text: &str, limit: usize) -> Self {
        let mut folded = Self::default();
        folded.refill(text, limit);
        folded
    }

    /// Folds `text` in place of the previous content, until its words, with one gap each, fill `limit` bytes; the last
    /// word is completed. The limit applies to the folded text, so spaces and signs of the source do not count.
    pub(crate) fn refill(&mut self, text: &str, limit: usize) {
        self.letters.clear();
        self.letters.shrink_to(KEPT_BYTES);
        self.words.clear();
        let mut folding =
            Folding { folded: self, in_word: false, after_stop: false, sentence_ended: true, hyphen_ends: None };
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() && (folding.in_word || folding.folded.size() < limit) {
            let block = block(bytes, at);
            at += match alphanumerics(&block) {
                0 if block[0] == b' ' => {
                    folding.part(' ');
                    1
                }
                0 => {
                    let letter = text[at..].chars().next().unwrap_or_default();
                    folding.take(at, letter, &text[at + letter.len_utf8()..]);
                    letter.len_utf8()
                }
                run => {
                    folding.take_run(at, &block, run);
                    run
                }
            };
        }
        folding.close();
        // Other letters were folded one by one.
        self.letters.make_ascii_lowercase();
    }

    /// The number of words.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.words.len()
    }

    /// The size in bytes: the letters, and one gap for each word.
    #[inline]
    pub(crate) fn size(&self) -> usize {
        self.letters.len() + self.words.len()
    }

    /// The offset of a word in the passage, measured like `size`.
    #[inline]
    pub(crate) fn offset(&self, word: usize) -> usize {
        self.words[word].letters.start as usize + word
    }

    /// The number of words that begin before this offset.
    pub(crate) fn words_before(&self, offset: usize) -> usize {
        (0..self.len()).find(|word| self.offset(*word) >= offset).unwrap_or(self.len())
    }

    /// Whether a sentence begins with this word.
    #[inline]
    pub(crate) fn opens_sentence(&self, word: usize) -> bool {
        self.words[word].opens_sentence
    }

    /// Whether only a hyphen separates this word from the previous one.
    #[inline]
    pub(crate) fn is_hyphenated(&self, word: usize) -> bool {
        self.words[word].is_hyphenated
    }

    /// A word in its folded form.
    pub(crate) fn word(&self, word: usize) -> &str {
        str::from_utf8(self.letters(word)).expect("folded letters are UTF-8")
    }

    /// A word in its folded form, as bytes.
    #[inline]
    pub(crate) fn letters(&self, word: usize) -> &[u8] {
        &self.letters[whole(&self.words[word].letters)]
    }

    /// A short word in its folded form.
    #[inline]
    pub(crate) fn short(&self, word: usize) -> Option<Short> {
        let Range { start, end } = whole(&self.words[word].letters);
        let unused = BLOCK.checked_sub(end - start)?;
        let letters = u128::from_le_bytes(block(&self.letters, start)) & (u128::MAX >> (8 * unused));
        #[expect(clippy::cast_possible_truncation, reason = "its two halves")]
        Some((letters as u64, (letters >> 64) as u64))
    }

    /// All words in their folded form, in order.
    pub(crate) fn words(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|word| self.word(word))
    }

    /// The byte range of these words in the source.
    pub(crate) fn place(&self, words: Range<usize>) -> Range<u32> {
        self.words[words.start].source.start..self.words[words.end - 1].source.end
    }

    /// The source text of these words; `source` must be the text that was folded.
    pub(crate) fn quote<'a>(&self, source: &'a str, words: Range<usize>) -> &'a str {
        match (self.words.get(words.start), self.words.get(words.end.saturating_sub(1))) {
            (Some(first), Some(last)) => source.get(whole(&(first.source.start..last.source.end))).unwrap_or_default(),
            _ => "",
        }
    }
}

/// The bytes from `at` on, with zeros after the end.
#[inline]
fn block(bytes: &[u8], at: usize) -> [u8; BLOCK] {
    let rest = &bytes[at..];
    rest.first_chunk().copied().unwrap_or_else(|| {
        let mut padded = [0; BLOCK];
        padded[..rest.len()].copy_from_slice(rest);
        padded
    })
}

/// The number of ASCII letters and digits that a block begins with. All bytes are tested at once, as one large number:
/// in each, the highest bit of a sum says whether the byte reaches a bound, and never carries over into the next.
#[inline]
fn alphanumerics(block: &[u8; BLOCK]) -> usize {
    const fn each(byte: u8) -> u128 {
        u128::from_ne_bytes([byte; BLOCK])
    }
    let within = |bytes: u128, [first, last]: [u8; 2]| (bytes + each(0x80 - first)) & !(bytes + each(0x7f - last));
    let bytes = u128::from_le_bytes(*block);
    let low = bytes & each(0x7f);
    let alphanumeric = (within(low | each(0x20), *b"az") | within(low, *b"09")) & !bytes;
    (!alphanumeric & each(0x80)).trailing_zeros() as usize / 8
}

/// Converts an index into a text or its letters.
#[inline]
pub(crate) fn place(at: usize) -> u32 {
    u32::try_from(at).expect("a passage is shorter than 4 GB")
}

/// Converts a range back into indices.
#[inline]
pub(crate) fn whole(range: &Range<u32>) -> Range<usize> {
    range.start as usize..range.end as usize
}

/// The English stem of one folded word. It takes half a microsecond, so `vocabulary` caches it.
pub(crate) fn stem(word: &str) -> Cow<'_, str> {
    if word.len() <= UNSTEMMED_LETTERS || word.len() > LONGEST_STEMMED {
        return Cow::Borrowed(word);
    }
    Stemmer::create(Algorithm::English).stem(word)
}

struct Folding<'a> {
    folded: &'a mut Folded,
    in_word: bool,
    after_stop: bool,
    sentence_ended: bool,
    /// Where the last hyphen ends, if it follows a word.
    hyphen_ends: Option<u32>,
}

impl Folding<'_> {
    /// Adds the ASCII letters and digits at the beginning of a block; their case is folded at the end, all at once.
    fn take_run(&mut self, at: usize, block: &[u8; BLOCK], run: usize) {
        self.open(at);
        // Copying a whole block is quicker than copying as much as is needed.
        let letters = self.folded.letters.len() + run;
        self.folded.letters.extend_from_slice(block);
        self.folded.letters.truncate(letters);
        self.extend(at + run);
    }

    /// Adds any other letter; `rest` is the text after it.
    fn take(&mut self, at: usize, letter: char, rest: &str) {
        let end = at + letter.len_utf8();
        if letter == '&' {
            self.close();
            self.open(at);
            self.folded.letters.extend_from_slice(b"and");
            self.extend(end);
            self.close();
        } else if is_silent(letter) {
            if self.in_word {
                self.extend(end);
            }
        } else if !letter.is_ascii() && letter.is_alphanumeric() {
            self.open(at);
            let plain = iter::once(letter).nfkd().default_case_fold().nfkd();
            for letter in plain.filter(|letter| letter.is_alphanumeric() && !is_silent(*letter)) {
                self.folded.letters.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            }
            self.extend(end);
        } else if is_apostrophe(letter) {
            if self.in_word && is_within_word(rest) {
                self.folded.letters.push(b'\'');
                self.extend(end);
            }
        } else {
            let ties = self.in_word && is_hyphen(letter);
            self.part(letter);
            self.hyphen_ends = ties.then_some(place(end));
        }
    }

    /// Adds a sign between words, which may end a sentence.
    fn part(&mut self, sign: char) {
        self.close();
        self.after_stop |= matches!(sign, '.' | '!' | '?' | '…');
        self.sentence_ended |= self.after_stop && sign.is_whitespace();
    }

    fn open(&mut self, at: usize) {
        if self.in_word {
            return;
        }
        let (letters, at) = (place(self.folded.letters.len()), place(at));
        self.folded.words.push(Word {
            letters: letters..letters,
            source: at..at,
            opens_sentence: self.sentence_ended,
            is_hyphenated: self.hyphen_ends.take() == Some(at),
        });
        (self.in_word, self.after_stop, self.sentence_ended) = (true, false, false);
    }

    fn extend(&mut self, source_end: usize) {
        let letters_end = self.folded.letters.len();
        if let Some(word) = self.folded.words.last_mut() {
            word.letters.end = place(letters_end);
            word.source.end = place(source_end);
        }
    }

    fn close(&mut self) {
        self.in_word = false;
        if self.folded.words.last().is_some_and(|word| word.letters.is_empty()) {
            self.folded.words.pop();
        }
    }
}

/// Signs that neither separate words nor belong to them: marks, the soft hyphen, zero-width characters.
fn is_silent(letter: char) -> bool {
    !letter.is_ascii()
        && (is_combining_mark(letter) || matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}'))
}

fn is_apostrophe(letter: char) -> bool {
    matches!(letter, '\'' | '’' | '‘' | '＇' | '`' | '\u{2bc}')
}

fn is_hyphen(letter: char) -> bool {
    matches!(letter, '-' | '\u{2010}' | '\u{2011}')
}

/// Whether a word continues after its apostrophe: "we'd" and "O'Brien" do, "people's" and "citizens'" do not.
fn is_within_word(rest: &str) -> bool {
    let mut letters = rest.chars();
    let first = letters.next().is_some_and(char::is_alphanumeric);
    let is_possessive =
        matches!(rest.as_bytes().first(), Some(b's' | b'S')) && !letters.next().is_some_and(char::is_alphanumeric);
    first && !is_possessive
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Folded, stem};

    fn words(text: &str) -> Vec<String> {
        Folded::new(text, usize::MAX).words().map(str::to_owned).collect()
    }

    #[test]
    fn case_marks_ligatures_and_apostrophes_fold_away() {
        assert_eq!(
            words("Café ＣＯ-oﬃce people’s Straße STRASSE"),
            ["cafe", "co", "office", "peoples", "strasse", "strasse"]
        );
        assert_eq!(words("The ‘citizens’ jury’, CHILDREN'S"), ["the", "citizens", "jury", "childrens"]);
    }

    #[test]
    fn an_apostrophe_within_a_word_is_kept() {
        assert_eq!(words("We’d say I'll, O`Brien"), ["we'd", "say", "i'll", "o'brien"]);
    }

    #[test]
    fn a_hyphen_ties_words_and_a_dash_does_not() {
        let folded = Folded::new("co-produced, joined\u{2011}up – well - made", usize::MAX);
        let tied: Vec<_> = (0..folded.len()).filter(|word| folded.is_hyphenated(*word)).collect();
        assert_eq!(tied, [1, 3]);
    }

    #[test]
    fn every_dash_parts_words_and_an_ampersand_is_a_word() {
        assert_eq!(
            words("joined\u{2011}up joined–up health & care"),
            ["joined", "up", "joined", "up", "health", "and", "care"]
        );
    }

    #[test]
    fn a_soft_hyphen_is_not_seen() {
        assert_eq!(words("co\u{ad}production"), ["coproduction"]);
    }

    #[test]
    fn the_quotation_is_what_the_source_wrote() {
        let source = "The Café\u{301}’s «joined‑up» services.";
        let folded = Folded::new(source, usize::MAX);
        assert_eq!(folded.quote(source, 2..4), "joined‑up");
    }

    #[test]
    fn a_stop_and_a_space_end_a_sentence_but_a_decimal_point_does_not() {
        let folded = Folded::new("It cost 3.5m. Why?” Nobody knew", usize::MAX);
        let opening: Vec<_> = (0..folded.len()).filter(|word| folded.opens_sentence(*word)).collect();
        assert_eq!(opening, [0, 4, 5]);
    }

    #[test]
    fn no_word_is_begun_past_the_limit() {
        assert_eq!(Folded::new("one two three", 8).len(), 2);
    }

    #[test]
    fn every_letter_folds_to_lower_case() {
        for letter in ('\0'..=char::MAX).filter(|letter| !letter.is_ascii()) {
            let text = letter.to_string();
            let folded = words(&text).concat();
            assert!(!folded.bytes().any(|byte| byte.is_ascii_uppercase()), "{letter:?}: {folded}");
        }
    }

    #[test]
    fn a_passage_folded_after_another_knows_nothing_of_it() {
        let mut folded = Folded::new("Some other words. ", usize::MAX);
        folded.refill("two words", usize::MAX);
        assert_eq!(folded.words().collect::<Vec<_>>(), ["two", "words"]);
        assert!(folded.opens_sentence(0) && !folded.opens_sentence(1));
    }

    proptest! {
        #[test]
        fn any_text_can_be_folded_and_quoted(text in "\\PC{0,200}") {
            let folded = Folded::new(&text, 150);
            for word in 0..folded.len() {
                prop_assert!(!folded.quote(&text, word..word + 1).is_empty());
                prop_assert!(!stem(folded.word(word)).is_empty());
            }
        }
    }
}
