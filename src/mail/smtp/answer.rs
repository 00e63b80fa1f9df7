//! One answer of a server (RFC 5321 §4.2): bounded in time, a yes only to its own command, and a refusal distinguished from a
//! loss of the connection. What follows from a refusal is `reply`'s.

use std::future::Future;
use std::time::Duration;

use lettre::transport::smtp::response::Response;
use tokio::time::timeout;

use super::stream::Fault;
use crate::mail::Error;
use crate::mail::reply::{Command, Reply};

/// No answer came.
#[derive(Debug, thiserror::Error)]
#[error("nothing came for {}", in_words(*.0))]
pub(super) struct Silence(pub(super) Duration);

fn in_words(time: Duration) -> String {
    if time.subsec_millis() == 0 { format!("{} s", time.as_secs()) } else { format!("{} ms", time.as_millis()) }
}

/// An answer that cannot be one to its command.
#[derive(Debug, thiserror::Error)]
#[error("the answer `{0}` does not belong to it")]
struct Misplaced(u16);

/// What was read is no SMTP, or broke off.
#[derive(Debug, thiserror::Error)]
#[error("the connection was closed, or what came is no answer")]
struct Garbled;

/// What happened to the connection, said once: lettre's words repeat those of their causes.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Broken(String);

impl Broken {
    fn by(error: &lettre::transport::smtp::Error) -> Self {
        let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
        Self(causes.last().map_or_else(|| error.to_string(), ToString::to_string))
    }
}

/// Under the time limit, with a refusal distinguished from a loss of the connection.
pub(super) async fn answered<T>(
    limit: Duration,
    command: Command,
    answer: impl Future<Output = Result<T, lettre::transport::smtp::Error>>,
) -> Result<T, Error> {
    let Ok(answer) = timeout(limit, answer).await else {
        return Err(Error::Lost { command, source: Silence(limit).into() });
    };
    answer.map_err(|error| match error.status() {
        Some(code) => {
            let words = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            Error::Refused { command, reply: Reply::new(code.into(), &words) }
        }
        None if error.is_response() => Error::Lost { command, source: Garbled.into() },
        None if command == Command::Message && is_unsent(&error) => {
            Error::Lost { command: Command::Text, source: Broken::by(&error).into() }
        }
        None => Error::Lost { command, source: Broken::by(&error).into() },
    })
}

fn is_unsent(error: &lettre::transport::smtp::Error) -> bool {
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<std::io::Error>());
    let fault = cause.and_then(std::io::Error::get_ref).and_then(|cause| cause.downcast_ref::<Fault>());
    matches!(fault, Some(Fault::Unsent(_)))
}

/// lettre takes any 2xx or 3xx for a yes. 354 answers DATA and nothing else: where it comes elsewhere, or is
/// missing there, the server and we no longer speak of the same command.
pub(super) fn expected(command: Command, response: Response) -> Result<Response, Error> {
    let code: u16 = response.code().into();
    match (command, code) {
        (Command::Data, 300..=399) => Ok(response),
        (Command::Data, 200..=299) | (_, 300..=399) => Err(Error::Lost { command, source: Misplaced(code).into() }),
        (_, 200..=299) => Ok(response),
        _ => {
            let words = response.message().collect::<Vec<_>>().join(" ");
            Err(Error::Refused { command, reply: Reply::new(code, &words) })
        }
    }
}

/// RFC 5321 §3.8: a server that says 421, to whatever, closes the connection.
pub(super) fn is_closing(error: &Error) -> bool {
    matches!(error, Error::Refused { reply, .. } if reply.code == 421)
}
