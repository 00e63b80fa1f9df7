//! Questions to the person at the terminal, if there is one.

use std::io::{self, IsTerminal as _, Write as _};

use crate::app::Advised;

/// Whether somebody can answer.
pub(crate) fn is_somebody_there() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks a question; Enter means yes.
pub(crate) fn agrees(question: &str) -> io::Result<bool> {
    Ok(is_yes(&answer(&format!("{question} [Y/n] "))?))
}

/// Asks before something that cannot be undone; Enter means no.
///
/// # Errors
/// There is no terminal, or it fails.
pub(crate) fn confirms(question: &str) -> anyhow::Result<bool> {
    if !is_somebody_there() {
        let message = format!("there is no terminal to ask on: {question}");
        return Err(Advised::usage(message, "add `--yes` to skip the question").into());
    }
    let answer = answer(&format!("{question} [y/N] "))?;
    Ok(!answer.trim().is_empty() && is_yes(&answer))
}

/// Asks for a number from 1 to `most`; any other answer is `None`.
pub(crate) fn which(question: &str, most: usize) -> io::Result<Option<usize>> {
    let number = answer(&format!("{question} [1-{most}, Enter for none] "))?;
    Ok(number.trim().parse().ok().filter(|number| (1..=most).contains(number)))
}

fn answer(question: &str) -> io::Result<String> {
    let mut line = String::new();
    let mut shown = io::stderr();
    shown.write_all(question.as_bytes())?;
    shown.flush()?;
    if io::stdin().read_line(&mut line)? == 0 {
        // The end of the input does not mean yes.
        return Ok("no".to_owned());
    }
    Ok(line)
}

fn is_yes(answer: &str) -> bool {
    let answer = answer.trim().to_lowercase();
    matches!(answer.as_str(), "" | "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::is_yes;

    #[test]
    fn enter_is_yes_and_anything_unclear_is_no() {
        assert!(["\n", "Y\n", "yes\r\n", ""].into_iter().all(is_yes));
        assert!(!["n\n", "no\n", "what?\n", "q"].into_iter().any(is_yes));
    }
}
