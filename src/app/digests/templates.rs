//! The administrator's templates: exporting the built-in ones, and checking edited ones.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::app::operations::check::finding::{CheckFinding, Severity};
use crate::config::WORDS;
use crate::domain::catalogue::Languages;
use crate::render::{self, GUIDE, Renderer, TEMPLATES};

/// Writes every built-in template and the guide to them into a folder, and returns the files written. Existing files
/// are overwritten only if `is_forced`; otherwise nothing is written if one of them exists.
///
/// # Errors
/// A file already exists, or cannot be written.
pub fn export(folder: &Path, is_forced: bool) -> anyhow::Result<Vec<PathBuf>> {
    let files = || TEMPLATES.iter().chain(WORDS).chain([&GUIDE]).map(|(name, content)| (folder.join(name), *content));
    let there: Vec<String> =
        files().filter(|(path, _)| path.exists()).map(|(path, _)| format!("`{}`", path.display())).collect();
    if !is_forced && !there.is_empty() {
        anyhow::bail!("nothing was written, because {} exists already; `--force` overwrites", there.join(", "));
    }
    for (path, content) in files() {
        let parent = path.parent().unwrap_or(folder);
        std::fs::create_dir_all(parent).with_context(|| format!("cannot make `{}`", parent.display()))?;
        std::fs::write(&path, content).with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    Ok(files().map(|(path, _)| path).collect())
}

/// Checks the templates; those in `folder` replace built-in ones.
pub(crate) fn findings(folder: Option<&Path>, languages: &Languages) -> Vec<CheckFinding> {
    Renderer::faults(folder, languages).iter().map(|fault| finding(fault, folder)).collect()
}

fn finding(fault: &render::Error, folder: Option<&Path>) -> CheckFinding {
    let own = |file: &str| folder.map(|folder| folder.join(file)).filter(|path| path.is_file());
    let (message, place) = match fault {
        render::Error::Template { file, line, column, what, .. } => {
            (what.clone(), own(file).map(|path| format!("{}:{line}:{column}", path.display())))
        }
        render::Error::Styles { file, source } => {
            let place = own(file).map(|path| path.display().to_string());
            (format!("its styles cannot be inlined: {source}"), place)
        }
        render::Error::Folder(_) => (fault.to_string(), None),
    };
    CheckFinding {
        // A built-in template fails only if an administrator's template lacks something that it needs.
        message: if place.is_some() { message } else { fault.to_string() },
        next: "`policy-digest templates export DIR` writes the built-in templates, and README.md beside them says \
               what each may use"
            .to_owned(),
        place,
        severity: Severity::Mistake,
        phrase: None,
    }
}
