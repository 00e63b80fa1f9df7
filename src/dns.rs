//! Name servers, asked for texts: what the world is told of our mail (SPF, DKIM, DMARC) is looked up as a receiver
//! looks it up. Addresses of hosts are resolved by whoever dials them.

use std::net::SocketAddr;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{RData, RecordType};

/// One question may take this long, its repetitions included.
const LIMIT: Duration = Duration::from_secs(5);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system's settings name no server that can be used.
    #[error("cannot find out which name server to ask")]
    Unknown(#[source] NetError),
    /// The question was not answered.
    #[error("no name server answers for `{name}`")]
    Lookup {
        /// What was asked for.
        name: String,
        /// Why.
        #[source]
        source: NetError,
    },
    /// Nobody answered in time.
    #[error("no name server has answered for `{0}` in time")]
    Late(String),
}

/// A way to ask.
#[derive(Debug)]
pub struct Dns(TokioResolver);

impl Dns {
    /// Asks this server or, without one, those of the system's settings.
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

    /// The texts (TXT) at a name, each joined from its strings; none where there is no such name.
    ///
    /// # Errors
    /// [`Error::Lookup`], [`Error::Late`].
    pub async fn texts(&self, name: &str) -> Result<Vec<String>, Error> {
        // With its last dot, so that no search list of the system is tried behind it.
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
