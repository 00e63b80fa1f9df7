//! What a server's answer means for a message, from code, enhanced code (RFC 3463) and command, never from its words.
//! Who is suppressed in the end is decided in `domain`.

use std::fmt;

/// What the outbox is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Try again later.
    Transient,
    /// This person's mailbox does not take it, and will not.
    Permanent,
    /// The fault is on our side (configuration, reputation, content): nobody else's messages will fare better.
    Ours,
    /// The server may have taken it: resend the same bytes under the same Message-ID.
    Unknown,
}

/// The step at which an answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// The greeting and EHLO.
    Hello,
    /// STARTTLS.
    StartTls,
    /// AUTH.
    Auth,
    /// MAIL FROM.
    Mail,
    /// RCPT TO.
    Rcpt,
    /// DATA.
    Data,
    /// The message's bytes, before the final dot has left.
    Text,
    /// The final dot: from here on the server may have taken the message.
    Message,
    /// RSET.
    Reset,
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hello => "the greeting",
            Self::StartTls => "STARTTLS",
            Self::Auth => "the log-in",
            Self::Mail => "the sender",
            Self::Rcpt => "the recipient",
            Self::Data => "DATA",
            Self::Text => "the message's text",
            Self::Message => "the message",
            Self::Reset => "RSET",
        })
    }
}

/// A negative answer. `Display` shows its codes; the words, which may hold an address, are shown by `text` only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// 400 to 599.
    pub code: u16,
    /// As `5.1.1`.
    pub enhanced: Option<(u16, u16, u16)>,
    /// The server's words, lines joined.
    pub text: String,
}

impl Reply {
    /// Reads the enhanced code that stands first in the words.
    #[must_use]
    pub fn new(code: u16, text: &str) -> Self {
        Self { code, enhanced: enhanced(text), text: text.to_owned() }
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.enhanced {
            Some((class, subject, detail)) => write!(f, "{} {class}.{subject}.{detail}", self.code),
            None => write!(f, "{}", self.code),
        }
    }
}

fn enhanced(text: &str) -> Option<(u16, u16, u16)> {
    let mut numbers = text.split_whitespace().next()?.split('.').map(|number| number.parse::<u16>().ok());
    let code = (numbers.next()??, numbers.next()??, numbers.next()??);
    (numbers.next().is_none() && matches!(code.0, 2 | 4 | 5)).then_some(code)
}

/// The rules, first match wins. An enhanced code of another class than the reply's is not believed.
#[must_use]
pub fn verdict(command: Command, reply: &Reply) -> Verdict {
    let enhanced = reply.enhanced.filter(|code| code.0 == reply.code / 100);
    let bare = if command == Command::Rcpt { Verdict::Permanent } else { Verdict::Ours };
    match (reply.code, enhanced) {
        (400..=499, _) => Verdict::Transient,
        // Greeting, STARTTLS, log-in: no recipient has been named yet.
        _ if matches!(command, Command::Hello | Command::StartTls | Command::Auth) => Verdict::Ours,
        // RFC 3463 §3.2: bad mailbox, bad system, bad syntax, moved; 5.1.10 is RFC 7505's null MX.
        (_, Some((_, 1, 1 | 2 | 3 | 6 | 10))) => Verdict::Permanent,
        // The sender's address, not the recipient's.
        (_, Some((_, 1, 7 | 8))) => Verdict::Ours,
        // A full mailbox may be emptied; a message that is too long is ours; the rest of 5.2 is the mailbox's state.
        (_, Some((_, 2, 2))) => Verdict::Transient,
        (_, Some((_, 2, 3))) => Verdict::Ours,
        (_, Some((_, 2, _))) => Verdict::Permanent,
        // Unable to route, that is: no such domain. Other network and mail-system states say nothing of the person.
        (_, Some((_, 4, 4))) => Verdict::Permanent,
        // Network, protocol, content, policy.
        (_, Some((_, 3..=7, _))) => Verdict::Ours,
        _ => bare,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_tell_the_person_from_us() {
        use Command::{Auth, Data, Mail, Message, Rcpt};
        let table = [
            (Rcpt, 451, "4.7.1 greylisted", Verdict::Transient),
            (Message, 421, "closing", Verdict::Transient),
            (Rcpt, 550, "5.1.1 no such user", Verdict::Permanent),
            (Rcpt, 550, "no such user", Verdict::Permanent),
            (Rcpt, 556, "5.1.10 null MX", Verdict::Permanent),
            (Message, 554, "refused", Verdict::Ours),
            (Message, 550, "5.1.1 no such user", Verdict::Permanent),
            (Rcpt, 550, "5.1.8 bad sender domain", Verdict::Ours),
            (Rcpt, 550, "5.7.1 spam", Verdict::Ours),
            (Rcpt, 552, "5.2.2 full", Verdict::Transient),
            (Rcpt, 550, "5.2.1 disabled", Verdict::Permanent),
            (Rcpt, 550, "5.4.4 no route", Verdict::Permanent),
            (Rcpt, 550, "5.4.1 no answer", Verdict::Ours),
            (Rcpt, 550, "4.2.2 contradiction", Verdict::Permanent),
            (Auth, 535, "5.7.8 bad credentials", Verdict::Ours),
            (Mail, 550, "5.1.1 odd, but said", Verdict::Permanent),
            (Data, 554, "no valid recipients", Verdict::Ours),
        ];
        for (command, code, text, expected) in table {
            assert_eq!(verdict(command, &Reply::new(code, text)), expected, "{command} {code} {text}");
        }
    }

    #[test]
    fn an_enhanced_code_is_three_numbers_of_a_known_class() {
        assert_eq!(Reply::new(550, "5.1.10 x").enhanced, Some((5, 1, 10)));
        for text in ["", "no", "5.1 x", "5.1.1.1", "9.1.1", "192.0.2.1"] {
            assert_eq!(Reply::new(550, text).enhanced, None, "{text}");
        }
    }
}
