//! A TCP proxy between a process and a server, which a test cuts, freezes or half closes.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU8, AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the proxy does with bytes and connections.
#[derive(Clone, Copy, PartialEq)]
#[repr(u8)]
pub enum Wire {
    Open,
    /// Connections are closed, and new ones at once.
    Cut,
    /// Nothing passes, and neither end is told.
    Frozen,
}

/// A running proxy; it ends with the test's process.
pub struct Proxy {
    pub port: u16,
    to: Arc<AtomicU16>,
    wire: Arc<AtomicU8>,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Proxy {
    /// To a port on loopback.
    pub fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let own = listener.local_addr().unwrap().port();
        let (wire, to) = (Arc::new(AtomicU8::new(Wire::Open as u8)), Arc::new(AtomicU16::new(port)));
        let open = Arc::new(Mutex::new(Vec::new()));
        let (state, target, streams) = (Arc::clone(&wire), Arc::clone(&to), Arc::clone(&open));
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if state.load(Ordering::SeqCst) == Wire::Cut as u8 {
                    continue;
                }
                let Ok(server) = TcpStream::connect(("127.0.0.1", target.load(Ordering::SeqCst))) else { continue };
                let ends = [(&client, &server), (&server, &client)];
                for (from, to) in ends.map(|(from, to)| (from.try_clone().unwrap(), to.try_clone().unwrap())) {
                    let state = Arc::clone(&state);
                    std::thread::spawn(move || pass(from, to, &state));
                }
                streams.lock().unwrap().extend([client, server]);
            }
        });
        Self { port: own, to, wire, open }
    }

    /// New connections go to another port.
    pub fn lead_to(&self, port: u16) {
        self.to.store(port, Ordering::SeqCst);
    }

    pub fn set(&self, wire: Wire) {
        self.wire.store(wire as u8, Ordering::SeqCst);
        if wire == Wire::Cut {
            self.open.lock().unwrap().drain(..).for_each(|stream| drop(stream.shutdown(Shutdown::Both)));
        }
    }

    /// Closes every connection in one direction: what the process says is not heard any more.
    pub fn half_close(&self) {
        let open = self.open.lock().unwrap();
        open.chunks(2).for_each(|pair| drop(pair[0].shutdown(Shutdown::Read)));
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, wire: &AtomicU8) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut bytes) {
        while wire.load(Ordering::SeqCst) == Wire::Frozen as u8 {
            std::thread::sleep(Duration::from_millis(20));
        }
        if to.write_all(&bytes[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
