//! Edits of the configuration: seen by the look of its files once they lie still, or told by a signal. A bad one is
//! logged with its diagnostic, once, and the configuration before it goes on.

use std::sync::Arc;

use anyhow::Context as _;

use super::supervisor;
use crate::app::operations::reload::{Live, Reloaded, reload};
use crate::config::{Config, Findings, Stamp};

type Read = dyn Fn() -> Result<Config, Findings> + Send + Sync;

/// What is known of the files.
pub(super) struct Edits {
    live: Live,
    read: Arc<Read>,
    files: Files,
    /// The diagnostic that was logged last.
    refused: Option<String>,
}

impl Edits {
    pub(super) fn new(live: Live, read: impl Fn() -> Result<Config, Findings> + Send + Sync + 'static) -> Self {
        Self { live, read: Arc::new(read), files: Files::default(), refused: None }
    }

    /// Takes over an edit, if there is one and nobody is at work on it any more.
    pub(super) async fn look(&mut self) {
        let stamp = self.stamp();
        if self.files.are_new(&stamp)
            && let Some(reloaded) = self.reload(stamp).await
            && reloaded != Reloaded::default()
        {
            tell(&reloaded);
        }
    }

    /// Reads the files now, however they look, because somebody asked.
    pub(super) async fn take_over(&mut self) {
        supervisor::reloading();
        self.refused = None;
        if let Some(reloaded) = self.reload(self.stamp()).await {
            tell(&reloaded);
        }
        supervisor::reloaded(self.refused.is_some());
    }

    fn stamp(&self) -> Stamp {
        self.live.app().config.stamp()
    }

    async fn reload(&mut self, stamp: Stamp) -> Option<Reloaded> {
        let read = Arc::clone(&self.read);
        // The topic's phrases and model take a moment to read.
        let read = tokio::task::spawn_blocking(move || read()).await.context("reading it ended in a panic");
        let read = read.and_then(|read| Ok(read?));
        match reload(&self.live, read).await {
            Ok(reloaded) => {
                // What the new configuration names is looked at from now on.
                self.files.taken = Some(stamp);
                self.refused = None;
                Some(reloaded)
            }
            Err(error) => {
                // It is tried again at every look: the cure may lie in a file that only the edit names.
                let text = format!("{error:#}");
                if self.refused.as_ref() != Some(&text) {
                    tracing::error!("the edited configuration is refused, and the one before goes on:\n{text}");
                    supervisor::status("the edited configuration is refused, and the one before goes on");
                    self.refused = Some(text);
                }
                None
            }
        }
    }
}

fn tell(reloaded: &Reloaded) {
    let changes = match &*reloaded.changes {
        [] => "nothing".to_owned(),
        changes => changes.join(", "),
    };
    tracing::info!(changes, "the configuration was read anew");
    if !reloaded.need_restart.is_empty() {
        tracing::warn!(keys = reloaded.need_restart.join(", "), "a change of these needs a restart");
    }
}

/// How the files looked when they were taken over, and at the last look.
#[derive(Default)]
struct Files {
    taken: Option<Stamp>,
    last: Option<Stamp>,
}

impl Files {
    /// Whether they are not those that were taken over, and have lain still since the last look. At first nothing counts as
    /// taken over: they may have been edited while the program started.
    fn are_new(&mut self, now: &Stamp) -> bool {
        let are_still = self.last.as_ref() == Some(now);
        self.last = Some(now.clone());
        are_still && self.taken.as_ref() != Some(now)
    }
}
