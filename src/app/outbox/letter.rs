//! One message in the form that the transport sends: the rendered body with one subscriber's links, the headers, and
//! the envelope addresses. The same message always gives the same bytes.

use chrono::{DateTime, Utc};

use crate::app::ReadOnly;
use crate::domain::catalogue::Catalogue;
use crate::domain::subscribers::token;
use crate::domain::subscribers::token::{KeyRing, Purpose, Returning, sign};
use crate::mail::{self, Envelope, Outgoing};
use crate::render::view::SenderView;
use crate::render::{Personal, personalise};
use crate::store::{Body, Claimed, Kind, PROOF, RunName};

/// A message, ready to be sent.
#[derive(Debug)]
pub(crate) struct Letter {
    from: String,
    to: String,
    message_id: String,
    bytes: Vec<u8>,
    html: String,
}

impl Letter {
    /// Renders a message.
    pub(crate) fn write(app: &ReadOnly, message: &Claimed, part: &Body) -> Result<Self, mail::Error> {
        let settings = &app.config.settings;
        let words = app.config.languages.of(&part.language);
        let since = app.day(words, message.since);
        let parts = [part.text.as_str(), &part.html];
        // Sign with the key of the message's own time, so that a message that is sent again after a key rotation is
        // identical.
        let keys = &app.keys.token.as_of(message.made);
        let [text, html] = match message.kind {
            Kind::Proof | Kind::Alarm | Kind::Draft => app.inert(words, parts, &since),
            Kind::Digest
            | Kind::Confirmation
            | Kind::Welcome
            | Kind::Known
            | Kind::AddressChange
            | Kind::AddressChanged
            | Kind::Link => app.personal(keys, words, parts, &message.subscriber, &since),
        };
        let is_digest = message.kind == Kind::Digest;
        let envelope = Envelope {
            from: settings.mail.from.clone(),
            to: message.address.reveal().to_owned(),
            reply_to: settings.mail.reply_to.clone(),
            language: Some(words.locale().to_string()),
            message_id: message.message_id.clone(),
            date: message.made,
            list_id: is_digest.then(|| (app.name(words).to_owned(), format!("digest.{}", app.mail_domain()))),
            unsubscribe_url: is_digest.then(|| app.unsubscribe_url(keys, words, &message.subscriber)),
            unsubscribe_mail: is_digest.then(|| app.unsubscribe_mail(keys, &message.subscriber)).flatten(),
            archive_url: is_digest.then(|| app.page_in(words, "archive")),
            feedback_id: Some(feedback_id(message.kind, part.run.as_ref(), app.mail_domain())),
        };
        let mut bytes = mail::build(&envelope, &part.subject, &text, &html)?;
        if let Some(signer) = &app.signer {
            bytes = signer.signed(&bytes, envelope.date)?;
        }
        Ok(Self { from: app.return_path(keys, message), to: envelope.to, message_id: envelope.message_id, bytes, html })
    }

    /// The form that the transport expects.
    pub(crate) fn outgoing(&self) -> Outgoing<'_> {
        Outgoing {
            from: &self.from,
            to: &self.to,
            message_id: &self.message_id,
            bytes: &self.bytes,
            html: Some(&self.html),
        }
    }
}

impl ReadOnly {
    /// The bare address of the sender.
    pub(crate) fn sender_address(&self) -> &str {
        &self.config.settings.mail.from.address
    }

    /// The bare address for replies; empty if it is not set.
    pub(crate) fn reply_address(&self) -> &str {
        self.config.settings.mail.reply_to.as_ref().map_or("", |mailbox| &mailbox.address)
    }

    /// The domain of the sender, which is used in Message-IDs and the List-Id.
    pub(crate) fn mail_domain(&self) -> &str {
        self.sender_address().rsplit_once('@').map_or("localhost", |(_, domain)| domain)
    }

    pub(crate) fn unsubscribe_url(&self, keys: &KeyRing, words: &Catalogue, subscriber: &str) -> String {
        self.page_in(words, &format!("unsubscribe/{}", sign(keys, Purpose::Unsubscribe, subscriber, None)))
    }

    /// The link to unsubscribe by email, if an address for that is configured; the token is in the subject (RFC 6068
    /// §2).
    fn unsubscribe_mail(&self, keys: &KeyRing, subscriber: &str) -> Option<String> {
        let address = self.config.settings.mail.unsubscribe_address.as_ref()?;
        let token = sign(keys, Purpose::Unsubscribe, subscriber, None);
        Some(format!("mailto:{}?subject=unsubscribe%20{token}", in_mailto(address)))
    }

    /// The return path, with a token that tells which message a bounce belongs to. Without a configured bounce address
    /// it is the sender's address, as it is for proofs, drafts and alarms, which do not belong to a subscriber.
    fn return_path(&self, keys: &KeyRing, message: &Claimed) -> String {
        let address = self.config.settings.mail.bounce_address.as_deref();
        match address.and_then(|address| address.rsplit_once('@')) {
            Some((local, domain)) if !matches!(message.kind, Kind::Proof | Kind::Alarm | Kind::Draft) => {
                let returning = Returning { number: message.id, message_id: &message.message_id, made: message.made };
                format!("{local}+{}@{domain}", token::return_path(keys, &returning))
            }
            _ => self.sender_address().to_owned(),
        }
    }

    /// Both rendered bodies with one subscriber's links in them, and the day since which they have had the digest.
    pub(crate) fn personal(
        &self,
        keys: &KeyRing,
        words: &Catalogue,
        parts: [&str; 2],
        subscriber: &str,
        since: &str,
    ) -> [String; 2] {
        let preferences = self.page_in(words, &format!("p/{}", sign(keys, Purpose::Preferences, subscriber, None)));
        let unsubscribe = self.unsubscribe_url(keys, words, subscriber);
        let vote = self.page_in(words, &format!("off-topic/{}", sign(keys, Purpose::Vote, subscriber, None)));
        let own = Personal { unsubscribe: &unsubscribe, preferences: &preferences, vote: &vote, since };
        parts.map(|part| personalise(part, &own))
    }

    /// The same for a proof, with links that do not work: their pages say that the link is not valid.
    fn inert(&self, words: &Catalogue, parts: [&str; 2], since: &str) -> [String; 2] {
        let [preferences, unsubscribe, vote] =
            ["p", "unsubscribe", "off-topic"].map(|page| self.page_in(words, &format!("{page}/{PROOF}")));
        let own = Personal { unsubscribe: &unsubscribe, preferences: &preferences, vote: &vote, since };
        parts.map(|part| personalise(part, &own))
    }

    /// A day in the configured zone, as readers write it.
    pub(crate) fn day(&self, words: &Catalogue, at: DateTime<Utc>) -> String {
        words.locale().date(&at.with_timezone(&self.config.settings.timezone))
    }

    /// A time of day in the configured zone: "8:00".
    pub(crate) fn time_of_day(&self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.config.settings.timezone).format("%-H:%M").to_string()
    }

    /// The sender for every footer, in a language. The privacy notice is the organisation's own, else our page.
    pub(crate) fn sender(&self, words: &Catalogue) -> SenderView {
        let sender = &self.config.settings.sender;
        let own_notice = Some(&sender.privacy_url).filter(|url| !url.is_empty());
        SenderView {
            organisation: sender.organisation.clone(),
            postal_address: sender.postal_address.clone(),
            contact: sender.contact.clone(),
            privacy_url: own_notice.map_or_else(|| self.page_in(words, "privacy"), String::clone),
        }
    }
}

/// What a `mailto:` URL cannot hold as it stands in an address (RFC 6068 §2).
fn in_mailto(address: &str) -> String {
    let escaped = |c: char| match c {
        '%' | '?' | '&' | '#' | '/' | '+' | '=' | '`' | '{' | '|' | '}' | '^' => format!("%{:02X}", u32::from(c)),
        other => other.to_string(),
    };
    address.chars().map(escaped).collect()
}

/// `RUN:CADENCE:KIND:SENDER`. The sender identifier is made from the domain, since Gmail requires 5 to 15 characters
/// that never change.
fn feedback_id(kind: Kind, run: Option<&RunName>, domain: &str) -> String {
    let letters = domain.chars().filter(char::is_ascii_alphanumeric).chain("digest".chars());
    let count = domain.chars().filter(char::is_ascii_alphanumeric).count().clamp(5, 15);
    let sender: String = letters.take(count).collect();
    let (id, cadence) = run.map_or(("-".to_owned(), "-"), |run| (run.id.to_string(), run.cadence.as_str()));
    format!("{id}:{cadence}:{}:{sender}", kind.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sender_of_a_feedback_id_has_5_to_15_letters() {
        let run = RunName { id: 3, cadence: "weekly".to_owned() };
        let of = |domain| feedback_id(Kind::Digest, Some(&run), domain);
        assert_eq!(of("example.org"), "3:weekly:digest:exampleorg");
        assert_eq!(of("a.io"), "3:weekly:digest:aiodi");
        assert_eq!(of("public-services.digest.example.org"), "3:weekly:digest:publicservicesd");
        assert_eq!(feedback_id(Kind::Confirmation, None, "example.org"), "-:-:confirmation:exampleorg");
    }

    #[test]
    fn an_address_in_a_mailto_link_keeps_its_meaning() {
        assert_eq!(in_mailto("leave+a&b?c@example.org"), "leave%2Ba%26b%3Fc@example.org");
    }
}
