//! The proof of an email: the email itself, marked in its subject and above its first line. It does not use templates, so
//! a proof looks like the email even with an administrator's templates.

use super::{Rendered, text};

/// The mark before the subject.
const MARK: &str = "[Proof]";

impl Rendered {
    /// The same email as a proof. `words` explain in plain text what it is.
    #[must_use]
    pub fn as_proof(&self, words: &str) -> Self {
        self.under(format!("{MARK} {}", self.subject), &text::wrap(words, 0), &banner(words))
    }

    /// The same email with this subject, and with this text and this HTML above its own.
    #[must_use]
    pub(super) fn under(&self, subject: String, text: &str, html: &str) -> Self {
        Self {
            subject,
            text: format!("{text}\n\n{}\n\n{}", "-".repeat(text::COLUMNS), self.text),
            html: with_banner(&self.html, html),
        }
    }
}

fn banner(words: &str) -> String {
    region("Proof", &escaped(words))
}

fn region(label: &str, html: &str) -> String {
    format!(
        "<div role=\"region\" aria-label=\"{label}\" style=\"padding: 12px 16px; background-color: #fff4cc; \
         font-family: Arial, sans-serif; font-size: 16px; line-height: 24px; color: #0b0c0c;\">{html}</div>"
    )
}

/// Puts the banner at the start of the HTML's body, or at the very start if there is no body.
fn with_banner(html: &str, banner: &str) -> String {
    let body = html.find("<body").and_then(|start| Some(start + html[start..].find('>')? + 1)).unwrap_or(0);
    format!("{}{banner}{}", &html[..body], &html[body..])
}

/// Puts notices above a page that was rendered before.
#[must_use]
pub fn with_notices(html: &str, label: &str, notices: &[String]) -> String {
    let notices: Vec<String> = notices
        .iter()
        .map(|words| format!("<p style=\"margin: 0 0 8px; color: #0b0c0c;\">{}</p>", escaped(words)))
        .collect();
    with_banner(html, &region(label, &notices.concat()))
}

pub(super) fn escaped(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_says_so_in_subject_text_and_html() {
        let mail = Rendered {
            subject: "One, and 2 more".into(),
            text: "One\n".into(),
            html: "<head></head><body class=\"a\"><p>One".into(),
        };
        let proof = mail.as_proof("A proof <of> this.");
        assert_eq!(proof.subject, "[Proof] One, and 2 more");
        assert_eq!(proof.text, format!("A proof <of> this.\n\n{}\n\nOne\n", "-".repeat(72)));
        assert!(proof.html.starts_with("<head></head><body class=\"a\"><div role=\"region\""), "{}", proof.html);
        assert!(proof.html.ends_with("A proof &lt;of&gt; this.</div><p>One"), "{}", proof.html);
    }

    #[test]
    fn a_template_without_a_body_has_the_words_first() {
        assert!(with_banner("<p>One", &banner("Proof")).ends_with("Proof</div><p>One"));
    }
}
