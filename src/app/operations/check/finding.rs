//! What `check` finds, whichever part of it looked.

/// What one part of the check looked at, and what it found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What was looked at, in a word or two.
    pub name: &'static str,
    /// How it is, in a few words that agree with the findings.
    pub says: String,
    /// Each with its next step.
    pub findings: Vec<CheckFinding>,
}

impl Part {
    /// With these findings; `says` holds whatever they are.
    pub(crate) fn new(name: &'static str, says: impl Into<String>, findings: Vec<CheckFinding>) -> Self {
        Self { name, says: says.into(), findings }
    }

    /// With these findings; `praise` is said only when there are none.
    pub(crate) fn praised(name: &'static str, praise: impl Into<String>, findings: Vec<CheckFinding>) -> Self {
        let says = if findings.is_empty() { praise.into() } else { String::new() };
        Self { name, says, findings }
    }

    /// How bad the worst of it is.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }
}

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It works, and should be better.
    Advice,
    /// It does not work at present, and no file of the configuration is to blame.
    Failure,
    /// Plainly wrong in the configuration: a digest or a page could not be made, or a mail not sent.
    Mistake,
}

/// One thing that deserves a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckFinding {
    /// What is so: lower case, no full stop.
    pub message: String,
    /// What to do about it.
    pub next: String,
    /// `config/topic.toml:12`, with a column where it is known; none for what is about no file.
    pub place: Option<String>,
    /// How bad it is.
    pub severity: Severity,
    /// The phrase that it is about.
    pub phrase: Option<UnusedPhrase>,
}

impl CheckFinding {
    /// About no file.
    pub(crate) fn new(severity: Severity, message: impl Into<String>, next: impl Into<String>) -> Self {
        Self { message: message.into(), next: next.into(), place: None, severity, phrase: None }
    }

    pub(crate) fn advice(message: impl Into<String>, next: impl Into<String>) -> Self {
        Self::new(Severity::Advice, message, next)
    }

    pub(crate) fn failure(message: impl Into<String>, next: impl Into<String>) -> Self {
        Self::new(Severity::Failure, message, next)
    }
}

/// A phrase that matches nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnusedPhrase {
    /// As written.
    pub phrase: String,
    /// "theme `rail`", "exclusion `freight`" or "`[general]`".
    pub table: String,
}
