//! Takes over an edited configuration while the program runs, either completely or not at all. Unchanged parts are
//! shared with the previous installation, and work in progress finishes with the one that it started with.

use std::sync::{Arc, PoisonError, RwLock};

use anyhow::bail;

use super::check::finding::CheckFinding;
use crate::app::digests::templates;
use crate::app::outbox::{dkim, transport};
use crate::app::{App, Installation, ReadOnly, blocking, fetcher, renderer};
use crate::config::{Config, changes, keep_until_restart};
use crate::domain::selection::relevance::Scorer;
use crate::store::PendingConfiguration;

/// The installation with the current configuration. New work uses the latest one; clones share it.
#[derive(Clone)]
pub struct Live(Arc<RwLock<App>>);

impl Live {
    /// Starts with this installation.
    #[must_use]
    pub fn new(app: App) -> Self {
        Self(Arc::new(RwLock::new(app)))
    }

    /// The latest installation.
    #[must_use]
    pub fn app(&self) -> App {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn replace(&self, app: App) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = app;
    }
}

/// The effects of an edit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reloaded {
    /// The changed keys in words, without their values.
    pub changes: Vec<String>,
    /// Changed keys that take effect only at the next start.
    pub need_restart: Vec<&'static str>,
}

/// Takes over the configuration that was read, for work that starts from now on. The result is stored in the database
/// for `status`, whether or not the edit is accepted.
///
/// # Errors
/// The files, the templates or the key have mistakes, and the previous configuration stays in use; or the database
/// fails.
pub async fn reload<E: Into<anyhow::Error>>(live: &Live, read: Result<Config, E>) -> anyhow::Result<Reloaded> {
    let old = live.app();
    let taken = match read {
        Ok(config) => take_over(&old, config).await,
        Err(error) => Err(error.into()),
    };
    let now = old.clock.now();
    match taken {
        Ok((app, reloaded)) => {
            let text = reloaded.need_restart.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
            let waits = (!text.is_empty()).then_some(PendingConfiguration { is_refused: false, text, since: now });
            note(&old, waits).await?;
            live.replace(app);
            Ok(reloaded)
        }
        Err(error) => {
            let text = format!("{error:#}");
            note(&old, Some(PendingConfiguration { is_refused: true, text, since: now })).await?;
            Err(error)
        }
    }
}

/// What `status` says of the worker's configuration; those that stand by log theirs.
async fn note(app: &App, waits: Option<PendingConfiguration>) -> anyhow::Result<()> {
    if app.is_worker() {
        app.store.operations().set_pending_configuration(waits).await?;
    }
    Ok(())
}

async fn take_over(old: &App, mut config: Config) -> anyhow::Result<(App, Reloaded)> {
    let need_restart = keep_until_restart(&old.config, &mut config);
    let mut changes = changes(&old.config, &config);
    changes.retain(|change| !need_restart.iter().any(|key| *change == format!("`{key}`")));
    if let Some(folder) = config.settings.templates_dir.clone() {
        let languages = config.languages.clone();
        let mistakes = blocking(move || templates::findings(Some(&folder), &languages)).await?;
        if !mistakes.is_empty() {
            bail!("{}", mistakes.iter().map(line).collect::<Vec<_>>().join("\n"));
        }
    }
    let (before, after) = (&old.config, &config);
    let same_polling = before.settings.polling == after.settings.polling && before.feeds == after.feeds;
    // The transport's EHLO name is the host of the public URL. The sender, by default named as the digest is, is each message's.
    let way = |config: &Config| {
        let mut mail = config.settings.mail.clone();
        mail.from.clone_from(&before.settings.mail.from);
        (mail, config.settings.public_url.clone())
    };
    let same_way = way(before) == way(after);
    let (same_topic, edited) = (before.topic == after.topic, after.clone());
    // Reading the topic's phrases and the templates takes a moment.
    let read = move || anyhow::Ok((renderer(&edited)?, (!same_topic).then(|| Arc::new(Scorer::new(&edited.topic)))));
    let (renderer, scorer) = blocking(read).await??;
    let installation = Installation {
        // The fetcher knows when it last contacted each host.
        fetcher: if same_polling { Arc::clone(&old.fetcher) } else { Arc::new(fetcher(after)?) },
        readers: Arc::clone(&old.readers),
        renderer: Arc::new(renderer),
        scorer: scorer.unwrap_or_else(|| Arc::clone(&old.scorer)),
        signer: dkim::signer(after)?.map(Arc::new),
        transport: if same_way { Arc::clone(&old.transport) } else { Arc::new(transport::transport(after)) },
        config,
        store: old.store.reader(),
        limits: Arc::clone(&old.limits),
        opened: old.clock.now(),
        clock: old.clock.clone(),
        keys: old.keys.clone(),
        stop: Arc::clone(&old.stop),
        queued: Arc::clone(&old.queued),
    };
    let app = App { looked_at: ReadOnly(Arc::new(installation)), ..old.clone() };
    if app.is_worker() {
        app.sync_feeds().await?;
    }
    Ok((app, Reloaded { changes, need_restart }))
}

fn line(finding: &CheckFinding) -> String {
    let place = finding.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
    format!("{place}{}", finding.message)
}
