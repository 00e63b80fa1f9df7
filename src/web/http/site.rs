//! What a handler works with: the configuration that is current when a request arrives, and the language of the page
//! that it asks for.

use std::convert::Infallible;
use std::ops::Deref;
use std::sync::Arc;

use anyhow::Context as _;
use axum::extract::{FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{Html, IntoResponse as _, Response};

use super::error::Failure;
use crate::app::App;
use crate::app::operations::reload::Live;
use crate::domain::catalogue::{Catalogue, Value};
use crate::render::{MessageView, PageForm, PageView};

/// The language's code in the request's address; see [`Site`].
#[derive(Debug, Clone)]
pub(crate) struct LanguageCode(pub(crate) String);

/// The installation, in the language of a request.
#[derive(Clone)]
pub(crate) struct Site {
    app: App,
    pub(crate) words: Arc<Catalogue>,
}

impl Deref for Site {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}

impl FromRequestParts<Live> for Site {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, live: &Live) -> Result<Self, Infallible> {
        Ok(Self::of(live.app(), parts.extensions.get()))
    }
}

impl Site {
    /// The installation in the language with this code, else in the default one.
    pub(crate) fn of(app: App, code: Option<&LanguageCode>) -> Self {
        let words = Arc::clone(app.config.languages.of(code.map_or("", |code| &code.0)));
        Self { app, words }
    }

    /// The installation in the language of a request.
    pub(crate) fn of_request(app: App, request: &Request) -> Self {
        Self::of(app, request.extensions().get())
    }

    /// A message.
    pub(crate) fn text(&self, key: &str, values: &[(&str, Value<'_>)]) -> String {
        self.words.text(key, values)
    }

    /// A message with the digest's name in it.
    pub(crate) fn named(&self, key: &str) -> String {
        self.words.text(key, &[("name", self.app.name(&self.words).into())])
    }

    /// The address of a page in the language, below the public URL.
    pub(crate) fn page_address(&self, path: &str) -> String {
        self.app.page_in(&self.words, path)
    }

    /// A page with a title and some paragraphs, and a button if there is something to do. `title` is a message's key.
    pub(crate) fn page(
        &self,
        status: StatusCode,
        title: &str,
        paragraphs: &[String],
        form: Option<PageForm>,
    ) -> Result<Response, Failure> {
        let title = self.words.words(title);
        self.rendered(status, &MessageView { form, ..MessageView::new(&title, paragraphs) })
    }

    /// A rendered view.
    pub(crate) fn rendered(&self, status: StatusCode, view: &impl PageView) -> Result<Response, Failure> {
        let html = self.renderer.page(&self.words, view).context("cannot render a page")?;
        Ok((status, Html(html)).into_response())
    }
}
