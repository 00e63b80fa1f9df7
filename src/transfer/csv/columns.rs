//! Which column is which, by the names that other programs give them, in any case, with or without spaces; and what
//! their words for a person's standing mean.

use super::guard::unguarded;

/// What a line says of a person.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row {
    /// Their address.
    pub email: String,
    /// Their name; may be empty.
    pub name: String,
    /// How often; may be empty.
    pub cadence: String,
    /// Separated by `;`; may be empty.
    pub themes: String,
    /// Whether they are subscribed there.
    pub standing: Standing,
    /// When they agreed there, as it is written; may be empty.
    pub agreed: String,
}

/// Whether a person is subscribed in the list that a file comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Standing {
    /// They are, or the file does not say.
    #[default]
    Subscribed,
    /// They are not: they left, their mailbox is dead, they complained, they never confirmed. In the file's word.
    Not(String),
    /// The file has a word for it that is not known here.
    Unknown(String),
}

/// Words of Mailchimp, listmonk, and the like; ours are among them.
const SUBSCRIBED: &[&str] = &["subscribed", "active", "enabled", "confirmed", "optedin", "optin", "yes", "true", "1"];
const NOT_SUBSCRIBED: &[&str] = &[
    "unsubscribed",
    "left",
    "cleaned",
    "bounced",
    "hardbounced",
    "invalid",
    "blocklisted",
    "blacklisted",
    "blocked",
    "disabled",
    "suppressed",
    "complained",
    "complaint",
    "spam",
    "archived",
    "deleted",
    "removed",
    "nonsubscribed",
    "notsubscribed",
    "neversubscribed",
    "transactional",
    "pending",
    "unconfirmed",
    "inactive",
    "optedout",
    "optout",
    "no",
    "false",
    "0",
];

/// The places of the columns that are read.
pub(super) struct Columns {
    email: usize,
    name: Option<usize>,
    names: [Option<usize>; 2],
    cadence: Option<usize>,
    themes: Option<usize>,
    statuses: Vec<usize>,
    ends: Vec<(usize, &'static str)>,
    agreed: Option<usize>,
}

impl Columns {
    /// `None` when no column holds addresses.
    pub(super) fn find(headers: &[String]) -> Option<Self> {
        let headers: Vec<String> = headers.iter().map(|header| key(header)).collect();
        // The first of the names that there is: in some files `address` is that of a house.
        let column = |names: &[&str]| names.iter().find_map(|name| headers.iter().position(|header| header == name));
        let status = [
            "status",
            "subscriberstatus",
            "subscriptionstatus",
            "emailstatus",
            "emailmarketing",
            "emailmarketingstatus",
            "state",
        ];
        Some(Self {
            email: column(&["email", "emailaddress", "mail", "mailaddress", "subscriber", "address"])?,
            name: column(&["name", "fullname", "displayname"]),
            names: [
                column(&["firstname", "fname", "givenname", "forename"]),
                column(&["lastname", "lname", "surname", "familyname"]),
            ],
            cadence: column(&["cadence", "frequency"]),
            themes: column(&["themes", "theme"]),
            statuses: status.iter().filter_map(|name| column(&[name])).collect(),
            ends: [("unsubtime", "unsubscribed"), ("unsubscribedat", "unsubscribed"), ("cleantime", "cleaned")]
                .into_iter()
                .filter_map(|(name, word)| Some((column(&[name])?, word)))
                .collect(),
            agreed: column(&["confirmtime", "confirmed", "confirmedat", "optintime", "consented", "createdat"]),
        })
    }

    pub(super) fn row(&self, cells: &[String]) -> Row {
        let cell = |at: Option<usize>| at.and_then(|at| cells.get(at)).map(|cell| unguarded(cell)).unwrap_or_default();
        let whole = cell(self.name);
        let name = if whole.is_empty() { self.names.map(cell).join(" ").trim().to_owned() } else { whole };
        Row {
            email: cell(Some(self.email)),
            name,
            cadence: cell(self.cadence).to_lowercase(),
            themes: cell(self.themes),
            standing: self.standing(cells),
            agreed: cell(self.agreed),
        }
    }

    /// One column that says no is enough.
    fn standing(&self, cells: &[String]) -> Standing {
        let cell = |at: &usize| cells.get(*at).map(String::as_str).unwrap_or_default();
        if let Some((_, word)) = self.ends.iter().find(|(at, _)| !cell(at).is_empty()) {
            return Standing::Not((*word).to_owned());
        }
        let of = |at| match cell(at) {
            "" => Standing::Subscribed,
            word if SUBSCRIBED.contains(&key(word).as_str()) => Standing::Subscribed,
            word if NOT_SUBSCRIBED.contains(&key(word).as_str()) => Standing::Not(word.to_lowercase()),
            word => Standing::Unknown(word.to_owned()),
        };
        self.statuses.iter().map(of).find(|standing| *standing != Standing::Subscribed).unwrap_or_default()
    }
}

/// "E-Mail Address" and `email_address` are one name.
fn key(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
