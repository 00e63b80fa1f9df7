//! The administrator's templates: the built-in ones written out to be changed, and what is wrong with the changed ones.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::app::operations::check::finding::{CheckFinding, Severity};
use crate::render::{self, GUIDE, Renderer, TEMPLATES};

/// Writes every built-in template into a folder, with the guide to them, and says which files it wrote. Files that
/// are there already are overwritten only by force; without it, nothing is written if there is one.
///
/// # Errors
/// A file is there already, or cannot be written.
pub fn export(folder: &Path, is_forced: bool) -> anyhow::Result<Vec<PathBuf>> {
    let files = || TEMPLATES.iter().chain([&GUIDE]).map(|(name, content)| (folder.join(name), *content));
    let there: Vec<String> =
        files().filter(|(path, _)| path.exists()).map(|(path, _)| format!("`{}`", path.display())).collect();
    if !is_forced && !there.is_empty() {
        anyhow::bail!("nothing was written, since there is {} already; `--force` overwrites", there.join(", "));
    }
    for (path, content) in files() {
        let parent = path.parent().unwrap_or(folder);
        std::fs::create_dir_all(parent).with_context(|| format!("cannot make `{}`", parent.display()))?;
        std::fs::write(&path, content).with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    Ok(files().map(|(path, _)| path).collect())
}

/// What is wrong with the templates, those in `folder` before the built-in ones.
pub(crate) fn findings(folder: Option<&Path>) -> Vec<CheckFinding> {
    Renderer::faults(folder).iter().map(|fault| finding(fault, folder)).collect()
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
        // A built-in template fails only where one of the administrator's leaves out what it relies on.
        message: if place.is_some() { message } else { fault.to_string() },
        next: "`policy-digest templates export DIR` writes the built-in templates, and README.md beside them says \
               what each may use"
            .to_owned(),
        place,
        severity: Severity::Mistake,
        phrase: None,
    }
}
