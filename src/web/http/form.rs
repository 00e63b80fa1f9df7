//! Request bodies: the fields of a form as browsers send it, and bodies that are read to the end only so that the client
//! gets its answer.

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use futures::StreamExt as _;
use url::form_urlencoded;

use super::bounds::Bounds;

/// The largest form that is accepted. One with an address and a few choices is far smaller.
const MOST_BYTES: usize = 16 * 1024;

/// The same for an editor's form: the note alone may have 10 KB, which URL encoding triples.
const MOST_LONG_BYTES: usize = 64 * 1024;

/// How much of an ignored body is read.
const MOST_IGNORED_BYTES: usize = 1024 * 1024;

const KIND: &str = "application/x-www-form-urlencoded";

/// The fields of a form, in order.
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// The first value of a field; empty if the field is missing.
    pub(crate) fn first(&self, name: &str) -> String {
        self.all(name).next().unwrap_or_default()
    }

    /// All names and values, in order.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Every value of a field.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = String> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.clone())
    }
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    /// 408, 413 or 415; 400 if the body is incomplete or not UTF-8.
    type Rejection = StatusCode;

    async fn from_request(request: Request, _: &S) -> Result<Self, StatusCode> {
        fields(request, MOST_BYTES).await
    }
}

/// The fields of a form with long texts.
pub(crate) struct LongFields(pub(crate) Fields);

impl<S: Send + Sync> FromRequest<S> for LongFields {
    /// As that of [`Fields`].
    type Rejection = StatusCode;

    async fn from_request(request: Request, _: &S) -> Result<Self, StatusCode> {
        fields(request, MOST_LONG_BYTES).await.map(Self)
    }
}

async fn fields(request: Request, most_bytes: usize) -> Result<Fields, StatusCode> {
    let limit = bounds(&request).body;
    let is_form = is_form(request.headers());
    let read = tokio::time::timeout(limit, read(request.into_body(), most_bytes));
    let body = read.await.unwrap_or(Err(StatusCode::REQUEST_TIMEOUT))?;
    if !is_form && !body.is_empty() {
        return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    let fields: Vec<(String, String)> = form_urlencoded::parse(&body).into_owned().collect();
    // Invalid UTF-8 has been replaced by this character, which people do not type.
    let is_broken = fields.iter().any(|(_, value)| value.contains(char::REPLACEMENT_CHARACTER));
    if is_broken { Err(StatusCode::BAD_REQUEST) } else { Ok(Fields(fields)) }
}

/// RFC 9110 §8.3: without a Content-Type, we may decide.
fn is_form(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(header::CONTENT_TYPE) else { return true };
    let essence = kind.as_bytes().split(|&byte| byte == b';').next().unwrap_or_default().trim_ascii();
    essence.is_empty() || essence.eq_ignore_ascii_case(KIND.as_bytes())
}

async fn read(body: Body, most_bytes: usize) -> Result<Vec<u8>, StatusCode> {
    let mut pieces = body.into_data_stream();
    let mut bytes = Vec::new();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| StatusCode::BAD_REQUEST)?;
        if bytes.len() + piece.len() > most_bytes {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

/// Reads a body to its end and discards it, within limits of size and time.
pub(crate) async fn ignore(bounds: Bounds, body: Body) {
    let mut pieces = body.into_data_stream();
    let mut left = MOST_IGNORED_BYTES;
    let reading = async {
        while let Some(Ok(piece)) = pieces.next().await {
            left = left.saturating_sub(piece.len());
            if left == 0 {
                break;
            }
        }
    };
    // Whether it ended, broke off or took too long makes no difference.
    let _ = tokio::time::timeout(bounds.body, reading).await;
}

/// The limits that [`super::answer::bounded`] attached to the request.
pub(crate) fn bounds(request: &Request) -> Bounds {
    request.extensions().get().copied().unwrap_or_default()
}
