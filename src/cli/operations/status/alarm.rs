//! An alarm in `status`: what it is, since when, what happens automatically, and the next step.

use chrono_tz::Tz;
use serde_json::json;

use super::fact;
use crate::domain::operations::alarm::Notice;

pub(super) fn lines(notice: &Notice, zone: Tz) -> Vec<String> {
    let at = |at: chrono::DateTime<chrono::Utc>| at.with_timezone(&zone).format("%a %-d %b %Y %H:%M");
    let well =
        notice.until.map_or(String::new(), |well| format!("; resolved since {}, and watched for a while", at(well)));
    let Notice { title, what, since, does, next, .. } = notice;
    let texts = [&format!("{title}, since {}{well}", at(*since)), what, &does.to_string(), &format!("Next: {next}")];
    texts
        .into_iter()
        .enumerate()
        .flat_map(|(number, text)| fact(if number == 0 { "alarm" } else { "" }, text))
        .collect()
}

pub(in crate::cli) fn to_json(notice: &Notice) -> serde_json::Value {
    let Notice { kind, subjects, title, what, since, until, does, next } = notice;
    json!({
        "kind": kind.as_str(), "subjects": subjects, "title": title, "what": what, "since": since.to_rfc3339(),
        "well": until.map(|well| well.to_rfc3339()), "does": does, "next": next,
    })
}
