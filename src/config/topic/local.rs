//! Local weights: those that this installation has learnt from its editors' and readers' labels, in the data folder, beside
//! the shipped ones that they start from. The configuration folder is the administrator's and often read-only; the data
//! folder is the program's. Weights that were learnt from other shipped ones are ignored.

use sha2::{Digest as _, Sha256};

use crate::domain::selection::topic::Classifier;

/// The name of the file in the data folder.
pub const LOCAL_WEIGHTS: &str = "topic.local.classifier";
const HEAD: &str = "policy-digest local weights 1, learnt from ";

/// The state of the local weights.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LocalWeights {
    /// There are none.
    #[default]
    None,
    /// They are used in place of the shipped ones.
    Used,
    /// They were learnt from other shipped weights, and are ignored.
    Outdated,
    /// The file cannot be used, and is ignored.
    Damaged,
}

/// The content of the file: these weights, learnt from the shipped ones in `base`.
#[must_use]
pub fn local_weights(base: &[u8], learnt: &[u8]) -> Vec<u8> {
    [HEAD.as_bytes(), name(base).as_bytes(), b"\n", learnt].concat()
}

/// The weights in a file, if they were learnt from `base`.
pub(super) fn parse(base: &[u8], content: &[u8]) -> Result<Classifier, LocalWeights> {
    let rest = content.strip_prefix(HEAD.as_bytes()).ok_or(LocalWeights::Damaged)?;
    let end = rest.iter().position(|byte| *byte == b'\n').ok_or(LocalWeights::Damaged)?;
    if rest[..end] != *name(base).as_bytes() {
        return Err(LocalWeights::Outdated);
    }
    Classifier::parse(&rest[end + 1..]).map_err(|_| LocalWeights::Damaged)
}

fn name(base: &[u8]) -> String {
    Sha256::digest(base).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_belong_to_the_shipped_ones_that_they_were_learnt_from() {
        let shipped = crate::config::CLASSIFIER;
        let file = local_weights(shipped, shipped);
        assert_eq!(parse(shipped, &file), Ok(Classifier::parse(shipped).unwrap()));
        assert_eq!(parse(b"another version", &file), Err(LocalWeights::Outdated));
        assert_eq!(parse(shipped, &file[..file.len() - 1]), Err(LocalWeights::Damaged));
        assert_eq!(parse(shipped, b""), Err(LocalWeights::Damaged));
    }
}
