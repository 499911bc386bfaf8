//! A door between the program and its database, to be shut and opened by a test.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What happens to bytes that arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// They go through.
    Open,
    /// Connections are closed, new ones at once.
    Shut,
    /// Connections are kept, and nothing moves: a cable pulled, a host frozen.
    Stalled,
}

/// Listens on loopback and passes everything on to one address, as long as it is open.
pub struct Proxy {
    address: SocketAddr,
    way: watch::Sender<Way>,
}

impl Proxy {
    /// An open door to `target`; it runs as long as the test's runtime.
    ///
    /// # Panics
    /// When loopback has no free port.
    pub async fn open(target: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let (way, watched) = watch::channel(Way::Open);
        tokio::spawn(async move {
            while let Ok((incoming, _)) = listener.accept().await {
                tokio::spawn(pass(incoming, target.clone(), watched.clone()));
            }
        });
        Self { address, way }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on, for connections that are open and for new ones.
    ///
    /// # Panics
    /// When the proxy is gone.
    pub fn set(&self, way: Way) {
        self.way.send(way).expect("the proxy runs as long as the test");
    }
}

/// One connection. It is closed at any change, because bytes under way may be lost in it.
async fn pass(mut incoming: TcpStream, target: String, mut way: watch::Receiver<Way>) {
    let now = *way.borrow_and_update();
    match now {
        Way::Shut => {}
        Way::Stalled => drop(way.changed().await),
        Way::Open => {
            let Ok(mut outgoing) = TcpStream::connect(target).await else { return };
            let closed = tokio::select! {
                _ = copy_bidirectional(&mut incoming, &mut outgoing) => true,
                _ = way.changed() => false,
            };
            if !closed && *way.borrow_and_update() == Way::Stalled {
                drop(way.changed().await);
            }
        }
    }
}
