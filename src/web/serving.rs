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

use super::http::bounds::{Bounds, HEAD_BYTES, HEADERS};
use crate::app::App;
use crate::app::operations::reload::Live;
use crate::app::subscribers::rate_limits::{Prefix, prefix};
use pace::{Paced, Stage};
use places::{Place, Places};

/// What hyper reads of a request's head before it refuses it, without a page: twice what the pages take, so that whoever
/// is a little above that is told so in words.
const MOST_HEAD_BYTES: usize = 2 * HEAD_BYTES;
const MOST_HEADERS: usize = 2 * HEADERS;

/// How long nothing is accepted after the system refused to give a connection, mostly for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// How often it is told that it does.
const TELL_EVERY: Duration = Duration::from_secs(60);

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
