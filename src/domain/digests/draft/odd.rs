//! What is odd about a draft, so that an editor looks there first: sources that could not be read, far fewer stories than
//! usual, and stories whose text was in the last digest under another title.

/// What is known about a draft besides its stories.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signals {
    /// Titles of the sources that could not be read since the last slot.
    pub unread: Vec<String>,
    /// How many sources there are.
    pub sources: usize,
    /// Stories in the draft.
    pub stories: usize,
    /// Stories in the cadence's last digests, the newest first.
    pub before: Vec<usize>,
    /// Stories that resemble one of the last digest.
    pub lookalikes: Vec<Lookalike>,
}

/// A story whose text is nearly that of a story of the last digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookalike {
    /// Its number.
    pub seq: i64,
    /// Its title.
    pub title: String,
    /// The title in the last digest.
    pub earlier: String,
}

/// Something odd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Oddity {
    /// These sources could not be read.
    Unread {
        /// Their titles.
        titles: Vec<String>,
        /// How many sources there are.
        of: usize,
    },
    /// Less than half of what is usual.
    Thin {
        /// Stories in the draft.
        stories: usize,
        /// Stories in a usual digest.
        usual: usize,
    },
    /// A story was in the last digest under another title.
    Again(Lookalike),
}

/// With fewer digests than this, nothing is usual.
const ENOUGH: usize = 3;

/// What is odd, the most important first.
#[must_use]
pub fn oddities(signals: &Signals) -> Vec<Oddity> {
    let mut odd = Vec::new();
    let mut before = signals.before.clone();
    before.sort_unstable();
    if let Some(usual) = before.get(before.len() / 2).copied().filter(|_| before.len() >= ENOUGH)
        && signals.stories * 2 < usual
    {
        odd.push(Oddity::Thin { stories: signals.stories, usual });
    }
    if !signals.unread.is_empty() {
        odd.push(Oddity::Unread { titles: signals.unread.clone(), of: signals.sources });
    }
    odd.extend(signals.lookalikes.iter().cloned().map(Oddity::Again));
    odd
}
