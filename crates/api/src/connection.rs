//! A connection as the server reads it: what comes in, but for addresses of callbacks too long for it.
//!
//! The server's parser refuses an address of more than 64 KiB before any route sees it, with an empty
//! answer. A browser that comes back from an authorization page with one is to see a page, so of such
//! an address the beginning is handed on, which the route refuses for its length, and the connection
//! ends after it. Everything else passes as it came.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How much of the first line of a request to a callback is handed on. More than a callback takes.
const LINE_BYTES_MAX: usize = 40 * 1024;
/// How much of a line is looked at to tell whether it is about a callback.
const BEGINNING_BYTES_MAX: usize = 256;
/// How much of a head that is too long is read and thrown away: a client that is still sending when
/// the connection closes sees a reset instead of the page.
const DISCARDED_BYTES_MAX: usize = 1024 * 1024;
/// What a line that was cut off goes on with.
const END_OF_HEAD: &[u8] = b" HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

/// A client's connection.
pub(crate) struct Connection<Io> {
    io: Io,
    at: At,
}

/// Where in a request the reading is.
enum At {
    /// In the first line, if a request begins where the server last answered.
    Line { beginning: Vec<u8>, length: usize },
    /// Past it, until the server answers.
    Past,
    /// Past the point where the line was cut off: `matched` bytes of the blank line that ends the head
    /// were seen last.
    Cut { discarded: usize, matched: usize },
    /// The rest of the head was read, and the end of the cut line is handed on.
    Ending { given: usize },
    /// Nothing more is handed on.
    Over,
}

impl<Io> Connection<Io> {
    pub(crate) fn new(io: Io) -> Self {
        Self { io, at: At::beginning() }
    }
}

impl At {
    fn beginning() -> Self {
        Self::Line { beginning: Vec::new(), length: 0 }
    }

    /// Looks at what was read; the number of its bytes to hand on.
    fn look(&mut self, read: &[u8]) -> usize {
        let Self::Line { beginning, length } = self else { return read.len() };
        let line = read.iter().position(|byte| *byte == b'\n').unwrap_or(read.len());
        let wanted = BEGINNING_BYTES_MAX.saturating_sub(beginning.len()).min(line);
        beginning.extend_from_slice(&read[..wanted]);
        if *length + line > LINE_BYTES_MAX && is_callback(beginning) {
            let kept = LINE_BYTES_MAX - *length;
            *self = Self::Cut { discarded: 0, matched: 0 };
            self.discard(&read[kept..]);
            return kept;
        }
        *length += line;
        // A line that is too long for the server too is left to it.
        if line < read.len() || *length > LINE_BYTES_MAX {
            *self = Self::Past;
        }
        read.len()
    }

    /// Throws away a part of the head of a request that was cut off.
    fn discard(&mut self, read: &[u8]) {
        const BLANK_LINE: &[u8] = b"\r\n\r\n";
        let Self::Cut { discarded, matched } = self else { return };
        *discarded += read.len();
        for byte in read {
            *matched = match byte {
                byte if *byte == BLANK_LINE[*matched] => *matched + 1,
                b'\r' => 1,
                _ => 0,
            };
            if *matched == BLANK_LINE.len() {
                *self = Self::Ending { given: 0 };
                return;
            }
        }
        if *discarded > DISCARDED_BYTES_MAX {
            *self = Self::Ending { given: 0 };
        }
    }
}

/// Whether the beginning of a request's first line is that of a callback.
fn is_callback(line: &[u8]) -> bool {
    let address = line.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
    let path = address.split(|byte| *byte == b'?').next().unwrap_or_default();
    line.starts_with(b"GET ") && path.split(|byte| *byte == b'/').any(|part| part == b"callback")
}

impl<Io: AsyncRead + Unpin> AsyncRead for Connection<Io> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            match &mut this.at {
                At::Past => return Pin::new(&mut this.io).poll_read(cx, buffer),
                At::Over => return Poll::Ready(Ok(())),
                At::Line { .. } => {
                    let before = buffer.filled().len();
                    ready!(Pin::new(&mut this.io).poll_read(cx, buffer))?;
                    let read = &buffer.filled()[before..];
                    let (read, kept) = (read.len(), this.at.look(read));
                    buffer.set_filled(before + kept);
                    // Nothing at all would say that the client has gone.
                    if kept > 0 || read == 0 {
                        return Poll::Ready(Ok(()));
                    }
                }
                At::Cut { .. } => {
                    let mut thrown_away = [0; 8 * 1024];
                    let mut thrown_away = ReadBuf::new(&mut thrown_away);
                    ready!(Pin::new(&mut this.io).poll_read(cx, &mut thrown_away))?;
                    if thrown_away.filled().is_empty() {
                        this.at = At::Over;
                    }
                    this.at.discard(thrown_away.filled());
                }
                At::Ending { given } => {
                    let left = &END_OF_HEAD[*given..];
                    let fits = left.len().min(buffer.remaining());
                    buffer.put_slice(&left[..fits]);
                    *given += fits;
                    if *given == END_OF_HEAD.len() {
                        this.at = At::Over;
                    }
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }
}

impl<Io: AsyncWrite + Unpin> AsyncWrite for Connection<Io> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = ready!(Pin::new(&mut this.io).poll_write(cx, bytes))?;
        // Only a request that stands where a client waits for an answer is looked at: where a body
        // begins with the words of a callback, the connection ends early, and nothing else happens.
        if matches!(this.at, At::Past) {
            this.at = At::beginning();
        }
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests;
