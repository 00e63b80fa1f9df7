//! Pictures in an email. A rendered body holds them as `data:` URLs, so that it is complete in itself. Most email programs
//! show none of those, so in an email each picture is a part beside the HTML (multipart/related, RFC 2387), which names
//! it with a `cid:` URL (RFC 2392). Nothing is loaded from elsewhere.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use lettre::message::{Attachment, MultiPart, SinglePart, header};

use super::Error;

/// How a picture begins in a rendered body. A feed's text is escaped, so it cannot write this.
const BEGINS: &str = " src=\"data:image/";

/// The formats that [`take_out`] knows, as they are written in the URL.
const FORMATS: [&str; 3] = ["png", "jpeg", "gif"];

/// A picture that was in the HTML.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Picture {
    /// Without angle brackets.
    content_id: String,
    format: &'static str,
    bytes: Vec<u8>,
}

/// The HTML with `cid:` URLs, and its pictures, each once. `identifier` makes the Content-IDs differ from those of other
/// emails.
pub(super) fn take_out<'h>(html: &'h str, identifier: &str) -> (Cow<'h, str>, Vec<Picture>) {
    if !html.contains(BEGINS) {
        return (html.into(), Vec::new());
    }
    let mut pictures: Vec<Picture> = Vec::new();
    let mut parts = html.split(BEGINS);
    let mut with_names = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let Some((format, bytes, rest)) = decoded(part) else {
            with_names.push_str(BEGINS);
            with_names.push_str(part);
            continue;
        };
        let known = pictures.iter().position(|picture| picture.bytes == bytes);
        let at = known.unwrap_or_else(|| {
            let content_id = format!("picture{}.{identifier}", pictures.len() + 1);
            pictures.push(Picture { content_id, format, bytes });
            pictures.len() - 1
        });
        with_names.push_str(&format!(" src=\"cid:{}\"", pictures[at].content_id));
        with_names.push_str(rest);
    }
    (with_names.into(), pictures)
}

/// The format, the picture and what follows, of `png;base64,AAAA" …`.
fn decoded(part: &str) -> Option<(&'static str, Vec<u8>, &str)> {
    let (url, rest) = part.split_once('"')?;
    let (format, data) = url.split_once(";base64,")?;
    let format = FORMATS.into_iter().find(|known| *known == format)?;
    Some((format, BASE64.decode(data).ok()?, rest))
}

/// The HTML and its pictures as one part.
pub(super) fn related(html: SinglePart, pictures: Vec<Picture>, boundary: &str) -> Result<MultiPart, Error> {
    let kind = format!("multipart/related; boundary=\"{boundary}\"; type=\"text/html\"");
    let kind = header::ContentType::parse(&kind).map_err(|_| Error::Header("Content-Type"))?;
    let mut parts = MultiPart::builder().header(kind).singlepart(html);
    for Picture { content_id, format, bytes } in pictures {
        let kind = header::ContentType::parse(&format!("image/{format}")).map_err(|_| Error::Header("Content-Type"))?;
        let name = format!("{}.{format}", content_id.split('.').next().unwrap_or("picture"));
        parts = parts.singlepart(Attachment::new_inline_with_name(content_id, name).body(bytes, kind));
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_picture_is_taken_out_once_and_everything_else_stays() {
        let html = "<img src=\"data:image/png;base64,AAEC\" alt=\"A\"><img src=\"data:image/png;base64,AAEC\"><p>x</p>";
        let (html, pictures) = take_out(html, "run@example.org");
        assert_eq!(
            html,
            "<img src=\"cid:picture1.run@example.org\" alt=\"A\"><img src=\"cid:picture1.run@example.org\"><p>x</p>"
        );
        assert_eq!(pictures.len(), 1);
        assert_eq!((pictures[0].format, pictures[0].bytes.as_slice()), ("png", [0, 1, 2].as_slice()));
    }

    #[test]
    fn what_is_no_picture_of_ours_stays_as_it_is() {
        for html in [
            "<p>plain</p>",
            "<img src=\"data:image/svg+xml;base64,AAEC\">",
            "<img src=\"data:image/png;base64,&amp;\">",
            "<img src=\"data:image/png,AAEC\">",
            "<p>&quot; src=&quot;data:image/png;base64,AAEC&quot;</p>",
            "<img src=\"data:image/png;base64,AAEC",
        ] {
            let (kept, pictures) = take_out(html, "id");
            assert_eq!((kept.as_ref(), pictures.len()), (html, 0));
        }
    }
}
