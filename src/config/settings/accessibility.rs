//! `[accessibility]`: the accessibility statement.

use chrono::NaiveDate;
use schemars::JsonSchema;

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
