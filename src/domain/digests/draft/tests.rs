//! Tests of drafts.

use std::time::Duration;

use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;
use crate::domain::catalogue::Catalogue;
use crate::domain::digests::digest;
use crate::domain::digests::digest::{Context, Limits, SectionOutline};

fn story(seq: i64, score: f32, theme: &str) -> Story {
    Story {
        seq,
        title: format!("Story {seq}"),
        link: format!("https://example.org/{seq}").parse().expect("a URL"),
        source: format!("Source {seq}"),
        also_on: Vec::new(),
        author: None,
        published: None,
        excerpt: "Two teams became one.".to_owned(),
        reading_minutes: 1,
        score,
        themes: vec![theme.to_owned()],
        phrases: Vec::new(),
        is_listed: false,
        comment: String::new(),
    }
}

/// Five stories, one borderline item (6) and two near misses (7, 8).
fn draft() -> Draft {
    let mut stories: Vec<Story> = (1_i16..=5).map(|seq| story(seq.into(), 10.0 - f32::from(seq), "a")).collect();
    stories[4].themes = vec!["b".to_owned()];
    stories.push(Story { is_listed: true, ..story(6, 2.5, "a") });
    let near_misses = vec![story(7, 2.0, "b"), story(8, 1.0, "a")];
    Draft::new(Base { stories, near_misses, near: 2, order: (1..=8).collect(), ..Base::default() })
}

#[test]
fn near_misses_are_always_shown_and_the_blind_sample_has_the_others_that_were_drawn() {
    let all: Vec<Story> = (1..=40).map(|seq| story(seq, 2.0, "a")).collect();
    let seqs = |pieces: Vec<&Piece>| pieces.into_iter().map(|piece| piece.story.seq).collect::<Vec<_>>();
    let few = Base { near_misses: all[..3].to_vec(), near: 2, sample: vec![1, 3], ..Base::default() };
    let draft = Draft::new(few);
    assert_eq!((seqs(draft.near_misses()), seqs(draft.sample())), (vec![1, 2], vec![3]), "the third is far from it");
    // The best thirty, a post of a draft that rolled on, and two that were drawn.
    let near_misses = [&all[..30], &all[32..33], &all[35..37]].concat();
    let mut draft = Draft::new(Base { near_misses, near: 30, sample: vec![4, 36, 37], ..Base::default() });
    assert_eq!(seqs(draft.near_misses()), (1..=30).chain([33]).collect::<Vec<_>>());
    assert_eq!(seqs(draft.sample()), [36, 37]);
    draft.apply(Act::Include { seq: 36 }, "ada@example.org", now()).expect("an act");
    assert_eq!((draft.near_misses().len(), seqs(draft.sample())), (31, vec![37]));
}

fn now() -> DateTime<Utc> {
    "2026-11-30T06:00:00Z".parse().expect("a time")
}

fn outline(name: &str) -> SectionOutline {
    SectionOutline { name: name.to_owned(), title: name.to_uppercase(), ..SectionOutline::default() }
}

fn composed(draft: &Draft, max_stories: usize) -> Digest {
    let limits = Limits { max_stories, rows: 100 };
    let words = Catalogue::sample(&[
        ("digest.subject_more", "{title}"),
        ("digest.subject_more_on", "{title}"),
        ("digest.subject_alone", "{title}"),
        ("digest.subject_dated", "{title}"),
        ("digest.preheader", "{titles}"),
        ("digest.other_theme", "Other"),
        ("digest.untitled", "Untitled"),
    ]);
    let context = Context { words: &words, name: "reform", earlier: &[], date: "30 November 2026" };
    let arrangement = draft.arrangement(Arrangement::default());
    digest::compose(&draft.stories(), &[outline("a"), outline("b")], &limits, None, &context, &arrangement)
        .expect("stories")
}

/// The lead, the stories of each section, then those with one line.
fn shown(draft: &Draft, max_stories: usize) -> Vec<Vec<i64>> {
    let digest = composed(draft, max_stories);
    let sections = digest.sections.iter().map(|section| section.stories.as_slice());
    let lists = [digest.lead.as_slice()].into_iter().chain(sections).chain([digest.more.as_slice()]);
    lists.map(|list| list.iter().map(|entry| entry.seq).collect()).collect()
}

fn does(draft: &mut Draft, act: Act) {
    draft.apply(act, "ada", now()).expect("it is allowed");
}

fn refused(draft: &Draft, act: Act) -> Refusal {
    let mut after = draft.clone();
    let refusal = after.apply(act, "ada", now()).expect_err("it is refused");
    assert_eq!(after, *draft, "a refused act changes nothing");
    refusal
}

#[test]
fn a_draft_as_made_is_the_digest_as_selected() {
    assert_eq!(shown(&draft(), 12), [vec![1], vec![2, 3, 4], vec![5], vec![]]);
    assert_eq!(draft().version(), 0);
    assert_eq!(draft().near_misses().len(), 2);
}

#[test]
fn what_is_left_out_can_be_put_back_and_what_is_included_can_be_left_out() {
    let mut draft = draft();
    does(&mut draft, Act::LeaveOut { seq: 1 });
    does(&mut draft, Act::OffTopic { seq: 2 });
    does(&mut draft, Act::Postpone { seq: 3 });
    does(&mut draft, Act::Include { seq: 7 });
    does(&mut draft, Act::Include { seq: 6 });
    assert_eq!(shown(&draft, 12), [vec![4], vec![6], vec![5, 7], vec![]]);
    assert_eq!(draft.extras(), [6, 7]);
    does(&mut draft, Act::PutBack { seq: 3 });
    does(&mut draft, Act::LeaveOut { seq: 7 });
    assert_eq!(shown(&draft, 12), [vec![3], vec![4, 6], vec![5], vec![]]);
    assert_eq!(draft.near_misses().len(), 2, "it is a near miss again");
    assert_eq!(draft.version(), 7);
}

#[test]
fn the_lead_comes_first_with_its_section_and_gives_way_when_it_is_left_out() {
    let mut draft = draft();
    does(&mut draft, Act::Lead { seq: 5 });
    assert_eq!(shown(&draft, 12), [vec![5], vec![1, 2, 3, 4], vec![]]);
    assert!(composed(&draft, 12).subject.starts_with("Story 5"));
    does(&mut draft, Act::LeaveOut { seq: 5 });
    assert_eq!(draft.lead(), None);
    assert_eq!(refused(&draft, Act::Lead { seq: 5 }), Refusal::NotIn(5));
    assert_eq!(refused(&draft, Act::Lead { seq: 6 }), Refusal::IsListed(6));
    assert_eq!(refused(&draft, Act::NoLead), Refusal::HasNoLead);
}

#[test]
fn a_story_moves_within_its_section_and_from_the_short_ones_into_the_full_ones() {
    let mut draft = draft();
    let up = draft.shift(&composed(&draft, 12), 3, true).expect("it can go up");
    does(&mut draft, up);
    assert_eq!(shown(&draft, 12), [vec![1], vec![3, 2, 4], vec![5], vec![]]);
    assert_eq!(draft.shift(&composed(&draft, 12), 1, false), Err(Refusal::IsLast(1)), "the lead is alone");
    assert_eq!(draft.shift(&composed(&draft, 12), 3, true), Err(Refusal::IsFirst(3)));
    assert_eq!(draft.shift(&composed(&draft, 12), 5, false), Err(Refusal::IsLast(5)));
    assert_eq!(shown(&draft, 2), [vec![1], vec![3], vec![2, 4, 5]]);
    let up = draft.shift(&composed(&draft, 2), 2, true).expect("it takes the place of the last full one");
    does(&mut draft, up);
    assert_eq!(shown(&draft, 2), [vec![1], vec![2], vec![3, 4, 5]]);
    does(&mut draft, Act::Section { seq: 3, theme: "b".to_owned() });
    assert_eq!(shown(&draft, 12), [vec![1], vec![2, 4], vec![3, 5], vec![]]);
    does(&mut draft, Act::Section { seq: 3, theme: String::new() });
    assert_eq!(shown(&draft, 12), [vec![1], vec![2, 4], vec![5, 3], vec![]], "themes with one story share a section");
}

#[test]
fn texts_are_on_one_line_and_within_their_limits() {
    let mut draft = draft();
    does(&mut draft, Act::Edit { seq: 1, title: " A\nbetter  title ".to_owned(), excerpt: String::new() });
    does(&mut draft, Act::Comment { seq: 1, comment: "Read\r\nthis.".to_owned() });
    let story = &draft.piece(1).expect("it is there").story;
    assert_eq!((story.title.as_str(), story.comment.as_str()), ("A better title", "Read this."));
    let edit = |title: &str| Act::Edit { seq: 1, title: title.to_owned(), excerpt: String::new() };
    assert_eq!(refused(&draft, edit(" \n")), Refusal::NoTitle);
    assert_eq!(refused(&draft, edit(&"a".repeat(201))), Refusal::TooLong { what: "title", limit: 200 });
    assert_eq!(edit(&"a".repeat(200)).tidied(), Ok(edit(&"a".repeat(200))));
    let note = Act::Note { markdown: "a".repeat(NOTE_BYTES + 1) };
    assert_eq!(refused(&draft, note), Refusal::TooLong { what: "note", limit: NOTE_BYTES });
}

#[test]
fn an_approved_draft_is_changed_only_after_it_was_reopened_and_a_sent_one_never() {
    let mut draft = draft();
    does(&mut draft, Act::Approve);
    assert_eq!(refused(&draft, Act::LeaveOut { seq: 1 }), Refusal::IsApproved);
    assert_eq!(refused(&draft, Act::Approve), Refusal::IsApproved);
    does(&mut draft, Act::Reopen);
    does(&mut draft, Act::Hold);
    assert_eq!(refused(&draft, Act::Hold), Refusal::IsHeld);
    does(&mut draft, Act::LeaveOut { seq: 1 });
    does(&mut draft, Act::Send);
    does(&mut draft, Act::Sent { run: 3 });
    for act in [Act::Reopen, Act::Hold, Act::RollOn, Act::LeaveOut { seq: 2 }] {
        assert_eq!(refused(&draft, act), Refusal::IsSent);
    }
}

#[test]
fn a_draft_without_a_story_is_not_approved() {
    let mut draft = draft();
    (1..=5).for_each(|seq| does(&mut draft, Act::LeaveOut { seq }));
    assert_eq!(refused(&draft, Act::Approve), Refusal::NoStory);
    assert_eq!(refused(&draft, Act::Send), Refusal::NoStory);
    does(&mut draft, Act::Hold);
}

#[test]
fn silence_sends_or_waits_and_what_waits_too_long_rolls_on() {
    let (slot, week) = (now(), TimeDelta::days(7));
    let after = |status, silent, hours| next(status, silent, slot, week, slot + TimeDelta::hours(hours));
    use {Status as S, WhenSilent as W};
    assert_eq!(after(S::Open, W::Send, -1), Next::Nothing);
    assert_eq!(after(S::Open, W::Send, 0), Next::Send);
    assert_eq!(after(S::Open, W::Hold, 0), Next::Wait);
    assert_eq!(after(S::Held, W::Send, 1), Next::Nothing);
    assert_eq!(after(S::Approved, W::Hold, -1), Next::Nothing);
    assert_eq!(after(S::Approved, W::Hold, 50), Next::Send, "late, and not stale");
    assert_eq!(after(S::Releasing, W::Hold, -1), Next::Send);
    for status in [S::Open, S::Held, S::Approved, S::Releasing] {
        assert_eq!(after(status, W::Send, 85), Next::RollOn);
    }
    assert_eq!(after(S::Sent, W::Send, 85), Next::Nothing);
    assert!(!is_near_limit(slot, week, slot + TimeDelta::hours(41)));
    assert!(is_near_limit(slot, week, slot + TimeDelta::hours(42)));
    assert_eq!(lead(Duration::from_secs(3 * 3600), TimeDelta::days(1)), TimeDelta::hours(3));
    assert_eq!(lead(Duration::from_secs(48 * 3600), TimeDelta::days(1)), TimeDelta::hours(12));
}

#[test]
fn labels_are_what_editors_said_about_the_topic() {
    let mut draft = draft();
    draft.apply(Act::Wait, PROGRAM, now()).expect("it is open");
    assert_eq!(labels_of(&draft), [], "nobody looked");
    does(&mut draft, Act::OffTopic { seq: 1 });
    does(&mut draft, Act::LeaveOut { seq: 2 });
    does(&mut draft, Act::Postpone { seq: 3 });
    does(&mut draft, Act::Include { seq: 7 });
    draft.apply(Act::Approve, "ben", now()).expect("it is held");
    draft.apply(Act::Sent { run: 1 }, PROGRAM, now()).expect("it is approved");
    let labels: Vec<_> = labels_of(&draft).into_iter().map(|label| (label.item, label.by, label.verdict)).collect();
    let expected = [
        (1, "ada", Verdict::OffTopic),
        (4, "ben", Verdict::Kept),
        (5, "ben", Verdict::Kept),
        (7, "ada", Verdict::Included),
        (8, "ben", Verdict::PassedOver),
    ];
    assert_eq!(labels, expected.map(|(item, by, verdict)| (item, by.to_owned(), verdict)));
}

#[test]
fn a_thin_week_an_unread_source_and_a_story_told_before_are_odd() {
    assert_eq!(oddities(&Signals { stories: 1, before: vec![9, 9], ..Signals::default() }), [], "two are not usual");
    let again = Lookalike { seq: 3, title: "Now".to_owned(), earlier: "Then".to_owned() };
    let signals = Signals {
        unread: vec!["The blog".to_owned()],
        sources: 5,
        stories: 3,
        before: vec![20, 7, 8],
        lookalikes: vec![again.clone()],
    };
    let unread = Oddity::Unread { titles: vec!["The blog".to_owned()], of: 5 };
    assert_eq!(oddities(&signals), [Oddity::Thin { stories: 3, usual: 8 }, unread, Oddity::Again(again)]);
    assert_eq!(oddities(&Signals { stories: 4, before: vec![8; 4], ..Signals::default() }), []);
}

fn acts() -> impl Strategy<Value = Act> {
    let seq = 0_i64..10;
    (0_u8..16, seq.clone(), seq, any::<bool>(), "[a-c ]{0,4}").prop_map(|(kind, seq, other, is_up, text)| match kind {
        0 => Act::LeaveOut { seq },
        1 => Act::OffTopic { seq },
        2 => Act::Postpone { seq },
        3 => Act::PutBack { seq },
        4 => Act::Include { seq },
        5 => Act::Lead { seq },
        6 => Act::NoLead,
        7 => Act::Section { seq, theme: text },
        8 => Act::Edit { seq, title: text.clone(), excerpt: text },
        9 => Act::Comment { seq, comment: text },
        10 => Act::Add { story: story(seq + 4, 5.0, "a") },
        11 => Act::Note { markdown: text },
        12 => Act::Approve,
        13 => Act::Hold,
        14 => Act::Reopen,
        _ => Act::Move { seq, is_up, other },
    })
}

proptest! {
    #[test]
    fn the_ledger_alone_gives_the_same_draft_and_no_story_is_lost_or_doubled(acts in prop::collection::vec(acts(), 0..40)) {
        let mut draft = draft();
        let done = acts.into_iter().filter(|act| draft.apply(act.clone(), "ada", now()).is_ok()).count();
        prop_assert_eq!(draft.version() as usize, done);
        let replayed = Draft::replay(draft.base().clone(), draft.ledger().to_vec()).expect("it happened");
        prop_assert_eq!(&replayed, &draft);
        if let Ok(digest) = std::panic::catch_unwind(|| composed(&draft, 3)) {
            let mut seqs: Vec<i64> = digest.in_full().chain(&digest.more).chain(&digest.listed).map(|entry| entry.seq).collect();
            seqs.sort_unstable();
            let kept: Vec<i64> = draft.stories().iter().map(|story| story.seq).collect();
            prop_assert_eq!(seqs, kept);
        }
    }
}
