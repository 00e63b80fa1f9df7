//! A sent email, taken apart.

/// A mail as it was sent, split into its headers and the decoded plain-text part.
pub struct Mail {
    pub raw: String,
    pub headers: String,
    pub text: String,
}

impl Mail {
    pub fn read(bytes: &[u8]) -> Self {
        let raw = String::from_utf8(bytes.to_vec()).unwrap();
        let (headers, body) = raw.split_once("\r\n\r\n").unwrap();
        // Unfolded (RFC 5322 §2.2.3), and the quoted-printable text (RFC 2045 §6.7) decoded well enough to search in.
        let headers = headers.replace("\r\n ", " ").replace("\r\n\t", " ");
        let text = body.replace("=\r\n", "").replace("=3D", "=");
        Self { headers, text, raw: raw.clone() }
    }

    /// The HTML part, decoded.
    pub fn html(&self) -> String {
        let message = mail_parser::MessageParser::default().parse(self.raw.as_bytes()).unwrap();
        message.body_html(0).unwrap().into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        let prefix = format!("{}:", name.to_lowercase());
        let found = self.headers.split("\r\n").find(|line| line.to_lowercase().starts_with(&prefix));
        found.unwrap_or_else(|| panic!("no {name} in\n{}", self.headers))[prefix.len()..].trim()
    }
}
