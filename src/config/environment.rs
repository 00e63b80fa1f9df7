//! The environment's share: `POLICY_DIGEST__MAIL__SMTP__HOST` stands for `mail.smtp.host`. The process's own
//! environment is read here and nowhere else in the program.

use std::collections::BTreeMap;

/// What every variable of ours begins with.
const PREFIX: &str = "POLICY_DIGEST__";

/// The variables that override keys.
#[derive(Debug, Default)]
pub(super) struct Environment(BTreeMap<String, String>);

impl Environment {
    /// Keeps our own variables.
    pub(super) fn new(variables: &[(String, String)]) -> Self {
        Self(variables.iter().filter(|(name, _)| name.starts_with(PREFIX)).cloned().collect())
    }

    /// The name and the value of the variable that overrides the key at `path`, if it is set.
    pub(super) fn find(&self, path: &str) -> Option<(&str, &str)> {
        self.0.get_key_value(&variable(path)).map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The names of the variables that are set.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// The variable for the key at `path`.
pub(super) fn variable(path: &str) -> String {
    format!("{PREFIX}{}", path.to_uppercase().replace('.', "__"))
}

/// The variables of this process.
pub(super) fn of_process() -> Vec<(String, String)> {
    let readable = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
    std::env::vars_os().map(|(name, value)| (readable(name), readable(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_underscores_are_one_level_and_one_is_part_of_the_key() {
        assert_eq!(variable("mail.smtp.password_file"), "POLICY_DIGEST__MAIL__SMTP__PASSWORD_FILE");
    }

    #[test]
    fn only_our_own_variables_are_kept() {
        let variables = [("POLICY_DIGEST__NAME", "x"), ("POLICY_DIGEST_LOG", "x"), ("PATH", "x")];
        let environment = Environment::new(&variables.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(environment.names().collect::<Vec<_>>(), ["POLICY_DIGEST__NAME"]);
    }
}
