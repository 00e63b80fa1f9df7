//! One message as it is handed to the transport: the rendered part with one reader's links in it, the headers, and
//! the addresses on the envelope. The same message gives the same bytes each time.

use chrono::{DateTime, Utc};

use super::App;
use crate::domain::token::{Purpose, sign};
use crate::mail::{self, Envelope, Outgoing};
use crate::render::personalise;
use crate::render::view::SenderView;
use crate::store::{Claimed, Kind, Part};

/// A message, ready to leave.
#[derive(Debug)]
pub(crate) struct Letter {
    from: String,
    to: String,
    message_id: String,
    bytes: Vec<u8>,
    html: String,
}

impl Letter {
    /// Writes it.
    pub(crate) fn write(app: &App, message: &Claimed, part: &Part) -> Result<Self, mail::Error> {
        let settings = &app.config.settings;
        let since = app.day(message.since);
        let [text, html] = app.personal([&part.text, &part.html], &message.subscriber, &since);
        let is_digest = message.kind == Kind::Digest;
        let envelope = Envelope {
            from: settings.mail.from.clone(),
            to: message.address.reveal().to_owned(),
            reply_to: Some(settings.mail.reply_to.clone()).filter(|address| !address.is_empty()),
            message_id: message.message_id.clone(),
            date: message.made,
            list_id: is_digest.then(|| (settings.name.clone(), format!("digest.{}", app.mail_domain()))),
            unsubscribe_url: is_digest.then(|| app.unsubscribe_url(&message.subscriber)),
            archive_url: is_digest.then(|| app.page("archive")),
        };
        let bytes = mail::build(&envelope, &part.subject, &text, &html)?;
        Ok(Self {
            from: app.sender_address().to_owned(),
            to: envelope.to,
            message_id: envelope.message_id,
            bytes,
            html,
        })
    }

    /// As the transport takes it.
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

impl App {
    /// The bare address that mails come from.
    pub(crate) fn sender_address(&self) -> &str {
        bare(&self.config.settings.mail.from)
    }

    /// The bare address that answers go to; empty when it is not set.
    pub(crate) fn reply_address(&self) -> &str {
        bare(&self.config.settings.mail.reply_to)
    }

    /// Its domain: Message-IDs and the List-Id stand under it.
    pub(crate) fn mail_domain(&self) -> &str {
        self.sender_address().rsplit_once('@').map_or("localhost", |(_, domain)| domain)
    }

    pub(crate) fn unsubscribe_url(&self, subscriber: &str) -> String {
        self.page(&format!("unsubscribe/{}", sign(&self.keys.token, Purpose::Unsubscribe, subscriber, None)))
    }

    /// Both rendered parts with one reader's links in them, and the day since which they have had the digest.
    pub(crate) fn personal(&self, parts: [&str; 2], subscriber: &str, since: &str) -> [String; 2] {
        let preferences = self.page(&format!("p/{}", sign(&self.keys.token, Purpose::Preferences, subscriber, None)));
        let unsubscribe = self.unsubscribe_url(subscriber);
        parts.map(|part| personalise(part, &unsubscribe, &preferences, since))
    }

    /// A day as readers write it, in their zone.
    pub(crate) fn day(&self, at: DateTime<Utc>) -> String {
        let settings = &self.config.settings;
        settings.locale.date(&at.with_timezone(&settings.timezone))
    }

    /// Who sends, for every footer.
    pub(crate) fn sender(&self) -> SenderView {
        let sender = &self.config.settings.sender;
        SenderView {
            organisation: sender.organisation.clone(),
            postal_address: sender.postal_address.clone(),
            contact: sender.contact.clone(),
            privacy_url: sender.privacy_url.clone(),
        }
    }
}

/// The address of `Name <address>`.
fn bare(mailbox: &str) -> &str {
    mailbox.rsplit_once('<').map_or(mailbox, |(_, address)| address.trim_end_matches('>')).trim()
}
