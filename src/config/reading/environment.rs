//! Environment variables that override keys: `POLICY_DIGEST__MAIL__SMTP__HOST` sets `mail.smtp.host`. The process's
//! own environment is read here and nowhere else in the program.

use std::collections::BTreeMap;

/// The prefix of every variable that overrides a key.
const PREFIX: &str = "POLICY_DIGEST__";

/// A variable with this prefix is treated as ours, even if misspelled, so that none is silently ignored.
const LIKE_OURS: &str = "POLICY_DIGEST_";

/// The variables that override keys, or were probably meant to.
#[derive(Debug, Default)]
pub(in crate::config) struct Environment(BTreeMap<String, String>);

impl Environment {
    /// Keeps the variables that look like ours.
    pub(in crate::config) fn new(variables: &[(String, String)]) -> Self {
        Self(variables.iter().filter(|(name, value)| is_like_ours(name, value)).cloned().collect())
    }

    /// The name and the value of the variable that overrides the key at `path`, if it is set.
    pub(in crate::config) fn find(&self, path: &str) -> Option<(&str, &str)> {
        self.0.get_key_value(&variable(path)).map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The names of the variables that are set.
    pub(in crate::config) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// The variable for the key at `path`.
pub(in crate::config) fn variable(path: &str) -> String {
    format!("{PREFIX}{}", path.to_uppercase().replace('.', "__"))
}

/// A variable's name without its prefix, in upper case and with single underscores, to compare names that may be
/// mistyped.
pub(in crate::config) fn words(name: &str) -> String {
    let words: Vec<_> = name.split('_').filter(|word| !word.is_empty()).skip(2).collect();
    words.join("_").to_uppercase()
}

fn is_like_ours(name: &str, value: &str) -> bool {
    name.to_uppercase().starts_with(LIKE_OURS) && !is_service_link(name, value)
}

/// Whether Kubernetes set the variable for a service called `policy-digest`: it describes that service to every
/// container (`POLICY_DIGEST_SERVICE_HOST`, `POLICY_DIGEST_PORT=tcp://…`).
fn is_service_link(name: &str, value: &str) -> bool {
    let Some(rest) = name.strip_prefix(LIKE_OURS) else { return false };
    let is_port = rest.starts_with("PORT_") && ["_TCP", "_UDP", "_SCTP"].iter().any(|protocol| rest.contains(protocol));
    rest.starts_with("SERVICE_HOST")
        || rest.starts_with("SERVICE_PORT")
        || is_port
        || (rest == "PORT" && value.contains("://"))
}

/// Whether a variable of this process is set.
#[must_use]
pub fn is_in_environment(name: &str) -> bool {
    std::env::var_os(name).is_some()
}

/// The variables of this process.
pub(in crate::config) fn of_process() -> Vec<(String, String)> {
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

    fn kept(variables: &[(&str, &str)]) -> Vec<String> {
        let variables: Vec<_> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Environment::new(&variables).names().map(str::to_owned).collect()
    }

    #[test]
    fn variables_that_look_like_ours_are_kept_even_if_misspelled() {
        let variables = ["PATH", "POLICY_DIGEST", "POLICY_DIGEST_LOG", "POLICY_DIGEST__NAME", "policy_digest__name"];
        let ours = kept(&variables.map(|name| (name, "x")));
        assert_eq!(ours, ["POLICY_DIGEST_LOG", "POLICY_DIGEST__NAME", "policy_digest__name"]);
    }

    #[test]
    fn variables_that_kubernetes_sets_for_a_service_of_our_name_are_ignored() {
        let link = "tcp://10.0.0.1:80";
        let names = ["PORT", "PORT_80_TCP", "PORT_80_TCP_ADDR", "SERVICE_HOST", "SERVICE_PORT", "SERVICE_PORT_HTTP"];
        assert_eq!(
            kept(&names.map(|name| format!("POLICY_DIGEST_{name}")).each_ref().map(|name| (name.as_str(), link))),
            [""; 0]
        );
        assert_eq!(kept(&[("POLICY_DIGEST_PORT", "8080")]), ["POLICY_DIGEST_PORT"]);
    }
}
