//! A server's answer: its code, its enhanced code (RFC 3463), the command that it came to, and what the outbox does about
//! it. Whose fault it is, the tables of `domain::outbox::bounce` say.

use std::fmt;

use crate::domain::outbox::bounce::{self, Cause, Enhanced, Fault, Finding, Said, Step};

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

impl Command {
    /// The word in records of attempts.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Hello => "greeting",
            Self::StartTls => "starttls",
            Self::Auth => "login",
            Self::Mail => "sender",
            Self::Rcpt => "recipient",
            Self::Data => "data",
            Self::Text | Self::Message => "message",
            Self::Reset => "reset",
        }
    }

    /// What it is to the table of faults.
    #[must_use]
    pub fn step(self) -> Step {
        match self {
            Self::Hello | Self::StartTls | Self::Auth => Step::Opening,
            Self::Rcpt => Step::Recipient,
            Self::Mail | Self::Data | Self::Text | Self::Message | Self::Reset => Step::Other,
        }
    }
}

/// A negative answer. `Display` shows its codes; the words, which may hold an address, are shown by `text` only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// 400 to 599.
    pub code: u16,
    /// As `5.1.1`.
    pub enhanced: Option<Enhanced>,
    /// The server's words, lines joined.
    pub text: String,
}

impl Reply {
    /// Reads the enhanced code at the start of the words.
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

pub(super) fn enhanced(text: &str) -> Option<Enhanced> {
    let mut numbers = text.split_whitespace().next()?.split('.').map(|number| number.parse::<u16>().ok());
    let code = (numbers.next()??, numbers.next()??, numbers.next()??);
    (numbers.next().is_none() && matches!(code.0, 2 | 4 | 5)).then_some(code)
}

/// Whose fault the refusal is, and its cause.
#[must_use]
pub fn finding(command: Command, reply: &Reply) -> Finding {
    let (code, enhanced) = (reply.code, reply.enhanced);
    bounce::weigh(&Said { step: command.step(), code, enhanced, status: None, words: &reply.text })
}

/// Whose fault the refusal is.
#[must_use]
pub fn fault(command: Command, reply: &Reply) -> Fault {
    finding(command, reply).fault
}

/// Whose fault a temporary refusal is that time did not resolve; `None` for a permanent one.
#[must_use]
pub fn last_fault(reply: &Reply) -> Option<Fault> {
    let (code, enhanced) = (reply.code, reply.enhanced);
    let said = Said { step: Step::Report, code, enhanced, status: None, words: &reply.text };
    (code / 100 == 4).then(|| bounce::weigh(&said).fault)
}

/// Whether the server has enough of this connection, and would take more over another: `451 too many mails in this
/// session`, as Yahoo, T-Online and some relays say it without closing.
#[must_use]
pub fn is_session_limit(reply: &Reply) -> bool {
    let text = reply.text.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    reply.code / 100 == 4
        && has(&["session", "connection", "too many messages", "too many mails", "too many emails"])
        && has(&["too many", "limit", "maximum", "max ", "exceeded", "per session", "per connection", "reached"])
        && !has(&["too many connections", "concurrent"])
}

/// What the outbox is to do. A mailbox that is full or switched off is tried again even when the code is permanent: it
/// may be emptied within the days of the ladder. One that seems dead is not, though the words be doubtful.
#[must_use]
pub fn verdict(command: Command, reply: &Reply) -> Verdict {
    match finding(command, reply) {
        _ if reply.code / 100 == 4 => Verdict::Transient,
        Finding { fault: Fault::Person | Fault::Complaint, .. } | Finding { cause: Cause::Dead, .. } => {
            Verdict::Permanent
        }
        Finding { fault: Fault::Soft, .. } => Verdict::Transient,
        Finding { fault: Fault::Ours, .. } => Verdict::Ours,
    }
}

#[cfg(test)]
mod tests {
    use Command::{Auth, Data, Mail, Message, Rcpt};

    use super::*;

    #[test]
    fn a_refusal_is_final_for_the_person_and_never_for_us() {
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
            (Rcpt, 550, "5.2.1 disabled", Verdict::Transient),
            (Rcpt, 550, "5.4.4 no route", Verdict::Permanent),
            (Rcpt, 550, "5.4.1 no answer", Verdict::Transient),
            (Rcpt, 550, "5.4.1 bad route", Verdict::Ours),
            (Rcpt, 550, "4.2.2 contradiction", Verdict::Permanent),
            (Auth, 535, "5.7.8 bad credentials", Verdict::Ours),
            (Mail, 550, "5.1.1 odd, but said", Verdict::Permanent),
            (Data, 554, "no valid recipients", Verdict::Permanent),
            (Rcpt, 550, "5.4.1 Recipient address rejected: Access denied", Verdict::Permanent),
            (Rcpt, 550, "5.5.0 Requested action not taken: mailbox unavailable", Verdict::Permanent),
            (Rcpt, 550, "listed at zen.spamhaus.org", Verdict::Ours),
            (Rcpt, 525, "5.7.13 account disabled", Verdict::Transient),
        ];
        for (command, code, text, expected) in table {
            assert_eq!(verdict(command, &Reply::new(code, text)), expected, "{command} {code} {text}");
        }
    }

    #[test]
    fn a_dislike_of_us_that_was_called_temporary_blames_nobody_when_it_was_the_last_word() {
        let dislike = Reply::new(421, "4.7.0 [TSS04] deferred due to user complaints");
        assert_eq!((fault(Rcpt, &dislike), last_fault(&dislike)), (Fault::Soft, Some(Fault::Ours)));
        assert_eq!(last_fault(&Reply::new(450, "4.2.0 greylisted")), Some(Fault::Soft));
        assert_eq!(last_fault(&Reply::new(550, "5.1.1 unknown")), None);
    }

    #[test]
    fn a_server_that_has_enough_of_a_connection_is_told_from_one_that_has_enough_of_us() {
        for text in
            ["Too many mails in this session", "4.7.0 connection limit reached", "too many messages per connection"]
        {
            assert!(is_session_limit(&Reply::new(451, text)), "{text}");
        }
        for text in ["4.7.1 greylisted", "too many concurrent connections", "4.2.2 mailbox limit reached"] {
            assert!(!is_session_limit(&Reply::new(451, text)), "{text}");
        }
        assert!(!is_session_limit(&Reply::new(550, "too many mails in this session")));
    }

    #[test]
    fn an_enhanced_code_is_three_numbers_of_a_known_class() {
        assert_eq!(Reply::new(550, "5.1.10 x").enhanced, Some((5, 1, 10)));
        for text in ["", "no", "5.1 x", "5.1.1.1", "9.1.1", "192.0.2.1"] {
            assert_eq!(Reply::new(550, text).enhanced, None, "{text}");
        }
    }
}
