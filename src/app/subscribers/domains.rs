//! Which addresses may sign up, as `sign_up_domains` says, and the sentence for readers that says so.

use crate::app::ReadOnly;
use crate::domain::catalogue::Catalogue;
use crate::domain::subscribers::domains::{DomainPattern, are_open_to};
use crate::domain::subscribers::subscriber::EmailAddress;

impl ReadOnly {
    /// Whether the owner of an address may sign up with it. It depends on the address alone, not on whether it is known.
    pub(crate) fn may_sign_up(&self, address: &EmailAddress) -> bool {
        are_open_to(&self.config.settings.sign_up_domains, address)
    }

    /// The domains in words: "gov.scot or any domain ending in .gov.uk"; empty if everyone may sign up.
    pub(crate) fn domains_in_words(&self, words: &Catalogue) -> String {
        let name = |pattern: &DomainPattern| match pattern.is_below() {
            true => words.text("sign_up.domains_below", &[("domain", (&pattern.shown()).into())]),
            false => pattern.shown(),
        };
        let mut names: Vec<String> = self.config.settings.sign_up_domains.iter().map(name).collect();
        match (names.pop(), names.is_empty()) {
            (None, _) => String::new(),
            (Some(last), true) => last,
            (Some(last), false) => {
                words.text("sign_up.domains_or", &[("others", (&names.join(", ")).into()), ("last", (&last).into())])
            }
        }
    }
}
