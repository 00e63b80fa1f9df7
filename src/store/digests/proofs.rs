//! Proofs: a run's digest as one mail to whoever looks it over, queued in the transaction that freezes the run. A
//! proof is nobody's digest: it belongs to no subscriber, and to no run's count of messages.

use chrono::{DateTime, Utc};
use rusqlite::Transaction;

use crate::domain::subscribers::subscriber::EmailAddress;
use crate::store::{Error, Kind, Part, outbox};

/// What stands for a subscriber's id in a proof's message.
pub const PROOF: &str = "proof";

/// A proof to be queued.
#[derive(Debug, Clone)]
pub struct NewProof {
    /// Whom it goes to.
    pub address: EmailAddress,
    /// What it says.
    pub part: Part,
}

/// Queues the proof of a run; its Message-ID, which no other message may have, is the run's.
pub(crate) fn queue(
    tx: &Transaction<'_>,
    proof: &NewProof,
    (run, domain): (i64, &str),
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let NewProof { address, part } = proof;
    // Without the run: a digest asks its run's parts what earlier subjects were.
    let message_id = format!("<{run}.{PROOF}@{domain}>");
    outbox::queue(tx, Kind::Proof, (PROOF, address.reveal()), (part, &message_id), now)
}
