//! What comes back: a returned mail is read, believed if it carries a token of ours, and kept as a report; the store
//! suppresses whom it means. Refusals by the relay become reports here too. A mail without a token, or with a forged
//! one, changes nothing and is counted.

use crate::app::App;
use crate::app::operations::keys::{self, LinkError};
use crate::domain::outbox::bounce::Fault;
use crate::domain::subscribers::token;
use crate::domain::subscribers::token::{Purpose, Returning};
use crate::mail;
use crate::mail::report::{self, Notice, Returned};
use crate::store::{Claimed, NewReport, Reported, Source, Taken};

/// The result of one returned email.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BounceReport {
    /// A delivery failed.
    Failed {
        /// The number of the message.
        message: i64,
        /// Whose fault it is.
        fault: Fault,
        /// The codes, as `550 5.1.1`.
        code: String,
        /// The consequence.
        taken: Taken,
    },
    /// A person complained, and is suppressed for good.
    Complaint {
        /// The number of the message that they complained of.
        message: i64,
    },
    /// The subscriber unsubscribed by email.
    Left,
    /// Nothing changes.
    Ignored(Ignored),
}

/// Why nothing changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ignored {
    /// A token that we did not make.
    Forged,
    /// A report without any token.
    NoToken,
    /// A token for a message that this database does not hold.
    NoMessage,
    /// A delay, or a delivery after all.
    Passing,
    /// An out-of-office reply, a receipt, or another automatic answer.
    AutoReply,
    /// Not a report.
    Other,
}

impl BounceReport {
    /// The word under which it is counted.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Failed { .. } => "failed",
            Self::Complaint { .. } => "complaint",
            Self::Left => "left",
            Self::Ignored(Ignored::Forged) => "forged",
            Self::Ignored(Ignored::NoToken) => "no_token",
            Self::Ignored(Ignored::NoMessage) => "no_message",
            Self::Ignored(Ignored::Passing) => "passing",
            Self::Ignored(Ignored::AutoReply) => "auto_reply",
            Self::Ignored(Ignored::Other) => "other",
        }
    }
}

/// Processes one returned email. `to` is the address that it was delivered to, if the caller knows it; else it is
/// looked for in the mail.
///
/// # Errors
/// The database fails: the mail is to be handed in again.
pub async fn take_in(app: &App, bytes: &[u8], to: Option<&str>) -> anyhow::Result<BounceReport> {
    let mut returned = report::read(bytes);
    if let Some(to) = to {
        returned.addresses.insert(0, to.to_owned());
    }
    let taken = match returned.notice.clone() {
        Notice::Failed { fault, code, .. } => failed(app, &returned, fault, code).await?,
        Notice::Complaint => complaint(app, &returned).await?,
        Notice::Unsubscribe(tokens) => left(app, &tokens).await?,
        Notice::Passing => BounceReport::Ignored(Ignored::Passing),
        Notice::AutoReply => BounceReport::Ignored(Ignored::AutoReply),
        Notice::Other => BounceReport::Ignored(Ignored::Other),
    };
    app.store.outbox().count_returned(taken.word(), app.clock.now()).await?;
    tell(&taken);
    tell_held(app).await?;
    Ok(taken)
}

async fn left(app: &App, tokens: &[String]) -> anyhow::Result<BounceReport> {
    for token in tokens {
        match crate::app::subscribers::subscribe::unsubscribe(app, token).await {
            Ok(()) => return Ok(BounceReport::Left),
            Err(LinkError::Refused(_)) => {}
            Err(LinkError::Failed(error)) => return Err(error),
        }
    }
    Ok(BounceReport::Ignored(Ignored::Forged))
}

/// The status' final recipient is not compared with the message's: a mailbox that forwards to a dead one reports the
/// other's name, relays rewrite names, and the token says which message it was.
async fn failed(app: &App, returned: &Returned, fault: Fault, code: String) -> anyhow::Result<BounceReport> {
    let reported = match message_of_path(app, returned).await? {
        Ok(reported) => reported,
        Err(ignored) => return Ok(BounceReport::Ignored(ignored)),
    };
    let message = reported.message;
    let new = NewReport { source: Source::Dsn, fault, code: code.clone(), hash: hash(app, &reported) };
    match app.store.outbox().report(message, new, app.clock.now()).await? {
        Taken::NoMessage => Ok(BounceReport::Ignored(Ignored::NoMessage)),
        taken => Ok(BounceReport::Failed { message, fault, code, taken }),
    }
}

/// Providers that keep the return path from a complaint leave the link of List-Unsubscribe, which holds a token too.
async fn complaint(app: &App, returned: &Returned) -> anyhow::Result<BounceReport> {
    let reported = match message_of_path(app, returned).await? {
        Ok(reported) => Some(reported),
        Err(Ignored::NoMessage) => None,
        Err(ignored) => match subscriber_of_link(app, returned).await? {
            Some(subscriber) => app.store.outbox().reported_of(subscriber, returned.message_id.clone()).await?,
            None => return Ok(BounceReport::Ignored(ignored)),
        },
    };
    let Some(reported) = reported else { return Ok(BounceReport::Ignored(Ignored::NoMessage)) };
    let message = reported.message;
    let new =
        NewReport { source: Source::Arf, fault: Fault::Complaint, code: String::new(), hash: hash(app, &reported) };
    app.store.outbox().report(message, new, app.clock.now()).await?;
    Ok(BounceReport::Complaint { message })
}

fn hash(app: &App, reported: &Reported) -> String {
    reported.address.as_ref().map_or(String::new(), |address| app.keys.address_hash(address))
}

/// The message whose return path carries a token of ours, `bounces+TOKEN@…`.
async fn message_of_path(app: &App, returned: &Returned) -> anyhow::Result<Result<Reported, Ignored>> {
    let mut ignored = Ignored::NoToken;
    for address in &returned.addresses {
        let local = address.rsplit_once('@').map_or("", |(local, _)| local);
        let Some((_, token)) = local.split_once('+') else { continue };
        ignored = Ignored::Forged;
        let Some(number) = token::claimed_message(token) else { continue };
        let Some(reported) = app.store.outbox().reported(number).await? else {
            if token::may_be_return_path(&app.keys.token, token, app.clock.now()) {
                ignored = Ignored::NoMessage;
            }
            continue;
        };
        let message = Returning { number, message_id: &reported.message_id, made: reported.made };
        if token::verify_return_path(&app.keys.token, token, &message, app.clock.now()) {
            return Ok(Ok(reported));
        }
    }
    Ok(Err(ignored))
}

async fn subscriber_of_link(app: &App, returned: &Returned) -> anyhow::Result<Option<String>> {
    for link in &returned.links {
        let link = link.replace("%20", " ");
        let token = link.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '.').next().unwrap_or_default();
        match keys::named(app, Purpose::Unsubscribe, token).await {
            Ok(subscriber) => return Ok(Some(subscriber)),
            Err(LinkError::Refused(_)) => {}
            Err(LinkError::Failed(error)) => return Err(error),
        }
    }
    Ok(None)
}

/// No address is in it.
fn tell(taken: &BounceReport) {
    match taken {
        BounceReport::Failed { message, fault: Fault::Ours, code, .. } => {
            tracing::warn!(message, code, "an email bounced through a fault of ours; no address is suppressed for it");
        }
        BounceReport::Failed { message, fault, code, taken } => {
            tracing::info!(message, fault = fault.as_str(), code, ?taken, "an email bounced");
        }
        BounceReport::Complaint { message } => {
            tracing::warn!(message, "a reader complained, and is never mailed again")
        }
        BounceReport::Left => tracing::info!("a reader left by mail"),
        BounceReport::Ignored(ignored) => tracing::info!(?ignored, "a returned mail changes nothing"),
    }
}

/// The relay's refusal of a message as a report, its last one or one before; `None` when it did not speak of this message.
pub(crate) fn refusal(app: &App, message: &Claimed, error: &mail::Error, is_last: bool) -> Option<NewReport> {
    let (code, fault) = error.answer(is_last)?;
    Some(NewReport { source: Source::Smtp, fault, code, hash: app.keys.address_hash(&message.address) })
}

/// Says in the log which runs are held, once each.
pub(crate) async fn tell_held(app: &App) -> anyhow::Result<()> {
    for run in app.store.digests().newly_held(app.clock.now()).await? {
        tracing::error!(
            run = run.id,
            waiting = run.waiting,
            "the run is held, and no address is suppressed for it: {}; see `policy-digest runs show {}`",
            run.because,
            run.id
        );
    }
    Ok(())
}
