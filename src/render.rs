//! Rendering: a view and the templates give subject, text and HTML, the same bytes for the same view.
//! Templates are MiniJinja, strict (a variable that is not there is an error that names it), built in, and an
//! administrator's file of the same name in `templates_dir` wins. HTML templates escape everything; their styles are
//! put in line. What the templates may use is told in `render::view`.

mod builtin;
mod markdown;
mod proof;
mod sample;
mod status;
mod text;
pub mod view;

use std::path::{Path, PathBuf};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior, context};
use serde::Serialize;

pub use builtin::{GUIDE, TEMPLATES};
pub use view::{
    AlarmsView, ArchivesView, AskLinkView, ChoiceView, ConfirmView, DigestView, KnownView, LinkView, PageForm,
    PageLink, PreferencesView, QuietView, SignUpView, SourcesView, StatusView, WelcomeView,
};

use crate::domain::items::text::single_line;

/// Stands for the reader's unsubscribe link while a run is rendered once for many.
pub const UNSUBSCRIBE_PLACEHOLDER: &str = "https://unsubscribe.invalid/";

/// Stands for the reader's preferences link.
pub const PREFERENCES_PLACEHOLDER: &str = "https://preferences.invalid/";

/// Stands for the day since which the reader has had the digest.
pub const SINCE_PLACEHOLDER: &str = "since.invalid";

/// A mail without its headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line.
    pub subject: String,
    /// The plain-text part, lines of at most 72 columns save for URLs.
    pub text: String,
    /// The HTML part, styles in line.
    pub html: String,
}

/// Why nothing was rendered: always a template's fault, so an administrator's to mend.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A template does not parse, or uses what is not there.
    #[error("template `{file}`, line {line}, column {column}: {what}")]
    Template {
        /// The template's name, as `digest/body.html.j2`.
        file: String,
        /// From 1; 0 when it is not known.
        line: usize,
        /// From 1, in characters; 0 when it is not known.
        column: usize,
        /// "`entry.colour` is missing", or what else is wrong.
        what: String,
        /// MiniJinja's word on it.
        #[source]
        source: Box<minijinja::Error>,
    },
    /// The HTML's styles cannot be put in line.
    #[error("template `{file}`: its styles cannot be put in line")]
    Styles {
        /// The template's name.
        file: String,
        /// The inliner's word on it.
        #[source]
        source: Box<css_inline::InlineError>,
    },
    /// The folder of the administrator's templates is not there.
    #[error("templates folder `{}` is not a folder", .0.display())]
    Folder(PathBuf),
}

/// The templates, loaded.
#[derive(Debug)]
pub struct Renderer {
    environment: Environment<'static>,
}

impl Renderer {
    /// Reads every template, those in `overrides` before the built-in ones.
    ///
    /// # Errors
    /// A folder that is none, or a template that does not parse.
    pub fn new(overrides: Option<&Path>) -> Result<Self, Error> {
        let renderer = Self::unread(overrides)?;
        for (name, _) in TEMPLATES {
            renderer.template(name)?;
        }
        Ok(renderer)
    }

    /// Everything that is wrong with the templates: each is read, and tried on made-up views, with every optional
    /// thing present and absent.
    #[must_use]
    pub fn faults(overrides: Option<&Path>) -> Vec<Error> {
        let renderer = match Self::unread(overrides) {
            Ok(renderer) => renderer.for_site("Reform Digest", "https://digest.example.org/"),
            Err(error) => return vec![error],
        };
        let mut faults: Vec<Error> = Vec::new();
        for (name, _) in TEMPLATES {
            // What a template extends is read with it, so that one fault may be met more than once.
            let read = renderer.template(name).err();
            let tried = sample::values(name).into_iter().filter_map(|values| renderer.html_or_text(name, values).err());
            for fault in read.into_iter().chain(tried) {
                if faults.iter().all(|known| known.to_string() != fault.to_string()) {
                    faults.push(fault);
                }
            }
        }
        faults
    }

    /// Reads no template yet.
    fn unread(overrides: Option<&Path>) -> Result<Self, Error> {
        if let Some(folder) = overrides.filter(|folder| !folder.is_dir()) {
            return Err(Error::Folder(folder.to_owned()));
        }
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_debug(true);
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(syntax.expect("the usual delimiters"));
        environment.set_auto_escape_callback(
            |name| {
                if name.contains(".html") { AutoEscape::Html } else { AutoEscape::None }
            },
        );
        text::add_filters(&mut environment);
        let folder = overrides.map(Path::to_owned);
        environment.set_loader(move |name| load(folder.as_deref(), name));
        Ok(Self { environment }.for_site("", ""))
    }

    /// The same for the pages of this digest, whose first page is at `home`: they all say whose they are.
    #[must_use]
    pub fn for_site(mut self, name: &str, home: &str) -> Self {
        self.environment.add_global("site", context! { name, home });
        self
    }

    /// The digest mail.
    ///
    /// # Errors
    /// A template that uses what the view does not have.
    pub fn render_digest(&self, view: &DigestView) -> Result<Rendered, Error> {
        self.mail("digest", view)
    }

    /// The note that there was nothing to report.
    ///
    /// # Errors
    /// As [`Renderer::render_digest`].
    pub fn render_quiet(&self, view: &QuietView) -> Result<Rendered, Error> {
        self.mail("quiet", view)
    }

    /// The mail that asks whether a sign-up was meant.
    ///
    /// # Errors
    /// As [`Renderer::render_digest`].
    pub fn render_confirm(&self, view: &ConfirmView) -> Result<Rendered, Error> {
        self.mail("confirm", view)
    }

    /// The first mail after a confirmation.
    ///
    /// # Errors
    /// As [`Renderer::render_digest`].
    pub fn render_welcome(&self, view: &WelcomeView) -> Result<Rendered, Error> {
        self.mail("welcome", view)
    }

    /// The mail to a subscriber who signs up once more.
    ///
    /// # Errors
    /// As [`Renderer::render_digest`].
    pub fn render_known(&self, view: &KnownView) -> Result<Rendered, Error> {
        self.mail("known", view)
    }

    /// The page to sign up on.
    ///
    /// # Errors
    /// As [`Renderer::render_digest`].
    pub fn render_sign_up(&self, view: &SignUpView) -> Result<String, Error> {
        self.part("page/sign_up.html.j2", minijinja::Value::from(Serde(view)))
    }

    /// A web page of some paragraphs, and one button that posts, if there is something to decide.
    ///
    /// # Errors
    /// As [`Renderer::render_digest`].
    pub fn render_page(&self, title: &str, paragraphs: &[String], form: Option<&PageForm>) -> Result<String, Error> {
        self.part("page/message.html.j2", page_values(title, paragraphs, form, None))
    }

    /// The same with a link to where it goes on.
    ///
    /// # Errors
    /// As [`Renderer::render_digest`].
    pub fn render_page_with_link(&self, title: &str, paragraphs: &[String], link: &PageLink) -> Result<String, Error> {
        self.part("page/message.html.j2", page_values(title, paragraphs, None, Some(link)))
    }

    /// A digest as a web page for everybody: the view has no personal links.
    ///
    /// # Errors
    /// As [`Renderer::render_digest`].
    pub fn render_archive(&self, view: &DigestView) -> Result<String, Error> {
        self.html_or_text("page/archive.html.j2", minijinja::Value::from(Serde(view)))
    }

    /// The list of such pages.
    ///
    /// # Errors
    /// As [`Renderer::render_digest`].
    pub fn render_archives(&self, view: &ArchivesView) -> Result<String, Error> {
        self.part("page/archives.html.j2", minijinja::Value::from(Serde(view)))
    }

    /// The page of the sources.
    ///
    /// # Errors
    /// As [`Renderer::render_digest`].
    pub fn render_sources(&self, view: &SourcesView) -> Result<String, Error> {
        self.part("page/sources.html.j2", minijinja::Value::from(Serde(view)))
    }

    /// The mail that asks at a new address whether it is its reader's.
    ///
    /// # Errors
    /// As [`Renderer::render_digest`].
    pub fn render_address(&self, view: &LinkView) -> Result<Rendered, Error> {
        self.mail("address", view)
    }

    /// The mail with the link to its reader's own page.
    ///
    /// # Errors
    /// As [`Renderer::render_digest`].
    pub fn render_link(&self, view: &LinkView) -> Result<Rendered, Error> {
        self.mail("link", view)
    }

    /// The mail to those who run this.
    ///
    /// # Errors
    /// As [`Renderer::render_digest`].
    pub fn render_alarms(&self, view: &AlarmsView) -> Result<Rendered, Error> {
        self.mail("alarm", view)
    }

    /// A person's own page.
    ///
    /// # Errors
    /// As [`Renderer::render_digest`].
    pub fn render_preferences(&self, view: &PreferencesView) -> Result<String, Error> {
        self.part("page/preferences.html.j2", minijinja::Value::from(Serde(view)))
    }

    /// The page that asks for an address, to mail its link to.
    ///
    /// # Errors
    /// As [`Renderer::render_digest`].
    pub fn render_ask_link(&self, view: &AskLinkView) -> Result<String, Error> {
        self.part("page/ask_link.html.j2", minijinja::Value::from(Serde(view)))
    }

    fn mail(&self, folder: &str, view: &impl Serialize) -> Result<Rendered, Error> {
        let values = minijinja::Value::from(Serde(view));
        let subject = self.part(&format!("{folder}/subject.txt.j2"), values.clone())?;
        let text = self.part(&format!("{folder}/body.txt.j2"), values.clone())?;
        let html = self.html_or_text(&format!("{folder}/body.html.j2"), values)?;
        Ok(Rendered { subject: single_line(&subject), text: text::tidied(&text), html })
    }

    /// A part; the styles of HTML for mails, and of a mail's page, are put in line.
    fn html_or_text(&self, name: &str, values: minijinja::Value) -> Result<String, Error> {
        let part = self.part(name, values)?;
        if !name.ends_with("/body.html.j2") && name != "page/archive.html.j2" {
            return Ok(part);
        }
        // The `<style>` that is marked to be kept holds what cannot stand in line: dark mode and small screens.
        let inliner = css_inline::CSSInliner::options().load_remote_stylesheets(false).build();
        inliner.inline(&part).map_err(|source| Error::Styles { file: name.to_owned(), source: Box::new(source) })
    }

    fn part(&self, name: &str, values: minijinja::Value) -> Result<String, Error> {
        self.template(name)?.render(values).map_err(|source| explained(name, source))
    }

    fn template(&self, name: &str) -> Result<minijinja::Template<'_, '_>, Error> {
        self.environment.get_template(name).map_err(|source| explained(name, source))
    }
}

/// What the templates of pages may use.
fn page_values(
    title: &str,
    paragraphs: &[String],
    form: Option<&PageForm>,
    link: Option<&PageLink>,
) -> minijinja::Value {
    context! { lang => "en", dir => "ltr", title, paragraphs => Serde(paragraphs), form => Serde(form), link => Serde(link) }
}

/// Puts one reader's links into a rendered part, and the day since which they have had it. Both links must be plain
/// http(s) URLs without `&`, so that they are the same in HTML and in text; a quote, a bracket or a space in one is
/// escaped as in a URL.
#[must_use]
pub fn personalise(part: &str, unsubscribe: &str, preferences: &str, since: &str) -> String {
    part.replace(UNSUBSCRIBE_PLACEHOLDER, &url_safe(unsubscribe))
        .replace(PREFERENCES_PLACEHOLDER, &url_safe(preferences))
        .replace(SINCE_PLACEHOLDER, since)
}

fn url_safe(url: &str) -> String {
    let escaped = |c: char| match c {
        '"' | '\'' | '<' | '>' | ' ' | '\r' | '\n' => format!("%{:02X}", u32::from(c)),
        other => other.to_string(),
    };
    url.chars().map(escaped).collect()
}

/// The administrator's file, else the built-in template. Names come from templates, and stay inside the folder.
fn load(folder: Option<&Path>, name: &str) -> Result<Option<String>, minijinja::Error> {
    let is_plain = Path::new(name).components().all(|part| matches!(part, std::path::Component::Normal(_)));
    if let Some(path) = folder.filter(|_| is_plain).map(|folder| folder.join(name)) {
        match std::fs::read_to_string(&path) {
            Ok(source) => return Ok(Some(source)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                let detail = format!("cannot read `{}`", path.display());
                return Err(minijinja::Error::new(ErrorKind::InvalidOperation, detail).with_source(error));
            }
        }
    }
    Ok(TEMPLATES.iter().find(|(built_in, _)| *built_in == name).map(|(_, source)| (*source).to_owned()))
}

/// Names the file, the line, and the variable that is missing. An error in a block or an included file sits in the
/// chain of causes; the innermost one knows best.
fn explained(name: &str, error: minijinja::Error) -> Error {
    let mut innermost = &error;
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        if let Some(template_error) = inner.downcast_ref::<minijinja::Error>() {
            innermost = template_error;
        }
        cause = inner.source();
    }
    let range = innermost.range();
    let span = range.clone().and_then(|range| innermost.template_source()?.get(range));
    let before = range.and_then(|range| innermost.template_source()?.get(..range.start));
    let column = before.map_or(0, |before| before.rsplit('\n').next().unwrap_or_default().chars().count() + 1);
    let what = match (innermost.kind(), span, innermost.detail()) {
        (ErrorKind::UndefinedError, Some(span), _) => format!("`{}` is missing", span.trim()),
        (_, _, Some(detail)) => detail.to_owned(),
        (kind, _, None) => kind.to_string(),
    };
    Error::Template {
        file: innermost.name().unwrap_or(name).to_owned(),
        line: innermost.line().unwrap_or(0),
        column,
        what,
        source: Box::new(error),
    }
}

#[cfg(test)]
mod tests;
