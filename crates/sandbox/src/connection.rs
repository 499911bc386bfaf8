//! A handle on a client's socket, for the fault that resets it.

use std::any::Any;
use std::net::TcpStream;
use std::os::fd::AsFd;

use actix_web::dev::Extensions;

/// The socket of a connection, beside the one the server writes to.
pub(crate) struct Connection(TcpStream);

impl Connection {
    /// Keeps a handle with the connection; the server calls it for each.
    pub(crate) fn remember(socket: &dyn Any, extensions: &mut Extensions) {
        let Some(stream) = socket.downcast_ref::<tokio::net::TcpStream>() else { return };
        if let Ok(same) = stream.as_fd().try_clone_to_owned() {
            extensions.insert(Self(same.into()));
        }
    }

    /// Makes closing the socket send a reset instead of an orderly end.
    pub(crate) fn reset_when_closed(&self) {
        let same = self.0.try_clone().and_then(tokio::net::TcpStream::from_std);
        let set = same.and_then(|stream| stream.set_zero_linger());
        if let Err(error) = set {
            tracing::warn!("a connection ends without a reset: {error}");
        }
    }
}
