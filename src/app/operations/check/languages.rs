//! Checks that the languages of emails and pages are complete.

use super::finding::{CheckFinding, Part};
use crate::config::Config;
use crate::domain::items::text::count;

/// The number of missing messages that a finding names.
const NAMED: usize = 5;

/// A language whose file lacks messages is a finding.
pub(super) fn look(config: &Config) -> Part {
    let codes: Vec<&str> = config.languages.iter().map(|words| words.code()).collect();
    let findings = config.untranslated.iter().map(|language| {
        let (missing, named) = (language.keys.len(), language.keys.iter().take(NAMED));
        let mut keys: Vec<String> = named.map(|key| format!("`{key}`")).collect();
        if missing > NAMED {
            keys.push(format!("{} more", missing - NAMED));
        }
        CheckFinding {
            place: Some(language.file.display().to_string()),
            ..CheckFinding::advice(
                format!("{} not translated, so in English: {}", count(missing, "message"), keys.join(", ")),
                "translate them; `policy-digest templates export DIR` writes the English ones into words/en.toml",
            )
        }
    });
    Part::new("languages", codes.join(", "), findings.collect())
}
