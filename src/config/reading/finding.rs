//! Findings: what is wrong in the configuration, where, and what to write instead, printed as a snippet with a
//! caret. A finding keeps only its own line, with any password masked, so it can be printed and logged safely. The
//! readers decide what is wrong.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use annotate_snippets::{AnnotationKind, Element, Level, Origin as Header, Renderer, Snippet};

/// Where the finding's value was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A file (or the folder itself), as a path from the working directory.
    File(PathBuf),
    /// An environment variable.
    Variable(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Variable(name) => write!(f, "environment variable {name}"),
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Where it was written.
    pub origin: Origin,
    /// From 1; `None` for a variable or a whole file.
    pub line: Option<usize>,
    /// From 1, in characters.
    pub column: Option<usize>,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// What to write instead.
    pub hint: Option<String>,
    excerpt: Option<Excerpt>,
}

/// The finding's line, and the bytes of it that the caret is under.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Excerpt {
    line: String,
    span: Range<usize>,
}

impl Finding {
    /// A finding without a line: about a variable, or a whole file.
    pub(in crate::config) fn about(origin: Origin, message: impl Into<String>, hint: Option<String>) -> Self {
        Self { origin, line: None, column: None, message: message.into(), hint, excerpt: None }
    }

    /// A finding at `span` of the file's `text`.
    pub(in crate::config) fn within(
        path: &Path,
        text: &str,
        span: Range<usize>,
        message: String,
        hint: Option<String>,
    ) -> Self {
        let start = floor(text, span.start);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let line = text[line_start..line_end].trim_end_matches('\r');
        let from = (start - line_start).min(line.len());
        // Of a span over several lines, the first is shown.
        let to = floor(text, span.end).saturating_sub(line_start).clamp(from, line.len());
        Self {
            origin: Origin::File(path.to_owned()),
            line: Some(text[..start].matches('\n').count() + 1),
            column: Some(line[..from].chars().count() + 1),
            message,
            hint,
            excerpt: Some(Excerpt { line: mask(line), span: from..to }),
        }
    }
}

/// The nearest character boundary at or below `at`.
fn floor(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0)
}

/// Replaces the value of `password =` with stars, byte for byte, so that spans stay correct.
fn mask(line: &str) -> String {
    let Some(key) = line.find("password") else {
        return line.to_owned();
    };
    let value = line[key..].find('=').map(|at| key + at + 1);
    match value {
        Some(value) if line[key + "password".len()..value - 1].trim().trim_matches(['"', '\'']).is_empty() => {
            let stars = line[value..].bytes().map(|b| if b == b' ' { ' ' } else { '*' });
            line[..value].chars().chain(stars).collect()
        }
        _ => line.to_owned(),
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place: Element<'_> = match &self.excerpt {
            Some(excerpt) => Snippet::source(excerpt.line.as_str())
                .line_start(self.line.unwrap_or(1))
                .path(self.origin.to_string())
                .annotation(AnnotationKind::Primary.span(excerpt.span.clone()))
                .into(),
            None => Header::path(self.origin.to_string()).into(),
        };
        let mut group = Level::ERROR.primary_title(self.message.as_str()).element(place);
        if let Some(hint) = &self.hint {
            group = group.element(Level::HELP.message(hint.as_str()));
        }
        f.write_str(&Renderer::plain().render(&[group]))
    }
}

/// All findings of a configuration, by file and place. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// `Ok` if there are no findings.
    pub(in crate::config) fn none_or(findings: Vec<Finding>) -> Result<(), Self> {
        if findings.is_empty() { Ok(()) } else { Err(Self(findings)) }
    }

    /// The number of findings.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "there is always at least one")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The findings, by file and place.
    pub fn iter(&self) -> std::slice::Iter<'_, Finding> {
        self.0.iter()
    }
}

impl fmt::Display for Findings {
    /// Every finding as a snippet without colour, with blank lines between them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, finding) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n\n")?;
            }
            finding.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Findings {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_a_snippet_with_a_caret_and_a_hint() {
        let text = "name = \"x\"\r\npollling = 1\r\n";
        let hint = Some("did you mean `polling`?".to_owned());
        let finding = Finding::within(Path::new("d.toml"), text, 12..20, "unknown key `pollling`".into(), hint);
        let shown = "error: unknown key `pollling`\n --> d.toml:2:1\n  |\n2 | pollling = 1\n  | ^^^^^^^^\n  |\n  \
                     = help: did you mean `polling`?";
        assert_eq!(finding.to_string(), shown);
    }

    #[test]
    fn a_password_in_the_line_is_never_shown() {
        for line in ["password = \"hunter2\"", "smtp = { password=\"hunter2\", prot = 1 }", "\"password\" = 'hunter2"] {
            assert!(!mask(line).contains("hunter"), "{line}");
            assert_eq!(mask(line).len(), line.len());
        }
        assert_eq!(mask("password_file = \"x\""), "password_file = \"x\"");
    }

    #[test]
    fn a_span_past_the_end_of_the_file_or_inside_a_character_does_not_panic() {
        let finding = Finding::within(Path::new("d.toml"), "é", 1..9, "odd".into(), None);
        assert_eq!((finding.line, finding.column), (Some(1), Some(1)));
        assert!(finding.to_string().starts_with("error: odd"));
    }
}
