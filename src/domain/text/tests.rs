//! Facts about excerpts and lines.

use super::*;

const FILLER: &str = "Health and care partners in Fife have shared one plan, one budget and one front door since April. \
    People tell their story once, and the team around them is the same from the first call to the last visit.";

#[test]
fn the_feeds_own_summary_is_used_when_it_is_one() {
    let text = excerpt("Joined-up care", FILLER, "Something else entirely happened. It was long.", 320);
    assert_eq!(text, single_line(FILLER));
}

#[test]
fn a_teaser_cut_in_mid_word_gives_way_to_the_content() {
    let text = excerpt("Joined-up care", "Health and care partners in Fi […]", FILLER, 320);
    assert_eq!(text, single_line(FILLER));
}

#[test]
fn an_excerpt_is_whole_sentences_within_its_limit() {
    let content = format!("{FILLER} The evaluation found fewer admissions. More money is needed, said the board.");
    for limit in [120, 200, 320] {
        let text = excerpt("Title", "", &content, limit);
        assert!(text.chars().count() <= limit && text.ends_with('.'), "{limit}: {text}");
    }
}

#[test]
fn boilerplate_is_left_out() {
    let content = format!(
        "Joined-up care in Fife\nBy Jane Smith, 3 March 2026\nPhoto: a bridge\n{FILLER}\nPosted by Jane at 10:30 \
         Email This BlogThis! Share to Twitter\nNo comments:\nPost a Comment\nLabels: care, Fife\n\
         The post Joined-up care in Fife appeared first on Blog."
    );
    let text = excerpt("Joined-up care in Fife", "Read more", &content, 320);
    assert_eq!(text, single_line(FILLER));
}

#[test]
fn the_wordpress_line_goes_though_the_title_asks_a_question() {
    let summary = format!("{FILLER} The post Why reform? appeared first on Blog.");
    assert_eq!(excerpt("Why reform?", &summary, "", 320), single_line(FILLER));
}

#[test]
fn a_title_that_begins_the_text_is_not_repeated() {
    let text = excerpt("Joined-up care in Fife", "", &format!("Joined-up care in Fife {FILLER}"), 320);
    assert_eq!(text, single_line(FILLER));
    let kept =
        "Collaboration works because people are trusted to work it out among themselves in the place they serve.";
    assert_eq!(excerpt("Collaboration works", kept, "", 320), kept);
}

#[test]
fn a_text_without_a_sentence_gives_its_words() {
    assert_eq!(excerpt("T", "How Fife is joining up care", "", 320), "How Fife is joining up care");
    assert_eq!(excerpt("Same", "Same", "", 320), "");
}

#[test]
fn abbreviations_and_initials_end_no_sentence() {
    let found = sentences("Dr. Smith met J. Brown, e.g. on Monday. They agreed.");
    assert_eq!(found, ["Dr. Smith met J. Brown, e.g. on Monday.", "They agreed."]);
}

#[test]
fn a_line_cannot_hold_breaks_overrides_or_invisible_characters() {
    assert_eq!(single_line(" a\r\nBcc: x\0\u{202e}y\u{200b}\t z "), "a Bcc: x yz".replace("yz", "y z"));
    assert_eq!(single_line("👩\u{200d}👩\u{200d}👧 pay\u{200d}pal"), "👩\u{200d}👩\u{200d}👧 paypal");
}

#[test]
fn a_cut_is_between_words_and_counts_its_ellipsis() {
    assert_eq!(truncate_at_word("joined-up working, in Fife", 20), "joined-up working…");
    assert_eq!(truncate_at_word(&"x".repeat(30), 10), format!("{}…", "x".repeat(9)));
    assert_eq!(truncate_at_word("short", 5), "short");
}

#[test]
fn reading_takes_at_least_a_minute_unless_there_is_nothing() {
    assert_eq!((reading_minutes(0), reading_minutes(1), reading_minutes(221)), (0, 1, 2));
}
