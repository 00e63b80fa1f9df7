//! What readers are told about the sender, and about accessibility, in each language: `[sender]`, `[accessibility]` and
//! `[in.cy]`.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use schemars::JsonSchema;

/// `[sender]`: what every footer says about the sender; empty texts are left out.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
pub struct Sender {
    /// The organisation's name.
    pub organisation: String,
    /// Its postal address, on one line.
    pub postal_address: String,
    /// An email address or a telephone number for subscribers.
    pub contact: String,
    /// The address of the privacy notice.
    pub privacy_url: String,
    /// The consent text on the sign-up page. A hash of it is kept with each subscriber's consent.
    pub consent: String,
}

/// `[accessibility]`: the statement on how far everybody can use the pages and emails. Without a contact, there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema)]
pub struct Accessibility {
    /// An email address or a telephone number for people who cannot use a page or an email.
    pub contact: String,
    /// What not everybody can use, one sentence each.
    pub problems: Vec<String>,
    /// When the statement was written.
    #[schemars(with = "String")]
    pub prepared: Option<NaiveDate>,
    /// When pages and emails were last tested.
    #[schemars(with = "String")]
    pub tested: Option<NaiveDate>,
    /// Who enforces the law.
    pub enforcement: String,
    /// Their web address.
    pub enforcement_url: String,
}

impl Accessibility {
    /// Whether there is a statement.
    #[must_use]
    pub fn has_statement(&self) -> bool {
        !self.contact.is_empty()
    }
}

/// `[in.cy.accessibility]`: what the statement says in another language.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema)]
pub struct TranslatedAccessibility {
    /// What not everybody can use, one sentence each.
    pub problems: Vec<String>,
    /// Who enforces the law.
    pub enforcement: String,
}

/// `[in.cy]`: what the digest is called, and what it says, in another language.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema)]
pub struct Translation {
    /// The digest's name.
    #[schemars(with = "String")]
    pub name: Option<String>,
    /// The topic, as in "posts about public service reform".
    #[schemars(with = "String")]
    pub topic: Option<String>,
    /// The consent text on the sign-up page.
    #[schemars(with = "String")]
    pub consent: Option<String>,
    /// What the logo shows.
    #[schemars(with = "String")]
    pub logo_alt: Option<String>,
    /// The titles of themes, by their names in topic.toml.
    pub themes: BTreeMap<String, String>,
    /// What the accessibility statement says.
    pub accessibility: TranslatedAccessibility,
}
