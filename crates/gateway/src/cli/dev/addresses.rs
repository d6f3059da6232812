//! Where things listen: on the usual port, or on a free one where somebody else has it.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;

use anyhow::Context;
use stripe_sandbox::{Error, Sandbox};

use crate::cli::sandbox;

/// The usual port of the gateway; any other was chosen by the operator and must be free.
const USUAL_PORT: u16 = 8080;

/// Starts the sandbox on its usual port or a free one, with what it knew the last time.
pub(super) async fn start_sandbox(state: PathBuf) -> anyhow::Result<Sandbox> {
    if let Some(folder) = state.parent() {
        std::fs::create_dir_all(folder)?;
    }
    match on_some_port(Some(state)).await {
        Err(Error::StateInUse { path }) => {
            tracing::warn!(
                file = %path.display(),
                "another sandbox uses this state: this one starts empty and keeps nothing"
            );
            Ok(on_some_port(None).await?)
        }
        started => Ok(started?),
    }
}

async fn on_some_port(state: Option<PathBuf>) -> Result<Sandbox, Error> {
    match sandbox::start(sandbox::PREFERRED_PORT, state.clone()).await {
        Err(Error::Bind { source, .. }) if source.kind() == io::ErrorKind::AddrInUse => {
            sandbox::start(0, state).await
        }
        started => started,
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
