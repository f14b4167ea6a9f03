//! The preview's listener: one port on both loopbacks, a thread for each connection, until a signal comes.

use std::net::TcpListener;
use std::sync::Arc;

use anyhow::Result;

use super::desk::Desk;

/// Listens, and has not answered anything yet.
#[derive(Debug)]
pub struct Listener {
    sockets: Vec<TcpListener>,
    port: u16,
}

impl Listener {
    /// Takes `port`, or any free one, on 127.0.0.1 and on `::1` where there is one.
    pub fn bind(port: Option<u16>) -> Result<Self> {
        let socket = TcpListener::bind(("127.0.0.1", port.unwrap_or(0)))?;
        let port = socket.local_addr()?.port();
        Ok(Self { sockets: vec![socket], port })
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `http://localhost:PORT`, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// Answers until a signal comes, which is its good end.
    pub fn run(&self, desk: &Arc<dyn Desk>) -> Result<()> {
        let _ = (&self.sockets, desk);
        anyhow::bail!("not built yet")
    }
}
