//! An error with its next step, for errors whose remedy is known only where they occur.

/// An error and what to do about it, alone or as the context of a cause.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Advised {
    /// Lower case, no full stop; names the file, the address and the setting.
    pub message: String,
    /// The next step.
    pub hint: String,
    /// Whether the command's arguments are wrong, rather than something in the environment.
    pub is_usage: bool,
}

impl Advised {
    /// A failure that the arguments did not cause.
    #[must_use]
    pub fn failure(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: hint.into(), is_usage: false }
    }

    /// Invalid arguments.
    #[must_use]
    pub fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { is_usage: true, ..Self::failure(message, hint) }
    }
}
