//! Tests of excerpts and lines.

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
fn several_lines_keep_their_breaks_and_lose_overrides_and_invisible_characters() {
    assert_eq!(visible("one\r\n\ttwo \u{202e}owt\u{202c}\u{2067}\0\u{feff}\nthree"), "one\r\n\ttwo owt\nthree");
    assert_eq!(visible("👩\u{200d}👧 نمی\u{200c}خواهم"), "👩\u{200d}👧 نمی\u{200c}خواهم", "joiners stay");
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

#[test]
fn sentences_about_the_blog_itself_are_left_out() {
    for aside in [
        "This article was first published in Council Insight.",
        "This blog post originally appeared on the partner's site.",
        "The views expressed in this article are those of the author and do not necessarily reflect those of the council.",
        "Thanks for reading Council Insight! Subscribe for free to receive new posts.",
        "Sign up for email alerts from this blog.",
        "You can follow us on the usual channels.",
        "Click here to read the full article.",
        "© 2026 Council Insight. All rights reserved.",
        "Joined-up care was originally published in Insight on Medium, where people are responding to this story.",
        "A bridge over the river. Photo: Sam Jones / Agency",
        "Image shows a team around a table.",
    ] {
        assert_eq!(excerpt("Joined-up care", "", &format!("{aside}\n\n{FILLER}\n\n{aside}"), 320), FILLER, "{aside}");
    }
}

#[test]
fn sentences_about_the_subject_stay() {
    for sentence in [
        "The views expressed at the hearing shaped the plan.",
        "This piece of legislation was published in June.",
        "The idea first appeared on the agenda ten years ago.",
        "Universal credit: is it working?",
        "The big picture: fewer admissions.",
        "Market report for 2026 is out.",
        "Targets do not necessarily reflect need.",
        "First published in 2019, the framework has five aims.",
        "This story is one of many that councils have published in June.",
        "Joined-up care 2026 sets out what comes next.",
    ] {
        assert_eq!(excerpt("Joined-up care", "", sentence, 320), sentence);
    }
}

#[test]
fn a_day_and_an_hour_are_boilerplate_and_a_heading_with_a_year_is_not() {
    for (line, rest) in [("Mon, 11/23/2026 - 10:15", ""), ("Thursday, March 12th, 2026 at 10.30am", "")] {
        assert_eq!(excerpt("Title", line, "", 320), rest);
    }
    assert_eq!(excerpt("Title", "Market report 2026", "", 320), "Market report 2026");
}

#[test]
fn a_title_is_known_again_whatever_its_punctuation() {
    for repeated in
        ["“Joined-up care”, in Fife!", "JOINED UP CARE IN FIFE | Council Insight\n\n", "Joined–up care in Fife: "]
    {
        assert_eq!(excerpt("Joined-up care in Fife", "", &format!("{repeated}{FILLER}"), 320), FILLER, "{repeated}");
    }
    let question = "Who pays? Joined-up care in Fife";
    assert_eq!(excerpt(question, "", &format!("{question} jsmith\n\n{FILLER}"), 320), FILLER);
    let bracketed = "Joined-up care (2026)";
    assert_eq!(excerpt(bracketed, "", &format!("{bracketed} – {FILLER}"), 320), FILLER);
}

#[test]
fn a_short_summary_is_followed_by_the_text_and_nothing_is_repeated() {
    let summary = "Health and care partners in Fife have shared one plan, one budget and one front door since April.";
    assert_eq!(excerpt("Joined-up care", &format!("{summary} People tell their st…"), FILLER, 320), FILLER);
}

#[test]
fn a_sentence_that_is_too_long_gives_way_to_one_that_fits() {
    let long = format!("What we learned: {}.", "one thing after another, ".repeat(20).trim_end_matches([',', ' ']));
    assert_eq!(excerpt("Title", "", &format!("{long} {FILLER}"), 320), FILLER);
    let cut = excerpt("Title", "", &long, 320);
    assert!(cut.ends_with("after another…") && (200..=320).contains(&cut.chars().count()), "{cut}");
}

#[test]
fn a_teaser_without_a_sentence_shows_that_it_was_cut() {
    assert_eq!(excerpt("T", "How Fife is joining up its […]", "", 320), "How Fife is joining up its…");
    assert_eq!(excerpt("T", "How Fife is joining up its care...", "", 12), "How Fife is…");
}

#[test]
fn words_are_counted_in_any_script() {
    assert_eq!(word_count("  One team’s “joined-up” plan – done.\n"), 6);
    assert_eq!((word_count(""), word_count("公共服务 改革")), (0, 6));
    for words in [1, 84, 85, 86, 127, 128, 255, 256, 1000] {
        assert_eq!((word_count(&"it ".repeat(words)), word_count(&"of\n".repeat(words))), (words, words));
    }
}

#[test]
fn a_count_is_followed_by_the_noun_in_its_number() {
    for (number, noun, expected) in [
        (0, "post", "0 posts"),
        (1, "post", "1 post"),
        (2, "new post", "2 new posts"),
        (2, "story", "2 stories"),
        (3, "day", "3 days"),
    ] {
        assert_eq!(count(number, noun), expected);
    }
}
