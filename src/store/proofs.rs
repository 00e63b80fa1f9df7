//! Proofs: a run's digest as one mail to whoever looks it over, queued in the transaction that freezes the run. A
//! proof is nobody's digest: it belongs to no subscriber, and to no run's count of messages.

use chrono::{DateTime, Utc};
use rusqlite::{Transaction, params};

use super::{Error, Part, seconds};
use crate::domain::subscriber::EmailAddress;

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
pub(super) fn queue(
    tx: &Transaction<'_>,
    proof: &NewProof,
    (run, domain): (i64, &str),
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let NewProof { address, part } = proof;
    // Without the run: a digest asks its run's parts what earlier subjects were.
    tx.execute(
        "INSERT INTO parts (subject, text, html) VALUES (?1, ?2, ?3)",
        params![part.subject, part.text, part.html],
    )?;
    tx.execute(
        "INSERT INTO messages (kind, subscriber, address, message_id, part, state, next_attempt, made)
         VALUES ('proof', ?1, ?2, ?3, ?4, 'queued', ?5, ?5)",
        params![PROOF, address.reveal(), format!("<{run}.{PROOF}@{domain}>"), tx.last_insert_rowid(), seconds(now)],
    )?;
    Ok(())
}
