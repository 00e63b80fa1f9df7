//! The findings of `check`, from all of its parts.

/// One part of the check, and its findings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What was checked, in a word or two.
    pub name: &'static str,
    /// The result, in a few words that agree with the findings.
    pub says: String,
    /// The findings, each with its next step.
    pub findings: Vec<CheckFinding>,
}

impl Part {
    /// A part whose `says` applies with or without findings.
    pub(crate) fn new(name: &'static str, says: impl Into<String>, findings: Vec<CheckFinding>) -> Self {
        Self { name, says: says.into(), findings }
    }

    /// A part whose `praise` applies only if there are no findings.
    pub(crate) fn praised(name: &'static str, praise: impl Into<String>, findings: Vec<CheckFinding>) -> Self {
        let says = if findings.is_empty() { praise.into() } else { String::new() };
        Self { name, says, findings }
    }

    /// The severity of its worst finding.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }
}

/// How serious a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It works, but could be improved.
    Advice,
    /// It does not work at present, but no configuration file is to blame.
    Failure,
    /// A mistake in the configuration: a digest or a page could not be made, or an email not sent.
    Mistake,
}

/// One problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckFinding {
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// What to do about it.
    pub next: String,
    /// `config/topic.toml:12`, with a column if it is known; `None` if no file is concerned.
    pub place: Option<String>,
    /// How serious it is.
    pub severity: Severity,
    /// The phrase concerned.
    pub phrase: Option<UnusedPhrase>,
}

impl CheckFinding {
    /// A finding that does not concern a file.
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
