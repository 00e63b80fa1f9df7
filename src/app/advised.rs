//! A failure with its next step, for errors of which only the place where they arise knows what helps.

/// What cannot be done, and what to do instead; by itself or as the context of a cause.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Advised {
    /// Lower case, no full stop; names the file, the address and the key.
    pub message: String,
    /// The next step.
    pub hint: String,
    /// The command's arguments are at fault, rather than what they met with.
    pub is_usage: bool,
}

impl Advised {
    /// Something went wrong.
    #[must_use]
    pub fn failure(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: hint.into(), is_usage: false }
    }

    /// The arguments make no sense.
    #[must_use]
    pub fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { is_usage: true, ..Self::failure(message, hint) }
    }
}
