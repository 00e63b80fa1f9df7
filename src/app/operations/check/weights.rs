//! Checks the local weights: those that `topic learn --apply` wrote are used only with the shipped weights that they were
//! learnt from.

use super::{CheckFinding, Part};
use crate::config::{Config, LocalWeights};

/// The state of the local weights; `None` if there are none.
pub(super) fn look(config: &Config) -> Option<Part> {
    let finding = |message: &str| {
        let next = "run `policy-digest topic learn --apply` to learn them again from the labels, or `policy-digest topic \
                    learn --forget` to remove them";
        vec![CheckFinding::advice(message, next)]
    };
    let (says, findings) = match config.local_weights {
        LocalWeights::None => return None,
        LocalWeights::Used => ("learnt from labels", Vec::new()),
        LocalWeights::Outdated => (
            "the shipped ones",
            finding(
                "the weights learnt from labels are ignored: they start from another classifier than the topic has now",
            ),
        ),
        LocalWeights::Damaged => {
            ("the shipped ones", finding("the weights learnt from labels are ignored: their file is damaged"))
        }
    };
    Some(Part::new("weights", says, findings))
}
