//! PostgreSQL under the executor: a synchronous client, which must not run on a thread of the runtime, and the statements
//! that it has prepared. A statement is prepared when it first runs, with the types of its values: integers, booleans and
//! times are INT8.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::rc::Rc;

use postgres::error::{DbError, Severity};
use postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use postgres::{Client, Row, Statement};

use super::values::{Key, Stored, Value};
use super::{Params, Result, SqlError};

/// A session on a server.
pub(in crate::store::database) struct Server {
    client: RefCell<Client>,
    prepared: RefCell<HashMap<String, Prepared>>,
    is_in_transaction: Cell<bool>,
    /// The server has said that it ends the session.
    is_ended: Cell<bool>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Server(…)")
    }
}

/// A prepared statement, with the names of its parameters in their order on the server; numbered ones have none.
#[derive(Clone)]
struct Prepared {
    statement: Statement,
    names: Rc<[String]>,
}

/// All writers of a database take this lock, one after the other, as SQLite has it.
const WRITERS: i64 = 0x5044_6967_0001;

impl Server {
    pub(in crate::store::database) fn new(client: Client) -> Self {
        Self {
            client: RefCell::new(client),
            prepared: RefCell::default(),
            is_in_transaction: false.into(),
            is_ended: false.into(),
        }
    }

    /// Whether the session has ended: a lost connection, or the server said so.
    pub(super) fn is_over(&self) -> bool {
        self.is_ended.get() || self.client.try_borrow().is_ok_and(|client| client.is_closed())
    }

    pub(super) fn is_in_transaction(&self) -> bool {
        self.is_in_transaction.get()
    }

    pub(super) fn batch(&self, text: &str) -> Result<()> {
        self.noted(self.client.borrow_mut().batch_execute(text))
    }

    /// Notes an error that ends the session: the driver itself finds that out only later.
    fn noted<T>(&self, done: std::result::Result<T, postgres::Error>) -> Result<T> {
        let is_fatal = |error: &postgres::Error| {
            let severity = error.as_db_error().and_then(DbError::parsed_severity);
            error.is_closed() || matches!(severity, Some(Severity::Fatal | Severity::Panic))
        };
        if done.as_ref().is_err_and(is_fatal) {
            self.is_ended.set(true);
        }
        Ok(done?)
    }

    /// The lock comes first, in a statement of its own: what is read afterwards is what the writer before has committed.
    pub(super) fn begin(&self) -> Result<()> {
        self.is_in_transaction.set(true);
        self.batch(&format!("BEGIN; SELECT pg_advisory_xact_lock({WRITERS})"))
    }

    pub(super) fn end(&self, how: &str) -> Result<()> {
        let ended = self.batch(how);
        self.is_in_transaction.set(ended.is_err() && how == "COMMIT");
        ended
    }

    pub(super) fn execute(&self, text: &str, values: impl Params) -> Result<usize> {
        self.run(text, values, |client, statement, values| client.execute(statement, values))
            .map(|rows| usize::try_from(rows).unwrap_or(usize::MAX))
    }

    pub(super) fn query(&self, text: &str, values: impl Params) -> Result<Vec<Row>> {
        self.run(text, values, |client, statement, values| client.query(statement, values))
    }

    fn run<T>(
        &self,
        text: &str,
        values: impl Params,
        work: impl FnOnce(&mut Client, &Statement, &[&(dyn ToSql + Sync)]) -> std::result::Result<T, postgres::Error>,
    ) -> Result<T> {
        let mut given = Vec::new();
        values.each(&mut |key, value| {
            given.push((key, value));
            Ok(())
        })?;
        let known = self.prepared.borrow().get(text).cloned();
        let prepared = match known {
            Some(known) => known,
            None => self.prepare(text, &given)?,
        };
        let ordered = ordered(&prepared.names, &given)?;
        let ordered: Vec<&(dyn ToSql + Sync)> = ordered.iter().map(|value| value as _).collect();
        self.noted(work(&mut self.client.borrow_mut(), &prepared.statement, &ordered))
    }

    pub(super) fn close(self) -> Result<()> {
        Ok(self.client.into_inner().close()?)
    }

    fn prepare(&self, text: &str, given: &[(Key<'_>, Value<'_>)]) -> Result<Prepared> {
        let (numbered, names) = numbered(text);
        let types: Vec<Type> = ordered(&names, given)?.iter().map(type_of).collect();
        let statement = self.noted(self.client.borrow_mut().prepare_typed(&numbered, &types))?;
        let prepared = Prepared { statement, names: names.into() };
        self.prepared.borrow_mut().insert(text.to_owned(), prepared.clone());
        Ok(prepared)
    }
}

/// The values in the order of the server's parameters.
fn ordered<'a>(names: &[String], given: &[(Key<'_>, Value<'a>)]) -> Result<Vec<Value<'a>>> {
    if names.is_empty() {
        return Ok(given.iter().map(|(_, value)| *value).collect());
    }
    let find = |name: &String| {
        let named = given.iter().find(|(key, _)| matches!(key, Key::Name(known) if known == name));
        named.map(|(_, value)| *value).ok_or_else(|| SqlError::parameter(name))
    };
    names.iter().map(find).collect()
}

/// A statement with `$1` for `?1` and for the first name, and the names in that order. What is in quotation marks stays.
fn numbered(text: &str) -> (String, Vec<String>) {
    let mut numbered = String::with_capacity(text.len());
    let mut names: Vec<String> = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['\'', '?', ':']) {
        numbered.push_str(&rest[..at]);
        let from = &rest[at..];
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let word = from[1..].find(|c| !is_word(c)).map_or(from.len(), |end| end + 1);
        rest = match from.as_bytes()[0] {
            b'\'' => {
                let end = from[1..].find('\'').map_or(from.len(), |end| end + 2);
                numbered.push_str(&from[..end]);
                &from[end..]
            }
            b'?' => {
                numbered.push('$');
                &from[1..]
            }
            _ if word > 1 => {
                let name = &from[..word];
                let known = names.iter().position(|known| known == name).unwrap_or_else(|| {
                    names.push(name.to_owned());
                    names.len() - 1
                });
                numbered.push_str(&format!("${}", known + 1));
                &from[word..]
            }
            _ => {
                numbered.push(':');
                &from[1..]
            }
        };
    }
    numbered.push_str(rest);
    (numbered, names)
}

fn type_of(value: &Value<'_>) -> Type {
    match value {
        Value::Integer(_) => Type::INT8,
        Value::Real(_) => Type::FLOAT8,
        Value::Text(_) => Type::TEXT,
        Value::Bytes(_) => Type::BYTEA,
    }
}

impl ToSql for Value<'_> {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut bytes::BytesMut,
    ) -> std::result::Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Integer(value) => value.to_sql(kind, out),
            Self::Real(value) => value.to_sql(kind, out),
            // A text column holds every character but this one.
            Self::Text(Some(value)) if value.contains('\0') => value.replace('\0', "\u{fffd}").to_sql(kind, out),
            Self::Text(value) => value.to_sql(kind, out),
            Self::Bytes(value) => value.to_sql(kind, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Stored<'a> {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> std::result::Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(match *kind {
            Type::INT8 => Self::Integer(i64::from_sql(kind, raw)?),
            Type::INT4 => Self::Integer(i32::from_sql(kind, raw)?.into()),
            Type::BOOL => Self::Integer(bool::from_sql(kind, raw)?.into()),
            Type::FLOAT8 => Self::Real(f64::from_sql(kind, raw)?),
            Type::BYTEA => Self::Bytes(raw),
            _ => Self::Text(raw),
        })
    }

    fn from_sql_null(_: &Type) -> std::result::Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self::Null)
    }

    fn accepts(kind: &Type) -> bool {
        let known =
            [Type::INT8, Type::INT4, Type::BOOL, Type::FLOAT8, Type::BYTEA, Type::TEXT, Type::VARCHAR, Type::NAME];
        known.contains(kind)
    }
}

#[cfg(test)]
mod tests {
    use super::numbered;

    #[test]
    fn parameters_are_numbered_and_what_is_quoted_stays() {
        let (text, names) = numbered("SELECT ':a ?1' || :b, :a, :b || ':', CAST(x AS TEXT), ?2");
        assert_eq!(text, "SELECT ':a ?1' || $1, $2, $1 || ':', CAST(x AS TEXT), $2");
        assert_eq!(names, [":b", ":a"]);
    }
}
