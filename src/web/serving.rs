//! The connections under the pages: how many there may be, and how long each may take over what it is at. Whoever sends or
//! reads byte by byte, or holds a connection and asks nothing, is cut off; ordinary visitors are served meanwhile. hyper
//! speaks HTTP/1.1 on each, and the router of the pages answers.

mod pace;
mod places;

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use futures::FutureExt as _;
use futures::future::Shared;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, MissedTickBehavior};

use crate::app::App;
use crate::app::limits::{Prefix, prefix};
use crate::app::reload::Live;
use pace::{Paced, Stage};
use places::{Place, Places};

/// What hyper reads of a request's head before it refuses it, without a page: twice what the pages take, so that whoever
/// is a little above that is told so in words.
const MOST_HEAD_BYTES: usize = 2 * super::answer::HEAD_BYTES;
const MOST_HEADERS: usize = 2 * super::answer::HEADERS;

/// How long nothing is accepted after the system refused to give a connection, mostly for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// How often it is told that it does.
const TELL_EVERY: Duration = Duration::from_secs(60);

/// How much there may be at a time, and how long it may take. The defaults are what holds in operation: none of them
/// depends on the installation, so none is a setting.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Connections open at a time: far above what a page without images needs, and below the 1,024 file descriptors that a
    /// process usually has, of which mails, feeds and the database take some.
    pub connections: usize,
    /// Of these, from one network (as the limits of the pages count networks). This machine and the trusted proxies, which
    /// bring everybody's requests, are not counted.
    pub per_network: usize,
    /// Without a request, before the first or between two: longer than the 60 seconds for which proxies keep an idle
    /// connection, so that it is they who close it, and no request is lost on the way.
    pub idle: Duration,
    /// From the first byte of a request's head to its last.
    pub head: Duration,
    /// For the body of a request; then it is refused with 408.
    pub body: Duration,
    /// For a request with all that it does; then it is given up with 503.
    pub request: Duration,
    /// Until an answer has left: 100 KB in it at 2 KB a second, with what the system takes up at once.
    pub answer: Duration,
    /// For what a visitor still sends that is not read any more, lest they lose the answer (RFC 9112 §9.6).
    pub close: Duration,
    /// Where there is no room, a connection that has been at one step for this long gives its place to a new one.
    pub spare: Duration,
    /// How often connections that take too long are looked for.
    pub look: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: 512,
            per_network: 64,
            idle: Duration::from_secs(75),
            head: Duration::from_secs(10),
            body: Duration::from_secs(10),
            request: Duration::from_secs(15),
            answer: Duration::from_secs(40),
            close: Duration::from_secs(2),
            spare: Duration::from_secs(1),
            look: Duration::from_millis(500),
        }
    }
}

impl Bounds {
    /// How long a connection may be at a step.
    fn of(&self, stage: Stage) -> Duration {
        match stage {
            Stage::Idle => self.idle,
            Stage::Head => self.head,
            // The request ends by its own limit; this is for what could go wrong with that.
            Stage::Request => 2 * self.request,
            Stage::Answer => self.answer,
            Stage::Close => self.close,
        }
    }
}

/// Accepts until `stop`; then what is being asked is answered, for as long as a request may take.
pub(super) async fn serve(
    live: &Live,
    pages: Router,
    listener: TcpListener,
    bounds: Bounds,
    stop: impl Future<Output = ()> + Send + 'static,
) {
    let stop = stop.boxed().shared();
    let places = Arc::new(Places::new(bounds));
    let mut looks = tokio::time::interval(bounds.look);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told: Option<Instant> = None;
    loop {
        let accepted = tokio::select! {
            () = stop.clone() => break,
            _ = looks.tick() => {
                places.cut_late();
                continue;
            }
            accepted = accept(&listener, &places) => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                if let Some(place) = places.take(network(&live.app(), peer.ip())) {
                    tokio::spawn(connection(stream, peer, pages.clone(), place, stop.clone()));
                }
            }
            Err(error) if is_peers_own(&error) => {}
            Err(error) => {
                if told.is_none_or(|at| at.elapsed() >= TELL_EVERY) {
                    tracing::error!("not every connection can be accepted, those that dawdle are closed: {error}");
                    told = Some(Instant::now());
                }
                places.shrink();
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(bounds.request, places.empty()).await.is_err() {
        tracing::warn!("requests that were not answered in time are dropped");
        places.end();
    }
}

async fn accept(listener: &TcpListener, places: &Places) -> std::io::Result<(TcpStream, SocketAddr)> {
    places.room().await;
    listener.accept().await
}

/// The one that a connection counts for; none for whoever may have as many as there are.
fn network(app: &App, peer: IpAddr) -> Option<Prefix> {
    let peer = peer.to_canonical();
    let trusted = &app.config.settings.web.trusted_proxies;
    let is_counted = !peer.is_loopback() && !trusted.iter().any(|network| network.contains(peer));
    is_counted.then(|| prefix(peer))
}

/// The connection was gone before it was taken.
fn is_peers_own(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    pages: Router,
    place: Place,
    stop: Shared<impl Future<Output = ()> + Send>,
) {
    // An answer is written in one piece; that it leaves at once is all that is asked. Without it, it comes a little later.
    let _ = stream.set_nodelay(true);
    let pace = place.pace();
    let service = service_fn(|mut request: hyper::Request<Incoming>| {
        pace.reach(Stage::Request);
        request.extensions_mut().insert(ConnectInfo(peer));
        let answer = TowerToHyperService::new(pages.clone()).call(request);
        answer.inspect(|_| pace.reach(Stage::Answer))
    });
    let io = TokioIo::new(Paced::new(stream, pace));
    let serving = http1::Builder::new()
        // A mail program that posts and says no more is answered all the same.
        .half_close(true)
        .header_read_timeout(None)
        .max_buf_size(MOST_HEAD_BYTES)
        .max_headers(MOST_HEADERS)
        .serve_connection(io, service);
    let mut serving = pin!(serving);
    tokio::select! {
        _ = serving.as_mut() => return,
        () = pace.cut() => return,
        () = stop => {}
    }
    if pace.stage() == Stage::Idle {
        return;
    }
    serving.as_mut().graceful_shutdown();
    tokio::select! {
        // How a visitor broke off is nobody's matter.
        _ = serving.as_mut() => {}
        () = pace.cut() => {}
    }
}
