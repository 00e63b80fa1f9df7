//! Reloads the configuration after an edit: on a signal, or when its files have changed and then stayed unchanged for one
//! round. An edit with mistakes is logged once with its diagnostics, and the previous configuration stays in use.

use std::sync::Arc;

use anyhow::Context as _;

use super::supervisor;
use crate::app::operations::reload::{Live, Reloaded, reload};
use crate::config::{Config, Findings, Stamp};

type Read = dyn Fn() -> Result<Config, Findings> + Send + Sync;

/// Watches the files.
pub(super) struct Edits {
    live: Live,
    read: Arc<Read>,
    files: Files,
    /// The diagnostics that were logged last.
    refused: Option<String>,
}

impl Edits {
    pub(super) fn new(live: Live, read: impl Fn() -> Result<Config, Findings> + Send + Sync + 'static) -> Self {
        Self { live, read: Arc::new(read), files: Files::default(), refused: None }
    }

    /// Reloads the configuration if its files have changed and are no longer being edited.
    pub(super) async fn look(&mut self) {
        let stamp = self.stamp();
        if self.files.have_changed(&stamp)
            && let Some(reloaded) = self.reload(stamp).await
            && reloaded != Reloaded::default()
        {
            log(&reloaded);
        }
    }

    /// Reloads the configuration now, on request.
    pub(super) async fn take_over(&mut self) {
        supervisor::reloading();
        self.refused = None;
        if let Some(reloaded) = self.reload(self.stamp()).await {
            log(&reloaded);
        }
        supervisor::reloaded(self.refused.is_some());
    }

    fn stamp(&self) -> Stamp {
        self.live.app().config.stamp()
    }

    async fn reload(&mut self, stamp: Stamp) -> Option<Reloaded> {
        let read = Arc::clone(&self.read);
        // Reading the topic's phrases and classifier takes a moment.
        let read =
            tokio::task::spawn_blocking(move || read()).await.context("reading the configuration ended in a panic");
        let read = read.and_then(|read| Ok(read?));
        match reload(&self.live, read).await {
            Ok(reloaded) => {
                // From now on, the files that the new configuration names are watched.
                self.files.loaded = Some(stamp);
                self.refused = None;
                Some(reloaded)
            }
            Err(error) => {
                // Every round tries again: the fix may be in a file that only the refused configuration names.
                let text = format!("{error:#}");
                if self.refused.as_ref() != Some(&text) {
                    tracing::error!("{}:\n{text}", supervisor::REFUSED);
                    supervisor::status(supervisor::REFUSED);
                    self.refused = Some(text);
                }
                None
            }
        }
    }
}

fn log(reloaded: &Reloaded) {
    let changes = match &*reloaded.changes {
        [] => "nothing".to_owned(),
        changes => changes.join(", "),
    };
    tracing::info!(changes, "the configuration was reloaded");
    if !reloaded.need_restart.is_empty() {
        tracing::warn!(keys = reloaded.need_restart.join(", "), "changes of these keys need a restart");
    }
}

/// The files' stamps at the last reload and at the last look.
#[derive(Default)]
struct Files {
    loaded: Option<Stamp>,
    last: Option<Stamp>,
}

impl Files {
    /// Whether the files have changed since they were loaded, but not since the last look. At the start nothing counts as
    /// loaded, because the files may have been edited while the program started.
    fn have_changed(&mut self, now: &Stamp) -> bool {
        let are_settled = self.last.as_ref() == Some(now);
        self.last = Some(now.clone());
        are_settled && self.loaded.as_ref() != Some(now)
    }
}
