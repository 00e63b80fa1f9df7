//! Matches columns by the names that other programs give them, ignoring case and spaces, and interprets their words for a
//! subscription's status.

use super::guard::unguarded;
use crate::domain::subscribers::subscriber::{EmailAddress, is_unseen};

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
    /// The language's code; may be empty.
    pub language: String,
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

/// Words of Mailchimp, listmonk, and the like, in English, German, French, Spanish and Italian; ours are among them.
#[rustfmt::skip]
const SUBSCRIBED: &[&str] = &[
    "subscribed", "active", "enabled", "confirmed", "optedin", "optin", "yes", "true", "1",
    "abonniert", "angemeldet", "aktiv", "bestätigt", "ja", "abonné", "abonnée", "inscrit", "inscrite", "actif", "confirmé", "oui",
    "suscrito", "activo", "confirmado", "sí", "iscritto", "attivo", "confermato",
];
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
    "abgemeldet",
    "gekündigt",
    "inaktiv",
    "deaktiviert",
    "gesperrt",
    "unbestätigt",
    "gelöscht",
    "nein",
    "désabonné",
    "désabonnée",
    "désinscrit",
    "désinscrite",
    "inactif",
    "nonconfirmé",
    "bloqué",
    "supprimé",
    "non",
    "baja",
    "desuscrito",
    "cancelado",
    "inactivo",
    "rebotado",
    "disiscritto",
    "cancellato",
    "inattivo",
];

/// The indexes of the columns that are read.
pub(super) struct Columns {
    email: usize,
    name: Option<usize>,
    names: [Option<usize>; 2],
    cadence: Option<usize>,
    themes: Option<usize>,
    language: Option<usize>,
    statuses: Vec<usize>,
    ends: Vec<(usize, &'static str)>,
    agreed: Option<usize>,
}

/// What the columns are called, in English, German, French, Spanish, Italian, Dutch and Portuguese; without spaces and
/// marks.
#[rustfmt::skip]
mod names {
    pub(super) const EMAIL: &[&str] = &[
        "email", "emailaddress", "mail", "mailaddress", "subscriber", "emailadresse", "mailadresse", "epost", "epostadresse",
        "adresseemail", "adressemail", "adresseélectronique", "courriel", "courrielélectronique", "adressecourriel", "correo",
        "correoelectrónico", "correoelectronico", "direccióndecorreo", "direccióndecorreoelectrónico", "emailadres", "mailadres",
        "indirizzoemail", "indirizzodiposta", "indirizzodipostaelettronica", "postaelettronica", "endereçodeemail", "correioeletrónico",
        "correioeletrônico", "address",
    ];
    pub(super) const NAME: &[&str] = &["name", "fullname", "displayname", "nomcomplet", "nombrecompleto", "vollständigername", "nomecompleto", "naam"];
    pub(super) const FIRST: &[&str] = &["firstname", "fname", "givenname", "forename", "vorname", "prénom", "prenom", "nombre", "nome", "voornaam"];
    pub(super) const LAST: &[&str] = &["lastname", "lname", "surname", "familyname", "nachname", "familienname", "nom", "nomdefamille", "apellido", "apellidos", "cognome", "achternaam", "sobrenome"];
    pub(super) const CADENCE: &[&str] = &["cadence", "frequency"];
    pub(super) const THEMES: &[&str] = &["themes", "theme"];
    pub(super) const LANGUAGE: &[&str] = &["language", "lang", "iaith"];
    pub(super) const STATUS: &[&str] = &[
        "status", "subscriberstatus", "subscriptionstatus", "emailstatus", "emailmarketing", "emailmarketingstatus", "state", "abostatus",
        "abonnementstatus", "statut", "étatdelabonnement", "estado", "stato",
    ];
    pub(super) const ENDS: &[(&str, &str)] = &[
        ("unsubtime", "unsubscribed"), ("unsubscribedat", "unsubscribed"), ("cleantime", "cleaned"), ("abgemeldetam", "unsubscribed"),
        ("désabonnéle", "unsubscribed"), ("désinscritle", "unsubscribed"), ("fechadebaja", "unsubscribed"),
    ];
    pub(super) const AGREED: &[&str] = &["confirmtime", "confirmed", "confirmedat", "optintime", "consented", "createdat", "bestätigtam", "confirméle"];
}

/// So many lines are looked at for a column of addresses.
const SAMPLE: usize = 200;

impl Columns {
    /// `None` when no column holds addresses.
    pub(super) fn find<'a>(headers: &[String], lines: impl Iterator<Item = &'a Vec<String>>) -> Option<Self> {
        let headers: Vec<String> = headers.iter().map(|header| key(header)).collect();
        // In order of preference: in some files `address` is the postal address.
        let column = |names: &[&str]| names.iter().find_map(|name| headers.iter().position(|header| header == name));
        let lines: Vec<&Vec<String>> = lines.take(SAMPLE).collect();
        let by_name = column(names::EMAIL).filter(|at| lines.is_empty() || addresses(&lines, *at) > 0);
        let by_cells = || {
            let at = (0..headers.len()).max_by_key(|at| (addresses(&lines, *at), usize::MAX - at))?;
            (addresses(&lines, at) * 2 > lines.len()).then_some(at)
        };
        Some(Self {
            email: by_name.or_else(by_cells).or_else(|| column(names::EMAIL))?,
            name: column(names::NAME),
            names: [column(names::FIRST), column(names::LAST)],
            cadence: column(names::CADENCE),
            themes: column(names::THEMES),
            language: column(names::LANGUAGE),
            statuses: names::STATUS.iter().filter_map(|name| column(&[name])).collect(),
            ends: names::ENDS.iter().filter_map(|(name, word)| Some((column(&[name])?, *word))).collect(),
            agreed: column(names::AGREED),
        })
    }

    /// Names the column of addresses in a file that names none.
    pub(super) fn name_in(&self, headers: &mut [String]) {
        names::EMAIL[0].clone_into(&mut headers[self.email]);
    }

    pub(super) fn row(&self, cells: &[String]) -> Row {
        let cell = |at: Option<usize>| at.and_then(|at| cells.get(at)).map(|cell| unguarded(cell)).unwrap_or_default();
        let whole = cell(self.name);
        let name = if whole.is_empty() { self.names.map(cell).join(" ").trim().to_owned() } else { whole };
        let (address, called) = bare(&cell(Some(self.email)));
        Row {
            email: address,
            name: if name.is_empty() { called } else { name },
            cadence: cell(self.cadence).to_lowercase(),
            themes: cell(self.themes),
            language: cell(self.language).to_lowercase(),
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

/// The address of a cell, without `mailto:` and `Name <…>` around it, and the name.
fn bare(cell: &str) -> (String, String) {
    let cell = cell.trim_matches(is_unseen);
    let (called, address) = match cell.strip_suffix('>').and_then(|cell| cell.rsplit_once('<')) {
        Some((called, address)) => (called.trim_matches(|c| is_unseen(c) || c == '"'), address),
        None => ("", cell),
    };
    let address = address.trim_matches(is_unseen);
    let is_link = address.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("mailto:"));
    let address = if is_link { address[7..].split('?').next().unwrap_or_default() } else { address };
    (address.trim_matches(is_unseen).to_owned(), called.to_owned())
}

/// How many lines have an address in this column.
fn addresses(lines: &[&Vec<String>], at: usize) -> usize {
    lines.iter().filter(|cells| cells.get(at).is_some_and(|cell| is_address(cell))).count()
}

/// Whether one of these cells is an address.
pub(super) fn has_address(cells: &[String]) -> bool {
    cells.iter().any(|cell| is_address(cell))
}

fn is_address(cell: &str) -> bool {
    EmailAddress::parse(&bare(&unguarded(cell)).0).is_ok()
}

/// "E-Mail Address" and `email_address` are one name.
fn key(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
