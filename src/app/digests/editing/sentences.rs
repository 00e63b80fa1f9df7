//! What was done to a draft, why an act was refused and what is odd, as sentences in an editor's language.

use crate::domain::catalogue::{Catalogue, Value};
use crate::domain::digests::draft::{Act, Draft, Oddity, Refusal};

/// The number of sources that are named.
const NAMED: usize = 5;

/// What happened, after the editor's name.
pub(super) fn act(words: &Catalogue, act: &Act, title: &str) -> String {
    let of = |key: &str| words.text(key, &[("title", title.into())]);
    match act {
        Act::LeaveOut { .. } => of("draft.act_leave_out"),
        Act::OffTopic { .. } => of("draft.act_off_topic"),
        Act::Postpone { .. } => of("draft.act_postpone"),
        Act::PutBack { .. } => of("draft.act_put_back"),
        Act::Include { .. } => of("draft.act_include"),
        Act::Lead { .. } => of("draft.act_lead"),
        Act::NoLead => words.words("draft.act_no_lead"),
        Act::Move { is_up: true, .. } => of("draft.act_up"),
        Act::Move { .. } => of("draft.act_down"),
        Act::Section { theme, .. } if theme.is_empty() => of("draft.act_last_section"),
        Act::Section { theme, .. } => {
            words.text("draft.act_section", &[("title", title.into()), ("section", theme.into())])
        }
        Act::Edit { .. } => of("draft.act_edit"),
        Act::Comment { comment, .. } if comment.is_empty() => of("draft.act_no_comment"),
        Act::Comment { .. } => of("draft.act_comment"),
        Act::Add { .. } => of("draft.act_add"),
        Act::Note { markdown } if markdown.is_empty() => words.words("draft.act_no_note"),
        Act::Note { .. } => words.words("draft.act_note"),
        Act::Approve => words.words("draft.act_approve"),
        Act::Send => words.words("draft.act_send"),
        Act::Hold => words.words("draft.act_hold"),
        Act::Reopen => words.words("draft.act_reopen"),
        Act::Wait => words.words("draft.act_wait"),
        Act::RollOn => words.words("draft.act_roll_on"),
        Act::Sent { run } => words.text("draft.act_sent", &[("run", (&run.to_string()).into())]),
    }
}

/// Why an act was refused.
pub(super) fn refusal(words: &Catalogue, draft: &Draft, refusal: &Refusal) -> String {
    let of = |key: &str, seq: i64| words.text(key, &[("title", draft.title(seq).into())]);
    let limited = |key: &str, limit: Value<'_>| words.text(key, &[("limit", limit)]);
    match refusal {
        Refusal::Unknown(_) => words.words("draft.no_unknown"),
        Refusal::NotIn(seq) => of("draft.no_not_in", *seq),
        Refusal::IsIn(seq) => of("draft.no_is_in", *seq),
        Refusal::IsOut(seq) => of("draft.no_is_out", *seq),
        Refusal::IsListed(seq) => of("draft.no_is_listed", *seq),
        Refusal::IsFirst(seq) => of("draft.no_is_first", *seq),
        Refusal::IsLast(seq) => of("draft.no_is_last", *seq),
        Refusal::HasNoLead => words.words("draft.no_has_no_lead"),
        Refusal::NoTitle => words.words("draft.no_title"),
        Refusal::TooLong { limit, .. } => limited("draft.no_too_long", (*limit).into()),
        Refusal::NoStory => words.words("draft.no_story"),
        Refusal::IsApproved => words.words("draft.no_is_approved"),
        Refusal::IsSent => words.words("draft.no_is_sent"),
        Refusal::HasRolledOn => words.words("draft.no_rolled_on"),
        Refusal::IsHeld => words.words("draft.no_is_held"),
        Refusal::IsOpen => words.words("draft.no_is_open"),
        Refusal::NoSection(_) => words.words("draft.no_section"),
        Refusal::TooMany(limit) => limited("draft.no_too_many", u64::from(*limit).into()),
    }
}

/// Something odd.
pub(super) fn odd(words: &Catalogue, odd: &Oddity) -> String {
    match odd {
        Oddity::Unread { titles, of } => {
            let named = titles.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
            let key = if titles.len() > NAMED { "draft.odd_unread_more" } else { "draft.odd_unread" };
            let values = [("unread", titles.len().into()), ("sources", (*of).into()), ("titles", Value::from(&named))];
            words.text(key, &values)
        }
        Oddity::Thin { stories, usual } => {
            words.text("draft.odd_thin", &[("stories", (*stories).into()), ("usual", (*usual).into())])
        }
        Oddity::Again(again) => {
            words.text("draft.odd_again", &[("title", (&again.title).into()), ("earlier", (&again.earlier).into())])
        }
    }
}
