//! A progress bar on standard error, when that is a terminal.

use std::io::IsTerminal as _;
use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressStyle};

use super::table::count;
use crate::app::Progress;

/// Shows the progress of a use case.
#[derive(Debug, Default)]
pub(crate) struct Bar(Mutex<Option<ProgressBar>>);

impl Bar {
    /// Shows an event.
    pub(crate) fn show(&self, progress: Progress<'_>) {
        if !std::io::stderr().is_terminal() {
            return;
        }
        let mut bar = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match progress {
            Progress::Started { what, steps } if steps > 0 => {
                let style = ProgressStyle::with_template("{prefix:8} {bar:30} {pos}/{len} {wide_msg}");
                let made = ProgressBar::new(steps as u64).with_prefix(what.to_owned());
                *bar = Some(made.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())));
            }
            Progress::Started { .. } => *bar = None,
            Progress::Step(name) => {
                if let Some(bar) = bar.as_ref() {
                    bar.set_message(name.to_owned());
                    bar.inc(1);
                }
            }
            Progress::Waiting { messages, until } => {
                let made = ProgressBar::new_spinner().with_message(format!(
                    "{} to be tried again at {} UTC; Ctrl-C ends the wait",
                    count(messages, "email"),
                    until.format("%H:%M:%S")
                ));
                made.enable_steady_tick(std::time::Duration::from_millis(250));
                *bar = Some(made);
            }
            Progress::Finished => {
                if let Some(bar) = bar.take() {
                    bar.finish_and_clear();
                }
            }
        }
    }
}
