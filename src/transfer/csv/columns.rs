//! Matches columns by the names that other programs give them, ignoring case and spaces, and interprets their words for a
//! subscription's status.

use super::guard::unguarded;

/// The values of a line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row {
    /// Their address.
    pub email: String,
    /// Their name; may be empty.
    pub name: String,
    /// The cadence; may be empty.
    pub cadence: String,
    /// Separated by `;`; may be empty.
    pub themes: String,
    /// Whether they are subscribed in the other program.
    pub standing: Standing,
    /// When they consented there, as written; may be empty.
    pub agreed: String,
}

/// Whether a person is subscribed in the list that a file comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Standing {
    /// Subscribed, or the file does not say.
    #[default]
    Subscribed,
    /// Not subscribed, with the file's word for it: unsubscribed, bounced, complained or never confirmed.
    Not(String),
    /// The file has an unknown word for it.
    Unknown(String),
}

/// The words of Mailchimp, listmonk and similar programs, and our own.
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

/// The indexes of the columns that are read.
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
    /// `None` if there is no column of email addresses.
    pub(super) fn find(headers: &[String]) -> Option<Self> {
        let headers: Vec<String> = headers.iter().map(|header| key(header)).collect();
        // In order of preference: in some files `address` is the postal address.
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

    /// A person is subscribed only if no column says otherwise.
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

/// The name for comparison: "E-Mail Address" and `email_address` are the same.
fn key(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
