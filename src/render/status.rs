//! The operator's page. Its template is nobody's to change, so it is neither exported nor looked for in a folder.

use minijinja::value::Serde;

use super::view::StatusView;
use super::{Error, Renderer, explained};

/// Its name in errors, and the template.
const STATUS: (&str, &str) = ("status.html.j2", include_str!("../../templates/status.html.j2"));

impl Renderer {
    /// The operator's page.
    ///
    /// # Errors
    /// None of an administrator's making.
    pub fn render_status(&self, view: &StatusView) -> Result<String, Error> {
        let page = self.environment.template_from_named_str(STATUS.0, STATUS.1);
        let values = minijinja::Value::from(Serde(view));
        page.and_then(|page| page.render(values)).map_err(|source| explained(STATUS.0, source))
    }
}
