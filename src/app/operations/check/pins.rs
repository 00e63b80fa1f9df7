//! Checks that each pin moves a story of a digest that is still to be made.

use super::finding::{CheckFinding, Part};
use crate::app::ReadOnly;
use crate::app::digests::pins;
use crate::domain::items::text::count;

/// A pin that moves nothing is a finding; `None` if nothing is pinned.
///
/// # Errors
/// The database fails.
pub(super) async fn look(app: &ReadOnly) -> anyhow::Result<Option<Part>> {
    let pinned = app.config.settings.digest.pin.len();
    if pinned == 0 {
        return Ok(None);
    }
    let unused = pins::of_no_digest(app).await?;
    let findings = unused.iter().map(|pin| CheckFinding {
        place: Some(app.config.folder.join("digest.toml").display().to_string()),
        ..CheckFinding::advice(
            format!("the pin `{}` has no effect: {}", pin.link, pin.why),
            "remove it from `pin` in `[digest]`, or correct the link; `policy-digest explain LINK` tells more about a post",
        )
    });
    let says = format!("{} of {} in the next digest", pinned - unused.len(), count(pinned, "pin"));
    Ok(Some(Part::new("pins", says, findings.collect())))
}
