//! Shortens a title to whole clauses: never inside a phrase, a list, a quotation or brackets.

use crate::domain::items::text;

/// A clause shorter than this says too little to stand for a title: "Podcast", "Two into one".
const SHORT_CLAUSE: usize = 16;

/// Marks that end a clause, besides the ends of sentences.
const MARKS: [&str; 10] = [": ", "; ", " – ", " — ", " - ", " | ", " · ", " » ", " (", ", "];

/// Words that begin a clause of their own, in English and Welsh: what comes before can do without it.
const CONJUNCTIONS: [&str; 12] = [
    " but ",
    " because ",
    " although ",
    " after ",
    " while ",
    " whereas ",
    " unless ",
    " ond ",
    " oherwydd ",
    " gan fod ",
    " ar ôl ",
    " er bod ",
];

/// Words that need another one after them, so that no clause ends with them.
const UNFINISHED: [&str; 46] = [
    "a", "an", "the", "this", "these", "our", "their", "its", "his", "her", "my", "your", "no", "of", "to", "for",
    "in", "on", "at", "by", "with", "from", "into", "between", "about", "and", "or", "is", "are", "was", "be", "as",
    "not", "day", "soon", "long", "y", "yr", "ar", "o", "i", "yn", "a'r", "am", "gan", "neu",
];

/// Parts of a label before a colon that names the kind of a post and not its matter.
const LABELS: [&str; 14] = [
    "podcast",
    "blog",
    "guest",
    "webinar",
    "interview",
    "weeknotes",
    "video",
    "opinion",
    "newsletter",
    "event",
    "report",
    "podlediad",
    "gwestai",
    "fideo",
];

/// The title, else as many of its first clauses as fit, else what follows a label before a colon; `None` if none fits.
pub(super) fn shortened(title: &str, fits: impl Fn(&str) -> bool) -> Option<String> {
    let title = bare(title);
    if fits(title) {
        return Some(title.to_owned());
    }
    let clauses = clause_ends(title).into_iter().rev().map(|end| title[..end].trim_end());
    let clauses = clauses.filter(|clause| says_enough(clause) && is_balanced(clause));
    let after_label = title.split_once(": ").filter(|(label, _)| !says_enough(label)).map(|(_, rest)| rest.trim());
    let after_label = after_label.filter(|rest| rest.contains(char::is_alphanumeric));
    clauses.chain(after_label).find(|clause| fits(clause)).map(capitalised)
}

/// The title without a mark at its end after which something is missing, such as the colon of a title that is only a label,
/// and without its full stop: words follow it in a subject.
pub(super) fn bare(title: &str) -> &str {
    let kept = title.trim_end_matches([':', ';', ',', '–', '—', '-', '|', ' ']);
    let kept = match kept.strip_suffix('.') {
        Some(sentence) if !sentence.ends_with('.') => sentence,
        _ => kept,
    };
    if kept.is_empty() { title } else { kept }
}

/// The title on a line of so many characters: whole clauses if there are any that fit, else its beginning.
pub(super) fn line(title: &str, max_chars: usize) -> String {
    let fits = |text: &str| text.chars().count() <= max_chars;
    shortened(title, fits).unwrap_or_else(|| {
        let mut cut = text::truncate_at_word(title, max_chars);
        while let Some((before, _)) = cut.trim_end_matches('…').rsplit_once(' ').filter(|(_, last)| is_unfinished(last))
        {
            cut = format!("{before}…");
        }
        cut
    })
}

/// Where a clause of the title ends, the first first.
fn clause_ends(title: &str) -> Vec<usize> {
    let mut ends = Vec::new();
    for mark in MARKS {
        let found = title.match_indices(mark).map(|(at, _)| at);
        ends.extend(found.filter(|at| mark != ", " || !is_in_list(&title[..*at], &title[at + mark.len()..])));
    }
    for word in CONJUNCTIONS {
        let found = title.match_indices(word).map(|(at, _)| at);
        ends.extend(found.filter(|at| !title[..*at].rsplit(' ').next().is_some_and(is_unfinished)));
    }
    let mut from = 0;
    for sentence in text::sentences(title) {
        let Some(at) = title[from..].find(sentence) else { break };
        from += at + sentence.len();
        ends.push(from - usize::from(sentence.ends_with('.')));
    }
    ends.sort_unstable();
    ends.dedup();
    ends
}

/// Whether the comma between both parts is one of a list: "health, housing and care".
fn is_in_list(before: &str, after: &str) -> bool {
    let item = after.split([',', ':', ';']).next().unwrap_or_default();
    let words: Vec<&str> = item.split_whitespace().collect();
    let joins = |word: &&str| matches!(word.to_lowercase().as_str(), "and" | "or" | "&" | "a" | "ac" | "neu");
    let is_last_item = words.iter().take(4).skip(1).any(joins);
    let is_middle_item = words.len() <= 3 && item.len() < after.len();
    is_last_item
        || is_middle_item
        || before.rsplit_once(',').is_some_and(|(_, item)| item.split_whitespace().count() <= 2)
}

fn says_enough(clause: &str) -> bool {
    let is_label = || {
        let folded = clause.to_lowercase();
        clause.split_whitespace().count() <= 5 && folded.split_whitespace().any(|word| LABELS.contains(&word))
    };
    clause.chars().count() >= SHORT_CLAUSE && clause.split_whitespace().nth(2).is_some() && !is_label()
}

fn is_unfinished(word: &str) -> bool {
    UNFINISHED.contains(&word.to_lowercase().as_str())
}

/// Whether every quotation and bracket that is opened is closed. An apostrophe closes nothing.
fn is_balanced(clause: &str) -> bool {
    let count = |mark: char| clause.matches(mark).count();
    let pairs = [('(', ')'), ('[', ']'), ('“', '”'), ('«', '»'), ('‘', '’')];
    count('"') % 2 == 0 && pairs.iter().all(|&(open, close)| count(open) <= count(close))
}

/// With a capital first, as after a label that is left out.
fn capitalised(clause: &str) -> String {
    let mut letters = clause.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within(max_chars: usize, title: &str) -> Option<String> {
        shortened(title, |text| text.chars().count() <= max_chars)
    }

    #[test]
    fn a_title_is_cut_after_a_clause() {
        for (title, expected) in [
            ("One purse for older people's care: what four councils learned", "One purse for older people's care"),
            (
                "Who pays when the savings land elsewhere? Four answers, and a fifth",
                "Who pays when the savings land elsewhere?",
            ),
            (
                "Early help is cut first and missed last – ten years of accounts",
                "Early help is cut first and missed last",
            ),
            ("Councils merge their care teams after inspectors find delays", "Councils merge their care teams"),
            ("One front door for families, and what three councils learned", "One front door for families"),
            ("Pooling the budget is the easy bit | Council Insight, the blog", "Pooling the budget is the easy bit"),
            ("Cyfuno'r gyllideb yw'r rhan hawdd, meddai tri chyngor sir", "Cyfuno'r gyllideb yw'r rhan hawdd"),
            ("Un cyngor i bawb oherwydd bod yr arian yn brin ym mhobman", "Un cyngor i bawb"),
            ("Dr. Smith asks who decides. Nobody answers for the next ten years", "Dr. Smith asks who decides"),
            ("The NHS in ten years (and why it matters to us, more than ever)", "The NHS in ten years"),
        ] {
            assert_eq!(within(44, title).as_deref(), Some(expected));
        }
    }

    #[test]
    fn no_phrase_list_quotation_or_bracket_is_cut() {
        for title in [
            "What we learned from two years of joined-up working in health",
            "Integrated health, social care and housing partners agree a budget",
            "How we brought health, housing, leisure and care into one small team",
            "“We stopped counting: nobody missed it” says the head of one council",
            "A plan (for care: and for families) that takes a while to be agreed on",
            "Reform takes a while before anybody can say that it has really worked",
            "Why reform takes a while when nobody at all is in charge of its budget",
        ] {
            assert_eq!(within(44, title), None, "{title}");
        }
    }

    #[test]
    fn a_label_does_not_stand_for_a_title() {
        let title = "Guest blog: why early help is cut first and missed last";
        assert_eq!(within(50, title).as_deref(), Some("Why early help is cut first and missed last"));
        assert_eq!(within(20, title), None);
        assert_eq!(within(60, title).as_deref(), Some(title));
    }

    #[test]
    fn a_title_that_is_only_a_label_stays() {
        for (title, expected) in [
            ("Guest blog:", "Guest blog"),
            ("Podcast", "Podcast"),
            ("Podcast: –", "Podcast"),
            ("Reform pays.", "Reform pays"),
            ("And then...", "And then..."),
            ("—", "—"),
        ] {
            assert_eq!(within(44, title).as_deref(), Some(expected));
        }
        assert_eq!(within(8, "Podcast: (…)"), None);
        assert_eq!(line("Podcast: (…)", 8), "Podcast…");
    }

    #[test]
    fn a_line_ends_with_a_word_that_can_end_it() {
        assert_eq!(
            line("The future of joined-up working and integration in Scotland", 38),
            "The future of joined-up working…"
        );
        assert_eq!(line("One front door for families: what three councils learned", 38), "One front door for families");
        assert_eq!(line(&"x".repeat(50), 10), "xxxxxxxxx…");
    }
}
