//! Where things listen: on the usual port, or on a free one where somebody else has it.

use std::io;
use std::net::{SocketAddr, TcpListener};

use anyhow::Context;
use stripe_sandbox::{Error, Sandbox};

use crate::cli::sandbox;

/// The usual port of the gateway; any other was chosen by the operator and must be free.
const USUAL_PORT: u16 = 8080;

/// Starts the sandbox on its usual port or a free one.
pub(super) async fn start_sandbox() -> anyhow::Result<Sandbox> {
    match sandbox::start(sandbox::PREFERRED_PORT).await {
        Err(Error::Bind { source, .. }) if source.kind() == io::ErrorKind::AddrInUse => {
            Ok(sandbox::start(0).await?)
        }
        started => Ok(started?),
    }
}

/// Listens for the gateway.
pub(super) fn listen(bind_addr: SocketAddr) -> anyhow::Result<TcpListener> {
    match TcpListener::bind(bind_addr) {
        Err(error)
            if error.kind() == io::ErrorKind::AddrInUse && bind_addr.port() == USUAL_PORT =>
        {
            Ok(TcpListener::bind(SocketAddr::new(bind_addr.ip(), 0))?)
        }
        bound => bound.with_context(|| format!("cannot listen on BIND_ADDR {bind_addr}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_usual_port_may_move() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let chosen = taken.local_addr().unwrap();
        assert!(listen(chosen).is_err());
        // Whether this test or another process has 8080 by now, the second attempt finds it taken.
        let usual = SocketAddr::new(chosen.ip(), USUAL_PORT);
        let (first, second) = (listen(usual).unwrap(), listen(usual).unwrap());
        assert_ne!(first.local_addr().unwrap(), second.local_addr().unwrap());
    }
}
