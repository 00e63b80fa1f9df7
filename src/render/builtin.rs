//! The built-in templates, and the guide to them.

/// Every built-in template that an administrator can replace, by its path in `templates_dir`.
pub const TEMPLATES: &[(&str, &str)] = &[
    ("base.html.j2", include_str!("../../templates/base.html.j2")),
    ("base.txt.j2", include_str!("../../templates/base.txt.j2")),
    ("digest/subject.txt.j2", include_str!("../../templates/digest/subject.txt.j2")),
    ("digest/body.txt.j2", include_str!("../../templates/digest/body.txt.j2")),
    ("digest/body.html.j2", include_str!("../../templates/digest/body.html.j2")),
    ("quiet/subject.txt.j2", include_str!("../../templates/quiet/subject.txt.j2")),
    ("quiet/body.txt.j2", include_str!("../../templates/quiet/body.txt.j2")),
    ("quiet/body.html.j2", include_str!("../../templates/quiet/body.html.j2")),
    ("confirm/subject.txt.j2", include_str!("../../templates/confirm/subject.txt.j2")),
    ("confirm/body.txt.j2", include_str!("../../templates/confirm/body.txt.j2")),
    ("confirm/body.html.j2", include_str!("../../templates/confirm/body.html.j2")),
    ("welcome/subject.txt.j2", include_str!("../../templates/welcome/subject.txt.j2")),
    ("welcome/body.txt.j2", include_str!("../../templates/welcome/body.txt.j2")),
    ("welcome/body.html.j2", include_str!("../../templates/welcome/body.html.j2")),
    ("known/subject.txt.j2", include_str!("../../templates/known/subject.txt.j2")),
    ("known/body.txt.j2", include_str!("../../templates/known/body.txt.j2")),
    ("known/body.html.j2", include_str!("../../templates/known/body.html.j2")),
    ("address/subject.txt.j2", include_str!("../../templates/address/subject.txt.j2")),
    ("address/body.txt.j2", include_str!("../../templates/address/body.txt.j2")),
    ("address/body.html.j2", include_str!("../../templates/address/body.html.j2")),
    ("changed/subject.txt.j2", include_str!("../../templates/changed/subject.txt.j2")),
    ("changed/body.txt.j2", include_str!("../../templates/changed/body.txt.j2")),
    ("changed/body.html.j2", include_str!("../../templates/changed/body.html.j2")),
    ("link/subject.txt.j2", include_str!("../../templates/link/subject.txt.j2")),
    ("link/body.txt.j2", include_str!("../../templates/link/body.txt.j2")),
    ("link/body.html.j2", include_str!("../../templates/link/body.html.j2")),
    ("alarm/subject.txt.j2", include_str!("../../templates/alarm/subject.txt.j2")),
    ("alarm/body.txt.j2", include_str!("../../templates/alarm/body.txt.j2")),
    ("alarm/body.html.j2", include_str!("../../templates/alarm/body.html.j2")),
    ("page/base.html.j2", include_str!("../../templates/page/base.html.j2")),
    ("page/public.html.j2", include_str!("../../templates/page/public.html.j2")),
    ("page/message.html.j2", include_str!("../../templates/page/message.html.j2")),
    ("page/sign_up.html.j2", include_str!("../../templates/page/sign_up.html.j2")),
    ("page/archive.html.j2", include_str!("../../templates/page/archive.html.j2")),
    ("page/archives.html.j2", include_str!("../../templates/page/archives.html.j2")),
    ("page/sources.html.j2", include_str!("../../templates/page/sources.html.j2")),
    ("page/privacy.html.j2", include_str!("../../templates/page/privacy.html.j2")),
    ("page/accessibility.html.j2", include_str!("../../templates/page/accessibility.html.j2")),
    ("page/preferences.html.j2", include_str!("../../templates/page/preferences.html.j2")),
    ("page/vote.html.j2", include_str!("../../templates/page/vote.html.j2")),
    ("page/ask_link.html.j2", include_str!("../../templates/page/ask_link.html.j2")),
];

/// The administrators' guide to the templates: its file name and its text.
pub const GUIDE: (&str, &str) = ("README.md", include_str!("../../templates/README.md"));

/// The templates for editors, which cannot be replaced: an editor's page must do what it says.
pub const FOR_EDITORS: &[(&str, &str)] = &[
    ("draft/page.html.j2", include_str!("../../templates/draft/page.html.j2")),
    ("draft/ask.html.j2", include_str!("../../templates/draft/ask.html.j2")),
    ("draft/notice.html.j2", include_str!("../../templates/draft/notice.html.j2")),
    ("draft/notice.txt.j2", include_str!("../../templates/draft/notice.txt.j2")),
    ("draft/outcome.txt.j2", include_str!("../../templates/draft/outcome.txt.j2")),
];

/// The template of the operator's page, which cannot be replaced.
pub(super) const OPERATOR_PAGE: (&str, &str) = ("status.html.j2", include_str!("../../templates/status.html.j2"));
