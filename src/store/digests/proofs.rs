//! Proofs: a run's digest as one email to the editors, queued in the transaction that freezes the run. A proof belongs to no
//! subscriber, and is not counted among its run's messages.

use crate::store::database::sql::Transaction;
use chrono::{DateTime, Utc};

use crate::domain::subscribers::subscriber::EmailAddress;
use crate::store::{Body, Error, Kind, outbox};

/// In place of a subscriber's id in a proof's message.
pub const PROOF: &str = "proof";

/// A proof to be queued.
#[derive(Debug, Clone)]
pub struct NewProof {
    /// Whom it goes to.
    pub address: EmailAddress,
    /// What it says.
    pub body: Body,
}

/// Queues the proof of a run; its Message-ID, which no other message may have, is the run's.
pub(crate) fn queue(
    tx: &Transaction<'_>,
    proof: &NewProof,
    (run, domain): (i64, &str),
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let NewProof { address, body } = proof;
    // Its body has no run: the subjects of a run's bodies are those that later digests avoid.
    let message_id = format!("<{run}.{PROOF}@{domain}>");
    outbox::queue(tx, Kind::Proof, (PROOF, address.reveal()), (body, &message_id), now)
}
