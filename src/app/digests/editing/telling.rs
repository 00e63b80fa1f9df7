//! The email to an editor: the digest as it would go out, above it what is odd and the editor's own link; once a month,
//! that it is worth learning from the labels.

use anyhow::Context as _;

use super::{page, sentences, signals};
use crate::app::ReadOnly;
use crate::app::outbox::{body, message_id};
use crate::domain::digests::draft::{Status, WhenSilent};
use crate::render::DraftNotice;
use crate::store::{DraftMail, DraftRow};

/// One email to each editor.
pub(super) async fn mails(app: &ReadOnly, row: &DraftRow, is_worth_learning: bool) -> anyhow::Result<Vec<DraftMail>> {
    let digest = page::preview(app, row).await?;
    let odd = signals::odd(app, row).await?;
    let (settings, words) = (&app.config.settings, app.words());
    let mut mails = Vec::new();
    for editor in &settings.editor.to {
        let notice = DraftNotice {
            name: settings.name.clone(),
            subject: digest.as_ref().map_or_else(|| row.archive.clone(), |digest| digest.subject.clone()),
            at: app.time_of_day(row.due),
            date: app.day(words, row.due),
            outcome: outcome(app, row).to_owned(),
            until: super::day_and_time(app, words, super::limit(row)),
            odd: odd.iter().map(|odd| sentences::odd(words, odd)).collect(),
            link: app.page(&format!("edit/{}", super::token(app, row, editor))),
            is_empty: digest.is_none(),
            is_worth_learning,
        };
        let rendered =
            app.renderer.draft(words, &notice, digest.as_ref()).context("cannot render the email to an editor")?;
        mails.push(DraftMail { to: editor.clone(), body: body(rendered, ""), message_id: message_id(app, "draft")? });
    }
    Ok(mails)
}

/// What happens if the editor does nothing, as a word for the templates: "send", "hold", "held" or "late".
pub(super) fn outcome(app: &ReadOnly, row: &DraftRow) -> &'static str {
    match (row.draft.status(), app.config.settings.editor.when_silent) {
        (Status::Held, _) if app.clock.now() >= row.due => "late",
        (Status::Held, _) => "held",
        (_, WhenSilent::Send) => "send",
        (_, WhenSilent::Hold) => "hold",
    }
}
