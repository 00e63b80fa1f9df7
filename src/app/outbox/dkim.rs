//! The DKIM key: loads it once for all emails, generates it on request, and shows its DNS record. `mail::dkim` signs
//! messages; `config` has already checked that the key's file exists and that no other user can read it.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::app::operations::check::finding::{CheckFinding, Severity};
use crate::config::{Config, Dkim, Findings, TransportKind, finding_at};
use crate::mail::dkim::{Key, KeyError, Signer};
pub use crate::mail::dkim::{Kind, Record};

/// The signer that the configuration requests.
///
/// # Errors
/// A finding at `mail.dkim.key_file` if the key is not accepted.
pub(crate) fn signer(config: &Config) -> Result<Option<Signer>, Findings> {
    let Some(Dkim { domain, selector, key: Some(key), .. }) = &config.settings.mail.dkim else { return Ok(None) };
    match Key::from_pem(key.reveal().as_bytes()) {
        Ok(key) => Ok(Some(Signer::new(domain.clone(), selector.clone(), key))),
        Err(error) => {
            let message = format!("`key_file` {error}");
            Err(finding_at(&config.folder, "mail.dkim.key_file", &message, next(&error)))
        }
    }
}

fn next(error: &KeyError) -> &'static str {
    match error {
        KeyError::NotPem => {
            "a PEM key begins with `-----BEGIN PRIVATE KEY-----`; `policy-digest dkim generate` makes one"
        }
        KeyError::Encrypted => "`openssl pkey -in FILE -out NEW` takes the pass phrase away",
        KeyError::Short { .. } => {
            "receivers trust keys of 2048 bits or more; `policy-digest dkim generate` makes a key"
        }
        KeyError::Foreign | KeyError::Damaged => "`policy-digest dkim generate` makes a key",
    }
}

/// A warning if emails go to a mail server unsigned: the server may sign them, but if it does not, our signature is
/// missing.
pub(crate) fn finding(config: &Config) -> Option<CheckFinding> {
    let mail = &config.settings.mail;
    (mail.transport == TransportKind::Smtp && mail.dkim.is_none()).then(|| CheckFinding {
        message: "emails are not signed (DKIM)".to_owned(),
        next: "run `policy-digest dkim generate`, unless your mail server signs them".to_owned(),
        place: None,
        severity: Severity::Advice,
        phrase: None,
    })
}

/// The DNS record of the configured key; `None` if signing is not configured.
///
/// # Errors
/// A finding at `mail.dkim.key_file` if the key is not accepted.
pub fn record(config: &Config) -> Result<Option<Record>, Findings> {
    Ok(signer(config)?.map(|signer| signer.record()))
}

/// A key that was generated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// The file that it was written to.
    pub file: PathBuf,
    /// Its algorithm.
    pub kind: Kind,
    /// The signing domain.
    pub domain: String,
    /// The record's name under `_domainkey`.
    pub selector: String,
    /// The record to publish.
    pub record: Record,
}

/// Why no key was written.
#[derive(Debug, thiserror::Error)]
pub enum Unwritten {
    /// The file exists. A key is never overwritten, because emails signed with it may still be in transit.
    #[error("`{}` is there already, and a key is never overwritten", .0.display())]
    Exists(PathBuf),
    /// The file cannot be written, or no key could be generated.
    #[error(transparent)]
    Other(#[from] anyhow::Error),
}

/// Generates a key and writes it to a new file that only its owner can read.
///
/// # Errors
/// [`Unwritten`].
pub fn generate(kind: Kind, domain: &str, selector: &str, file: &Path) -> Result<NewKey, Unwritten> {
    let pem = Key::generate(kind).context("the system provides no random bytes")?;
    let key = Key::from_pem(pem.as_bytes()).context("the key that was made")?;
    match write_private(file, pem.as_bytes()) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(Unwritten::Exists(file.to_owned())),
        written => written.with_context(|| format!("cannot write `{}`", file.display()))?,
    }
    let (domain, selector) = (domain.to_owned(), selector.to_owned());
    let record = Signer::new(domain.clone(), selector.clone(), key).record();
    Ok(NewKey { file: file.to_owned(), kind, domain, selector, record })
}

fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
