//! Checks a whole installation, part by part: the configuration files, the files on disk, and how others answer (the
//! mail server, name servers, the public address, the feeds). It sends no email and stores no poll. `config` has
//! already refused invalid settings.

mod address;
mod administrators;
mod database;
mod feeds;
pub(crate) mod finding;
mod languages;
mod phrases;
mod pins;
mod records;
mod relay;
mod sender;
mod served;
mod server;
mod weights;

use std::net::SocketAddr;

use crate::app::clock::Clock;
use crate::app::digests::{note, templates};
use crate::app::outbox::dkim;
use crate::app::{App, Listener, ReadOnly, blocking};
use crate::config::{Config, Findings, TransportKind};
use crate::store::Error;
pub use finding::{CheckFinding, Part, Severity, UnusedPhrase};
pub use records::Wanted;

/// How the check may use the network.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outside {
    /// No connection leaves this machine.
    pub is_offline: bool,
    /// The name server to query instead of the system's.
    pub name_server: Option<SocketAddr>,
}

/// The checked parts and their findings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// Feeds in the list.
    pub feeds: usize,
    /// Phrases in the topic.
    pub phrases: usize,
    /// Stored items.
    pub items: usize,
    /// In the order in which they were checked.
    pub parts: Vec<Part>,
    /// DNS records that the sender's domain should have; empty while emails are written to files.
    pub records: Vec<Wanted>,
}

impl CheckReport {
    /// Every finding, in the order of the parts.
    pub fn findings(&self) -> impl Iterator<Item = (&Part, &CheckFinding)> {
        self.parts.iter().flat_map(|part| part.findings.iter().map(move |finding| (part, finding)))
    }

    /// The severity of the worst finding.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.parts.iter().filter_map(Part::worst).max()
    }
}

/// Checks everything. If templates or the database are broken, it checks the rest as far as possible.
///
/// # Errors
/// [`Findings`] for a signing key that is not accepted; or the database fails during the check.
pub async fn check_folder(
    mut config: Config,
    clock: Clock,
    outside: Outside,
    listener: Listener<'_>,
) -> anyhow::Result<CheckReport> {
    let settings = &config.settings;
    let (templates_dir, languages) = (settings.templates_dir.clone(), config.languages.clone());
    let faults = blocking(move || templates::findings(templates_dir.as_deref(), &languages)).await?;
    let are_broken = !faults.is_empty();
    let mut parts = vec![
        Part::praised("templates", "all render with sample data", faults),
        languages::look(&config),
        note::check(&config.note_file),
        sender::look(settings),
        Part::new("signature", signed(settings), dkim::finding(&config).into_iter().collect()),
        administrators::look(&config),
    ];
    parts.extend(weights::look(&config));
    if are_broken {
        config.settings.templates_dir = None;
    }
    let mut report =
        CheckReport { feeds: config.feeds.len(), phrases: phrases::count(&config.topic), ..CheckReport::default() };
    let app = match App::look(config.clone(), clock.clone()).await {
        Ok(app) => app,
        Err(error) if error.is::<Findings>() => return Err(error),
        // Check everything that can be checked before the first start.
        Err(error) if matches!(error.downcast_ref(), Some(Error::Missing { .. })) => {
            parts.push(database::unusable(&error));
            App::look_ahead(config, clock).await?
        }
        Err(error) => {
            parts.push(database::unusable(&error));
            return Ok(CheckReport { parts, ..report });
        }
    };
    report.parts = parts;
    look(&app, outside, listener, &mut report).await?;
    Ok(report)
}

/// Checks an installation that could be opened.
async fn look(
    app: &ReadOnly,
    outside: Outside,
    listener: Listener<'_>,
    report: &mut CheckReport,
) -> anyhow::Result<()> {
    let parts = &mut report.parts;
    // Before the first start there is a finding instead.
    if parts.iter().all(|part| part.name != database::NAME) {
        match database::look(app, listener).await {
            Ok(part) => parts.push(part),
            Err(error) => {
                parts.push(database::unusable(&error));
                return Ok(());
            }
        }
        parts.push(database::disk(&app.config.settings.data));
        parts.extend(pins::look(app).await?);
    }
    let is_mailing = app.config.settings.mail.transport == TransportKind::Smtp;
    let mut is_served = false;
    if outside.is_offline {
        parts.push(Part::new("network", "checks skipped (--offline)", Vec::new()));
    } else {
        parts.push(relay::look(app).await);
        let (address, answers) = address::look(app).await;
        parts.push(address);
        is_served = answers;
        parts.push(feeds::look(app, listener).await?);
    }
    if !is_served {
        let dead = served::finding(app).await?;
        parts.extend(dead.map(|finding| Part::new("links in emails", "", vec![finding])));
    }
    if is_mailing {
        let (part, wanted) = records::look(app, outside).await?;
        parts.extend(part);
        report.records = wanted;
    }
    let (phrases, items) = phrases::look(app, listener).await?;
    parts.push(phrases);
    report.items = items;
    Ok(())
}

fn signed(settings: &crate::config::Settings) -> String {
    match &settings.mail.dkim {
        Some(dkim) => format!("DKIM, {}._domainkey.{}", dkim.selector, dkim.domain),
        None => "none (DKIM)".to_owned(),
    }
}
