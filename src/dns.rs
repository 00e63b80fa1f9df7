//! Looks up TXT records (SPF, DKIM, DMARC) as a receiver of our email would. Host names are resolved by the modules that
//! connect to them.

use std::net::SocketAddr;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{RData, RecordType};

/// The time limit of one query, including retries.
const LIMIT: Duration = Duration::from_secs(5);

/// Why a query failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system's settings name no usable name server.
    #[error("cannot find out which name server to ask")]
    Unknown(#[source] NetError),
    /// No name server answered the query.
    #[error("no name server answers for `{name}`")]
    Lookup {
        /// The name that was queried.
        name: String,
        /// Why.
        #[source]
        source: NetError,
    },
    /// No name server answered in time.
    #[error("no name server answered for `{0}` in time")]
    Late(String),
}

/// A DNS client.
#[derive(Debug)]
pub struct Dns(TokioResolver);

impl Dns {
    /// A client for this server or, without one, for those in the system's settings.
    ///
    /// # Errors
    /// [`Error::Unknown`].
    pub fn new(server: Option<SocketAddr>) -> Result<Self, Error> {
        let builder = match server {
            Some(server) => {
                let mut one = NameServerConfig::udp_and_tcp(server.ip());
                one.connections.iter_mut().for_each(|connection| connection.port = server.port());
                let config = ResolverConfig::from_name_servers(vec![one]);
                TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
            }
            None => TokioResolver::builder_tokio().map_err(Error::Unknown)?,
        };
        builder.build().map(Self).map_err(Error::Unknown)
    }

    /// The TXT records at a name, each with its strings joined; empty if the name does not exist.
    ///
    /// # Errors
    /// [`Error::Lookup`], [`Error::Late`].
    pub async fn texts(&self, name: &str) -> Result<Vec<String>, Error> {
        // The trailing dot keeps the system's search list from being applied.
        let whole = format!("{}.", name.trim_end_matches('.'));
        let answer = match tokio::time::timeout(LIMIT, self.0.lookup(whole, RecordType::TXT)).await {
            Err(_) => return Err(Error::Late(name.to_owned())),
            Ok(Err(error)) if error.is_nx_domain() || error.is_no_records_found() => return Ok(Vec::new()),
            Ok(Err(source)) => return Err(Error::Lookup { name: name.to_owned(), source }),
            Ok(Ok(answer)) => answer,
        };
        let texts = answer.answers().iter().filter_map(|record| match &record.data {
            RData::TXT(text) => Some(String::from_utf8_lossy(&text.txt_data.concat()).into_owned()),
            _ => None,
        });
        Ok(texts.collect())
    }
}
