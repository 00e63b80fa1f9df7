//! The foot of an archive page: the pages before and after it, and what every page links to. It is added when the page is
//! served, because the page itself was frozen with its digest, maybe by an earlier version.

use super::proof::escaped;
use super::view::PageLink;

/// Where the foot of a page from the built-in template begins.
const MARK: &str = "<div role=\"contentinfo\">";

/// What is added to a page.
#[derive(Debug, Clone, Default)]
pub struct Foot<'a> {
    /// The label of the links to other digests.
    pub label: &'a str,
    /// Links to other digests.
    pub digests: &'a [PageLink],
    /// The label of the links to pages about these pages.
    pub about_label: &'a str,
    /// Links to these. One that the page has already is left out.
    pub about: &'a [PageLink],
    /// The colour of links, as CSS writes it.
    pub accent: &'a str,
}

/// The page with its foot. Dark mode and printing are up to the page's own styles.
#[must_use]
pub fn with_foot(html: &str, foot: &Foot<'_>) -> String {
    let digests: Vec<&PageLink> = foot.digests.iter().collect();
    let about: Vec<&PageLink> =
        foot.about.iter().filter(|link| !html.contains(&format!("{}\"", attribute(&link.href)))).collect();
    let added = nav(foot.label, &digests, foot.accent) + &nav(foot.about_label, &about, foot.accent);
    let at = html.rfind(MARK).map(|at| at + MARK.len()).or_else(|| html.rfind("</body>")).unwrap_or(html.len());
    format!("{}{added}{}", &html[..at], &html[at..])
}

fn nav(label: &str, links: &[&PageLink], accent: &str) -> String {
    if links.is_empty() {
        return String::new();
    }
    let link = |link: &&PageLink| {
        format!(
            "<a href=\"{}\" style=\"display: inline-block; padding: 11px 0; margin-inline-end: 18px; color: {accent};\">{}</a>",
            attribute(&link.href),
            escaped(&link.text)
        )
    };
    let links: Vec<String> = links.iter().map(link).collect();
    format!(
        "\n<nav aria-label=\"{}\"><p style=\"margin: 0 0 8px; font-size: 14px; line-height: 22px;\">{}</p></nav>",
        attribute(label),
        links.join(" ")
    )
}

fn attribute(text: &str) -> String {
    escaped(text).replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(href: &str, text: &str) -> PageLink {
        PageLink { href: href.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn the_foot_is_put_where_the_pages_own_begins() {
        let (digests, about) = ([link("2026-11-16", "Earlier <one>")], [link("../privacy", "Privacy")]);
        let foot = Foot { label: "Others", digests: &digests, about_label: "About", about: &about, accent: "#123456" };
        let page = with_foot("<body><p>1<div role=\"contentinfo\"><p>2</p></div></body>", &foot);
        assert!(page.starts_with("<body><p>1<div role=\"contentinfo\">\n<nav aria-label=\"Others\">"), "{page}");
        assert!(
            page.contains("color: #123456;\">Earlier &lt;one&gt;</a></p></nav>\n<nav aria-label=\"About\">"),
            "{page}"
        );
        assert!(page.ends_with("Privacy</a></p></nav><p>2</p></div></body>"), "{page}");
    }

    #[test]
    fn a_page_of_another_template_has_it_at_its_end_and_no_link_twice() {
        let about = [link("../privacy", "Privacy"), link("../accessibility", "Accessibility")];
        let foot = Foot { about: &about, ..Foot::default() };
        let page = with_foot("<body><a href=\"https://example.org/digest/archive/../privacy\">x</a></body>", &foot);
        assert!(page.ends_with("Accessibility</a></p></nav></body>") && !page.contains("Privacy"), "{page}");
        assert_eq!(with_foot("<p>", &Foot::default()), "<p>");
    }
}
