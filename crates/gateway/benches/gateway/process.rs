//! A gateway as a process of its own: how fast it starts, what it keeps in memory, what processor time it takes.

use std::net::{SocketAddr, TcpListener};
use std::process::Child;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};

use crate::http::{self, Connection};
use crate::place::Place;

/// A start or a stop that takes longer failed.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a starting gateway is asked, and so the grain of the start-up time.
const POLL: Duration = Duration::from_millis(1);
/// Linux counts processor time in hundredths of a second (`USER_HZ`; man 5 proc).
const CPU_TICK: Duration = Duration::from_millis(10);

/// Killed when it is dropped without [`Gateway::stop`].
pub(crate) struct Gateway {
    child: Child,
    pub(crate) address: SocketAddr,
    /// From the start of the process to the first 200 of `/readyz`.
    pub(crate) started_in: Duration,
}

impl Gateway {
    pub(crate) async fn start(place: &Place, stripe_url: &str) -> anyhow::Result<Self> {
        // Somebody else could take the port before the gateway does; then the start fails and says so.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = place.serve(&address.to_string(), stripe_url)?;
        let begun = Instant::now();
        let mut gateway = Self {
            child: command.spawn().context("TILLGATE_BIN does not start")?,
            address,
            started_in: Duration::ZERO,
        };
        while !is_ready(address).await {
            if let Some(status) = gateway.child.try_wait()? {
                bail!("the gateway ended with {status}: {}", place.last_log_line());
            }
            ensure!(
                begun.elapsed() < PATIENCE,
                "the gateway is never ready: {}",
                place.last_log_line()
            );
            tokio::time::sleep(POLL).await;
        }
        gateway.started_in = begun.elapsed();
        Ok(gateway)
    }

    /// Resident memory now, in KiB (`VmRSS`; man 5 proc).
    pub(crate) fn resident_kib(&self) -> anyhow::Result<u64> {
        let status = self.proc("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
        Ok(kib.context("no VmRSS")?.trim().parse()?)
    }

    /// Processor time so far, user and system.
    pub(crate) fn cpu_time(&self) -> anyhow::Result<Duration> {
        let stat = self.proc("stat")?;
        // The second field is the name in brackets; utime and stime are the fields 14 and 15.
        let (_, after_name) = stat.rsplit_once(')').context("no name")?;
        let ticks = after_name
            .split_whitespace()
            .skip(11)
            .take(2)
            .map(str::parse::<u32>);
        let ticks: Vec<u32> = ticks.collect::<Result<_, _>>()?;
        Ok(CPU_TICK * ticks.iter().sum())
    }

    /// Asks it to end and waits for that.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        let begun = Instant::now();
        while self.child.try_wait()?.is_none() {
            ensure!(begun.elapsed() < PATIENCE, "the gateway does not stop");
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }

    fn proc(&self, file: &str) -> anyhow::Result<String> {
        Ok(std::fs::read_to_string(format!(
            "/proc/{}/{file}",
            self.child.id()
        ))?)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn is_ready(address: SocketAddr) -> bool {
    let Ok(mut http) = Connection::open(address).await else {
        return false;
    };
    http.send(http::get("/readyz"))
        .await
        .is_ok_and(|reply| reply.status == 200)
}
