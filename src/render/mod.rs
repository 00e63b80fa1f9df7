//! Rendering: turns a view into an email (subject, text and HTML) or a web page, the same bytes for the same view.
//! Templates are strict MiniJinja: a missing variable is an error that names it. They are built in; a file of the same
//! name in the administrator's `templates_dir` replaces one. HTML templates escape everything, and their styles are
//! inlined. `render::view` defines the variables.

mod builtin;
mod foot;
mod markdown;
mod proof;
mod sample;
mod text;
pub mod view;
mod words;

use std::path::{Path, PathBuf};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior};

pub use builtin::{FOR_EDITORS, GUIDE, TEMPLATES};
pub use foot::{Foot, with_foot};
pub use proof::with_notices;
pub use view::{
    AccessibilityView, AlarmsView, ArchivePage, ArchivesView, AskLinkView, ChangedView, ChoiceView, ConfirmView,
    DigestView, DraftNotice, EmailView, KnownView, LinkPurpose, LinkView, MessageView, PageForm, PageLink, PageView,
    PreferencesView, PrivacyView, QuietView, SignUpView, SiteView, SourcesView, StatusView, VoteView, WelcomeView,
};

use crate::domain::catalogue::{Catalogue, Languages};
use crate::domain::digests::accent::Accent;
use crate::domain::items::text::single_line;
use view::EditorView;

/// The placeholder for a subscriber's unsubscribe link in a body that many share.
pub const UNSUBSCRIBE_PLACEHOLDER: &str = "https://unsubscribe.invalid/";

/// The placeholder for a subscriber's preferences link.
pub const PREFERENCES_PLACEHOLDER: &str = "https://preferences.invalid/";

/// The placeholder for a subscriber's link to say that a story is not on topic. A story's number follows it.
pub const VOTE_PLACEHOLDER: &str = "https://vote.invalid/";

/// The placeholder for the day on which a subscriber subscribed.
pub const SINCE_PLACEHOLDER: &str = "since.invalid";

/// The placeholder for a page's own path, in its links to other languages.
pub const HERE_PLACEHOLDER: &str = "here.invalid";

/// An email without its headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The subject, on one line.
    pub subject: String,
    /// The plain text, in lines of at most 72 columns except for URLs.
    pub text: String,
    /// The HTML, with inlined styles.
    pub html: String,
}

/// Why rendering failed. It is always the fault of a template, so an administrator can fix it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A template does not parse, or uses an unknown variable.
    #[error("template `{file}`, line {line}, column {column}: {what}")]
    Template {
        /// The template's name, such as `digest/body.html.j2`.
        file: String,
        /// From 1; 0 if unknown.
        line: usize,
        /// From 1, in characters; 0 if unknown.
        column: usize,
        /// What is wrong, such as "unknown variable `entry.colour`".
        what: String,
        /// MiniJinja's error.
        #[source]
        source: Box<minijinja::Error>,
    },
    /// The HTML's styles cannot be inlined.
    #[error("template `{file}`: its styles cannot be inlined")]
    Styles {
        /// The template's name.
        file: String,
        /// The inliner's error.
        #[source]
        source: Box<css_inline::InlineError>,
    },
    /// The templates folder does not exist or is not a folder.
    #[error("templates folder `{}` is not a folder", .0.display())]
    Folder(PathBuf),
}

/// Renders views with the loaded templates.
#[derive(Debug)]
pub struct Renderer {
    /// Each language's code with its environment, the default language first.
    environments: Vec<(String, Environment<'static>)>,
}

impl Renderer {
    /// Reads every template. Files in `overrides` replace built-in ones.
    ///
    /// # Errors
    /// `overrides` is not a folder, or a template does not parse.
    pub fn new(overrides: Option<&Path>, languages: &Languages) -> Result<Self, Error> {
        let renderer = Self::unread(overrides, languages)?;
        for (name, _) in TEMPLATES {
            template(renderer.environment(languages.first()), name)?;
        }
        Ok(renderer)
    }

    /// Everything that is wrong with the templates. Each is parsed and rendered with sample data, with all optional values
    /// present and absent.
    #[must_use]
    pub fn faults(overrides: Option<&Path>, languages: &Languages) -> Vec<Error> {
        let renderer = match Self::unread(overrides, languages) {
            Ok(renderer) => renderer.for_site(|_| sample::site()),
            Err(error) => return vec![error],
        };
        let mut faults: Vec<Error> = Vec::new();
        for (environment, (name, _)) in
            renderer.environments.iter().flat_map(|(_, it)| TEMPLATES.iter().map(move |t| (it, t)))
        {
            // A template that others extend is read with each of them, so the same fault may appear repeatedly.
            let read = template(environment, name).err();
            let tried = sample::values(name).into_iter().filter_map(|values| inlined(environment, name, values).err());
            for fault in read.into_iter().chain(tried) {
                if faults.iter().all(|known| known.to_string() != fault.to_string()) {
                    faults.push(fault);
                }
            }
        }
        faults
    }

    /// A renderer that has not parsed any template yet.
    fn unread(overrides: Option<&Path>, languages: &Languages) -> Result<Self, Error> {
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
        let in_language = |language: &std::sync::Arc<Catalogue>| {
            let mut environment = environment.clone();
            words::add_function(&mut environment, language);
            environment.add_global("lang", language.locale().to_string());
            environment.add_global("dir", language.locale().direction());
            (language.code().to_owned(), environment)
        };
        Ok(Self { environments: languages.iter().map(in_language).collect() }.for_site(|_| SiteView::default()))
    }

    /// Sets what all pages show, for each language by its code.
    #[must_use]
    pub fn for_site(mut self, site: impl Fn(&str) -> SiteView) -> Self {
        for (code, environment) in &mut self.environments {
            let mut site = SiteView { here: HERE_PLACEHOLDER, ..site(code) };
            if site.accent.is_empty() {
                (site.accent, site.accent_dark) = colours(Accent::default());
            }
            environment.add_global("site", minijinja::Value::from(Serde(site)));
        }
        self
    }

    /// The environment of a language, else that of the default one.
    fn environment(&self, language: &Catalogue) -> &Environment<'static> {
        let known = self.environments.iter().find(|(code, _)| code == language.code());
        &known.unwrap_or(&self.environments[0]).1
    }

    /// Renders an email in a language.
    ///
    /// # Errors
    /// A template that uses a variable which the view does not have, or whose styles cannot be inlined.
    pub fn email(&self, language: &Catalogue, view: &impl EmailView) -> Result<Rendered, Error> {
        let (environment, folder) = (self.environment(language), view.folder());
        let values = minijinja::Value::from(Serde(view));
        let subject = plain(environment, &format!("{folder}/subject.txt.j2"), values.clone())?;
        let text = plain(environment, &format!("{folder}/body.txt.j2"), values.clone())?;
        let html = inlined(environment, &format!("{folder}/body.html.j2"), values)?;
        Ok(Rendered { subject: single_line(&subject), text: text::tidied(&text), html })
    }

    /// Renders a web page in a language.
    ///
    /// # Errors
    /// As [`Renderer::email`].
    pub fn page(&self, language: &Catalogue, view: &impl PageView) -> Result<String, Error> {
        inlined(self.environment(language), view.template(), minijinja::Value::from(Serde(view)))
    }

    /// Renders a page for editors. Its template is built in.
    ///
    /// # Errors
    /// Only for an administrator's `page/base.html.j2`, which it extends.
    pub fn editor_page(&self, language: &Catalogue, view: &impl EditorView) -> Result<String, Error> {
        plain(self.environment(language), view.template(), minijinja::Value::from(Serde(view)))
    }

    /// Renders the email to an editor: what it is, above the digest, if there is one.
    ///
    /// # Errors
    /// None that an administrator can cause.
    pub fn draft(
        &self,
        language: &Catalogue,
        notice: &DraftNotice,
        digest: Option<&Rendered>,
    ) -> Result<Rendered, Error> {
        let (environment, values) = (self.environment(language), minijinja::Value::from(Serde(notice)));
        let text = text::tidied(&plain(environment, "draft/notice.txt.j2", values.clone())?);
        let html = plain(environment, "draft/notice.html.j2", values)?;
        let subject = language.text("draft.mark", &[("subject", (&notice.subject).into())]);
        let empty = Rendered { subject: String::new(), text: String::new(), html: String::new() };
        Ok(digest.unwrap_or(&empty).under(subject, text.trim_end(), &html))
    }

    /// Renders the operator's page. Its template is built in: it is neither exported nor looked for in a folder.
    ///
    /// # Errors
    /// None that an administrator can cause.
    pub fn operator_page(&self, language: &Catalogue, view: &StatusView) -> Result<String, Error> {
        let (name, source) = builtin::OPERATOR_PAGE;
        let page = self.environment(language).template_from_named_str(name, source);
        page.and_then(|page| page.render(minijinja::Value::from(Serde(view)))).map_err(|source| explained(name, source))
    }
}

/// A colour and its variant for dark mode.
#[must_use]
pub fn colours(accent: Accent) -> (String, String) {
    (accent.to_string(), accent.dark().to_string())
}

/// Renders a template. The styles of an email's HTML, and of its page in the archive, are inlined.
fn inlined(environment: &Environment<'_>, name: &str, values: minijinja::Value) -> Result<String, Error> {
    let rendered = plain(environment, name, values)?;
    if !name.ends_with("/body.html.j2") && name != "page/archive.html.j2" {
        return Ok(rendered);
    }
    // One `<style>` is marked to be kept: dark mode and small screens cannot be inlined.
    let inliner = css_inline::CSSInliner::options().load_remote_stylesheets(false).build();
    inliner.inline(&rendered).map_err(|source| Error::Styles { file: name.to_owned(), source: Box::new(source) })
}

fn plain(environment: &Environment<'_>, name: &str, values: minijinja::Value) -> Result<String, Error> {
    template(environment, name)?.render(values).map_err(|source| explained(name, source))
}

fn template<'e>(environment: &'e Environment<'_>, name: &str) -> Result<minijinja::Template<'e, 'e>, Error> {
    environment.get_template(name).map_err(|source| explained(name, source))
}

/// What is a subscriber's own in a body that many share. The links must be plain http(s) URLs without `&`, so that they are
/// the same in HTML and in text; quotes, brackets and spaces in them are escaped.
#[derive(Debug, Clone, Copy)]
pub struct Personal<'a> {
    /// The unsubscribe link.
    pub unsubscribe: &'a str,
    /// The preferences link.
    pub preferences: &'a str,
    /// The link to say that a story is not on topic.
    pub vote: &'a str,
    /// The day on which they subscribed.
    pub since: &'a str,
}

/// Puts a subscriber's own links and date into a rendered body.
#[must_use]
pub fn personalise(body: &str, own: &Personal<'_>) -> String {
    body.replace(UNSUBSCRIBE_PLACEHOLDER, &url_safe(own.unsubscribe))
        .replace(PREFERENCES_PLACEHOLDER, &url_safe(own.preferences))
        .replace(VOTE_PLACEHOLDER, &url_safe(own.vote))
        .replace(SINCE_PLACEHOLDER, own.since)
}

fn url_safe(url: &str) -> String {
    let escaped = |c: char| match c {
        '"' | '\'' | '<' | '>' | ' ' | '\r' | '\n' => format!("%{:02X}", u32::from(c)),
        other => other.to_string(),
    };
    url.chars().map(escaped).collect()
}

/// The administrator's file, else the built-in template. Names come from templates, so they must stay inside the folder.
fn load(folder: Option<&Path>, name: &str) -> Result<Option<String>, minijinja::Error> {
    let is_plain = Path::new(name).components().all(|part| matches!(part, std::path::Component::Normal(_)));
    let is_for_editors = builtin::FOR_EDITORS.iter().any(|(built_in, _)| *built_in == name);
    if let Some(path) = folder.filter(|_| is_plain && !is_for_editors).map(|folder| folder.join(name)) {
        match std::fs::read_to_string(&path) {
            Ok(source) => return Ok(Some(source)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                let detail = format!("cannot read `{}`", path.display());
                return Err(minijinja::Error::new(ErrorKind::InvalidOperation, detail).with_source(error));
            }
        }
    }
    Ok(TEMPLATES
        .iter()
        .chain(builtin::FOR_EDITORS)
        .find(|(built_in, _)| *built_in == name)
        .map(|(_, source)| (*source).to_owned()))
}

/// An error that names the file, the line and the missing variable. For an error in a block or an included file, the
/// innermost cause is the most precise.
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
        (ErrorKind::UndefinedError, Some(span), _) => format!("unknown variable `{}`", span.trim()),
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
