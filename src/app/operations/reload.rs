//! Taking over an edited configuration while the program runs: whole or not at all. What the edit does not touch is shared
//! with the installation before, and what is under way goes on with what it began with.

use std::sync::{Arc, PoisonError, RwLock};

use anyhow::bail;

use super::check::finding::CheckFinding;
use crate::app::digests::templates;
use crate::app::outbox::{dkim, transport};
use crate::app::{App, Installation, ReadOnly, blocking, fetcher, renderer};
use crate::config::{Config, changes, keep_until_restart};
use crate::domain::selection::relevance::Scorer;
use crate::store::PendingConfiguration;

/// The installation as it is configured now. Whoever begins something takes the newest; a clone follows the same one.
#[derive(Clone)]
pub struct Live(Arc<RwLock<App>>);

impl Live {
    /// Begins with this one.
    #[must_use]
    pub fn new(app: App) -> Self {
        Self(Arc::new(RwLock::new(app)))
    }

    /// The newest.
    #[must_use]
    pub fn app(&self) -> App {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn replace(&self, app: App) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = app;
    }
}

/// What an edit has changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reloaded {
    /// In words, without a value.
    pub changes: Vec<String>,
    /// Keys that are changed in the file, and hold from the next start on.
    pub need_restart: Vec<&'static str>,
}

/// Takes over what was read, for whoever begins something from now on. Refused or not, what `status` shows of it is kept
/// in the database.
///
/// # Errors
/// The files, the templates or the key have mistakes: the configuration before goes on, and nothing has changed. Or the
/// database fails.
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
            old.store.set_pending_configuration(waits).await?;
            live.replace(app);
            Ok(reloaded)
        }
        Err(error) => {
            let text = format!("{error:#}");
            old.store
                .set_pending_configuration(Some(PendingConfiguration { is_refused: true, text, since: now }))
                .await?;
            Err(error)
        }
    }
}

async fn take_over(old: &App, mut config: Config) -> anyhow::Result<(App, Reloaded)> {
    let need_restart = keep_until_restart(&old.config, &mut config);
    let mut changes = changes(&old.config, &config);
    changes.retain(|change| !need_restart.iter().any(|key| *change == format!("`{key}`")));
    if let Some(folder) = config.settings.templates_dir.clone() {
        let mistakes = blocking(move || templates::findings(Some(&folder))).await?;
        if !mistakes.is_empty() {
            bail!("{}", mistakes.iter().map(line).collect::<Vec<_>>().join("\n"));
        }
    }
    let (before, after) = (&old.config, &config);
    let same_polling = before.settings.polling == after.settings.polling && before.feeds == after.feeds;
    // The way out greets with the host of the public URL.
    let same_way =
        (&before.settings.mail, &before.settings.public_url) == (&after.settings.mail, &after.settings.public_url);
    let (same_topic, edited) = (before.topic == after.topic, after.clone());
    // The topic's phrases and the templates take a moment to read.
    let read = move || anyhow::Ok((renderer(&edited)?, (!same_topic).then(|| Arc::new(Scorer::new(&edited.topic)))));
    let (renderer, scorer) = blocking(read).await??;
    let installation = Installation {
        // It knows when each host was last asked.
        fetcher: if same_polling { Arc::clone(&old.fetcher) } else { Arc::new(fetcher(after)?) },
        readers: Arc::clone(&old.readers),
        renderer,
        scorer: scorer.unwrap_or_else(|| Arc::clone(&old.scorer)),
        signer: dkim::signer(after)?,
        transport: if same_way { Arc::clone(&old.transport) } else { Arc::new(transport::transport(after)) },
        config,
        store: old.store.reader(),
        limits: Arc::clone(&old.limits),
        opened: old.clock.now(),
        clock: old.clock.clone(),
        keys: old.keys.clone(),
        stop: Arc::clone(&old.stop),
    };
    let app =
        App { looked_at: ReadOnly(Arc::new(installation)), store: Arc::clone(&old.store), lock: old.lock.clone() };
    app.sync_feeds().await?;
    Ok((app, Reloaded { changes, need_restart }))
}

fn line(finding: &CheckFinding) -> String {
    let place = finding.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
    format!("{place}{}", finding.message)
}
