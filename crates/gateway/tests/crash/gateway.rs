//! One life of a gateway: a child process from its start to its end.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::sync::oneshot;

use crate::rest::{GRAIN, eventually};

/// Another service of the deployment knows this one.
pub(crate) const INTERNAL_SECRET: &str = "FAKE-internal-secret-of-the-crash-test-0123";
/// What no webhook told is found within this time.
const RECONCILE_INTERVAL_S: &str = "10";
/// A start or a stop that takes longer failed, also on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// Killed when it is dropped.
pub(crate) struct Gateway {
    child: Child,
    begun: Instant,
    listens: Option<oneshot::Receiver<SocketAddr>>,
}

/// How a start went.
pub(crate) enum Start {
    /// It serves there.
    Ready(SocketAddr),
    /// It ended by itself, as it does when its database does not answer.
    Ended,
}

/// What every gateway of a run shares.
pub(crate) struct Site {
    /// Working directory: the secrets that development generates, and the logs.
    pub(crate) folder: PathBuf,
    pub(crate) database_url: String,
    pub(crate) stripe_url: String,
    pub(crate) public_url: String,
}

impl Site {
    /// Starts `tillgate serve` on a free port, as an operator would, but without request budgets.
    pub(crate) fn start(&self, slot: usize) -> Gateway {
        let begun = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_tillgate"))
            .arg("serve")
            .env_clear()
            .env("BIND_ADDR", "127.0.0.1:0")
            .env("INTERNAL_SECRETS", INTERNAL_SECRET)
            .env("RATE_LIMIT_SCALE", "0")
            .env("RECONCILE_INTERVAL_SECONDS", RECONCILE_INTERVAL_S)
            .env("LOG_FORMAT", "json")
            .env("DATABASE_URL", &self.database_url)
            .env("STRIPE_API_BASE", &self.stripe_url)
            .env("PUBLIC_URL", &self.public_url)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the gateway's binary");
        let stderr = child.stderr.take().unwrap();
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.folder.join(format!("gateway-{slot}.log")))
            .unwrap();
        let (found, listens) = oneshot::channel();
        // Ends with the process. Drained all the time: a full pipe would stop it.
        std::thread::spawn(move || keep_log(stderr, log, found));
        Gateway {
            child,
            begun,
            listens: Some(listens),
        }
    }
}

impl Gateway {
    /// Waits until `/readyz` answers 200, or until the process ends.
    pub(crate) async fn ready(&mut self, http: &reqwest::Client) -> Start {
        let listens = self.listens.take().expect("waited for once");
        // Its end closes the log, and with it the channel.
        let Ok(address) = listens.await else {
            self.child.wait().unwrap();
            return Start::Ended;
        };
        while !is_ready(http, address).await {
            if self.has_ended() {
                return Start::Ended;
            }
            assert!(
                self.begun.elapsed() < PATIENCE,
                "the gateway is never ready"
            );
            tokio::time::sleep(GRAIN).await;
        }
        Start::Ready(address)
    }

    /// Whether it ended without being told to.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end and waits for that.
    pub(crate) async fn stop(mut self) -> ExitStatus {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
        eventually("the gateway stops", PATIENCE, GRAIN, async || {
            self.has_ended()
        })
        .await;
        self.child.wait().unwrap()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether a gateway says that it can serve.
pub(crate) async fn is_ready(http: &reqwest::Client, address: SocketAddr) -> bool {
    let answer = http.get(format!("http://{address}/readyz")).send().await;
    answer.is_ok_and(|answer| answer.status() == 200)
}

fn keep_log(stderr: ChildStderr, mut log: File, found: oneshot::Sender<SocketAddr>) {
    let mut found = Some(found);
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        if line.contains("\"listening\"")
            && let Ok(Value::Object(fields)) = serde_json::from_str(&line)
            && let Some(address) = fields["address"].as_str()
            && let Some(found) = found.take()
        {
            // Nobody waits where it is killed while it starts.
            let _ = found.send(address.parse().unwrap());
        }
        let _ = writeln!(log, "{line}");
    }
}
