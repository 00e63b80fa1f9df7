//! Accepts connections and speaks HTTP/1.1 on each, with the router of the pages behind it. Slow clients are cut off by
//! hyper's timeout for the head of a request, by a write timeout on the stream, and by the limits of the pages for bodies
//! and whole requests. Two things have no ready-made piece and are done here: which connection makes room for a newcomer
//! when all are taken (a semaphore would let 512 idle clients lock everybody else out), and closing without a reset, so
//! that the client can still read a refusal (RFC 9112 §9.6).

use std::future::{Future, poll_fn};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use futures::FutureExt as _;
use futures::future::Shared;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep, timeout};
use tokio_io_timeout::TimeoutStream;

use super::http::bounds::{Bounds, HEAD_BYTES, HEADERS};
use crate::app::App;
use crate::app::operations::reload::Live;
use crate::app::subscribers::rate_limits::{Prefix, prefix};

/// What hyper reads of a request's head before it refuses it without a page: twice what the pages accept, so that a client
/// slightly above their limit gets a page that explains it.
const MOST_HEAD_BYTES: usize = 2 * HEAD_BYTES;
const MOST_HEADERS: usize = 2 * HEADERS;

/// How much is still read, and discarded, from a connection that we close.
const MOST_LEFTOVER_BYTES: u64 = 1024 * 1024;

/// How long to wait after the system could not give us a connection, usually for lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// How often that is logged at most.
const LOG_EVERY: Duration = Duration::from_secs(60);

/// Accepts connections until `stop`, then answers the requests in progress, for as long as a request may take.
pub(super) async fn serve(
    live: &Live,
    pages: Router,
    listener: TcpListener,
    bounds: Bounds,
    stop: impl Future<Output = ()> + Send + 'static,
) {
    let stop = stop.boxed().shared();
    let mut connections = Connections::new(bounds);
    let mut logged: Option<Instant> = None;
    loop {
        let has_room = connections.has_room();
        let accepted = tokio::select! {
            () = stop.clone() => break,
            Some(_) = connections.tasks.join_next() => continue,
            () = sleep(bounds.evict_after), if !has_room => continue,
            accepted = listener.accept(), if has_room => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let network = network(&live.app(), peer.ip());
                if connections.admits(network) {
                    let (pages, stop) = (pages.clone(), stop.clone());
                    connections.spawn(network, |activity| serve_one(stream, peer, pages, bounds, activity, stop));
                }
            }
            Err(error) if is_client_gone(&error) => {}
            Err(error) => {
                if logged.is_none_or(|at| at.elapsed() >= LOG_EVERY) {
                    tracing::error!("cannot accept every connection, so idle ones are closed: {error}");
                    logged = Some(Instant::now());
                }
                connections.evict_a_quarter();
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    if timeout(bounds.request, async { while connections.tasks.join_next().await.is_some() {} }).await.is_err() {
        tracing::warn!("requests that were not answered in time were dropped");
    }
}

/// The network that a connection counts for; `None` for those that are not counted.
fn network(app: &App, peer: IpAddr) -> Option<Prefix> {
    let peer = peer.to_canonical();
    let trusted = &app.config.settings.web.trusted_proxies;
    let is_counted = !peer.is_loopback() && !trusted.iter().any(|network| network.contains(peer));
    is_counted.then(|| prefix(peer))
}

/// The client closed the connection before we accepted it.
fn is_client_gone(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn serve_one(
    stream: TcpStream,
    peer: SocketAddr,
    pages: Router,
    bounds: Bounds,
    activity: Activity,
    stop: Shared<impl Future<Output = ()> + Send>,
) {
    // An answer is written in one piece, so it can leave at once. Where the system refuses, it leaves a little later.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(bounds.write));
    let service = service_fn(|mut request: hyper::Request<Incoming>| {
        activity.renew();
        request.extensions_mut().insert(ConnectInfo(peer));
        TowerToHyperService::new(pages.clone()).call(request).inspect(|_| activity.renew()).boxed()
    });
    let mut serving = http1::Builder::new()
        // A mail program that closes its side after a POST still gets its answer.
        .half_close(true)
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.head)
        .max_buf_size(MOST_HEAD_BYTES)
        .max_headers(MOST_HEADERS)
        .serve_connection(TokioIo::new(Box::pin(stream)), service);
    tokio::select! {
        // An error is the client's doing: it broke off or was too slow.
        _ = poll_fn(|cx| serving.poll_without_shutdown(cx)) => {}
        () = stop => {
            std::pin::Pin::new(&mut serving).graceful_shutdown();
            let _ = serving.await;
            return;
        }
    }
    close(serving.into_parts().io.into_inner(), bounds.close).await;
}

/// Closes our side and reads on until the client closes its own. Closing with unread bytes would reset the connection, and
/// an answer on its way (a 413, say) would be lost.
async fn close(mut stream: impl AsyncRead + AsyncWrite + Unpin, at_most: Duration) {
    // The client may be gone already, or may never close: both end here.
    let _ = stream.shutdown().await;
    let mut leftover = stream.take(MOST_LEFTOVER_BYTES);
    let _ = timeout(at_most, tokio::io::copy(&mut leftover, &mut tokio::io::sink())).await;
}

/// When a connection was accepted, or when its last request arrived or was answered.
#[derive(Debug, Clone)]
struct Activity(Arc<Mutex<Instant>>);

impl Activity {
    fn renew(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn last(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The open connections. Dropping it closes them all.
struct Connections {
    bounds: Bounds,
    tasks: JoinSet<()>,
    open: Vec<Open>,
}

struct Open {
    network: Option<Prefix>,
    activity: Activity,
    task: AbortHandle,
}

impl Connections {
    fn new(bounds: Bounds) -> Self {
        Self { bounds, tasks: JoinSet::new(), open: Vec::new() }
    }

    /// Whether one more may be accepted; closes an inactive one for it if need be.
    fn has_room(&mut self) -> bool {
        self.open.retain(|open| !open.task.is_finished());
        self.open.len() < self.bounds.connections || self.evict(|_| true)
    }

    /// The same for one more from `network`.
    fn admits(&mut self, network: Option<Prefix>) -> bool {
        let is_same = |open: &Open| network.is_some() && open.network == network;
        self.open.iter().filter(|open| is_same(open)).count() < self.bounds.per_network || self.evict(is_same)
    }

    fn spawn<F>(&mut self, network: Option<Prefix>, serve: impl FnOnce(Activity) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let activity = Activity(Arc::new(Mutex::new(Instant::now())));
        let task = self.tasks.spawn(serve(activity.clone()));
        self.open.push(Open { network, activity, task });
    }

    /// Closes the connection that has been inactive the longest; false if none has been so for long enough.
    fn evict(&mut self, among: impl Fn(&Open) -> bool) -> bool {
        let candidates = self.open.iter().enumerate().filter(|(_, open)| among(open));
        match candidates.map(|(index, open)| (open.activity.last(), index)).min() {
            Some((last, index)) if last.elapsed() >= self.bounds.evict_after => {
                self.open.swap_remove(index).task.abort();
                true
            }
            _ => false,
        }
    }

    fn evict_a_quarter(&mut self) {
        let kept = self.open.len() * 3 / 4;
        while self.open.len() > kept && self.evict(|_| true) {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Option<Prefix> = Some((4, 1));
    const THERE: Option<Prefix> = Some((4, 2));

    fn open(connections: &mut Connections, network: Option<Prefix>) -> Activity {
        connections.spawn(network, |_| std::future::pending());
        connections.open.last().unwrap().activity.clone()
    }

    fn is_open(connections: &Connections, activity: &Activity) -> bool {
        connections.open.iter().any(|open| Arc::ptr_eq(&open.activity.0, &activity.0))
    }

    #[tokio::test(start_paused = true)]
    async fn a_network_at_its_limit_gets_one_more_only_in_place_of_its_own_inactive_one() {
        let mut connections = Connections::new(Bounds { per_network: 2, ..Bounds::default() });
        let other = open(&mut connections, THERE);
        let (first, second) = (open(&mut connections, HERE), open(&mut connections, HERE));
        assert!(!connections.admits(HERE), "both are active");
        assert!(connections.admits(THERE) && connections.admits(None));
        tokio::time::advance(Duration::from_millis(900)).await;
        first.renew();
        tokio::time::advance(Duration::from_millis(200)).await;
        assert!(connections.admits(HERE));
        assert!(is_open(&connections, &first) && !is_open(&connections, &second) && is_open(&connections, &other));
    }

    #[tokio::test(start_paused = true)]
    async fn when_all_are_taken_a_newcomer_waits_until_one_ends_or_is_inactive() {
        let mut connections = Connections::new(Bounds { connections: 1, ..Bounds::default() });
        connections.spawn(None, |_| sleep(Duration::from_millis(500)));
        assert!(!connections.has_room());
        connections.tasks.join_next().await.unwrap().unwrap();
        assert!(connections.has_room());
        let inactive = open(&mut connections, None);
        assert!(!connections.has_room());
        tokio::time::advance(Bounds::default().evict_after).await;
        assert!(connections.has_room() && !is_open(&connections, &inactive));
        assert!(connections.tasks.join_next().await.unwrap().unwrap_err().is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn without_file_descriptors_a_quarter_of_the_connections_is_closed() {
        let mut connections = Connections::new(Bounds::default());
        (0..8).for_each(|_| drop(open(&mut connections, None)));
        connections.evict_a_quarter();
        assert_eq!(connections.open.len(), 8, "all are active");
        tokio::time::advance(Bounds::default().evict_after).await;
        connections.evict_a_quarter();
        assert_eq!(connections.open.len(), 6);
    }
}
