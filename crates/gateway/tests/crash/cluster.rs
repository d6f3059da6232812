//! A PostgreSQL server of the test's own, which can be killed without asking. `fsync` is on.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::rest::GRAIN;

/// Debian's place for every version.
const VERSIONS: &str = "/usr/lib/postgresql";
/// A start that takes longer failed; recovery and a busy machine included.
const START_WITHIN: Duration = Duration::from_mins(1);
/// Before a refused start is tried again.
const AGAIN: Duration = Duration::from_millis(100);
/// Below what the kernel hands out, so that the port is still free after a kill.
const PORTS: std::ops::Range<u16> = 10_000..20_000;
const PASSWORD: &str = "FAKE-password-of-a-throw-away-server";

/// How a server ends.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Death {
    /// `kill -9` of the postmaster; its orphans notice by themselves.
    Kill,
    /// `pg_ctl stop -m immediate`.
    Immediate,
    /// `kill -9` of one of its processes, as when memory runs out: PostgreSQL throws everybody out and recovers by itself.
    Process,
}

/// The server looks after a killed process at once, also on a busy machine.
const MOURNS_WITHIN: Duration = Duration::from_secs(10);
/// In the log when clients may come.
const READY: &str = "ready to accept connections";

/// Stopped and removed when it is dropped.
pub(crate) struct Cluster {
    bin: PathBuf,
    folder: TempDir,
    /// The program that becomes the server's user, where we are root.
    as_owner: Vec<String>,
    port: u16,
    server: Child,
}

impl Cluster {
    /// Makes an empty cluster and starts its server.
    pub(crate) async fn start(seed: u64) -> Self {
        let bin = newest_bin();
        // `scripts/with-postgres` removes what a killed run of it left; the same name lets it do so here.
        let folder = TempDir::with_prefix("tillgate-pg.").unwrap();
        let as_owner = owner(folder.path());
        init(&bin, folder.path(), &as_owner);
        let span = u64::from(PORTS.end - PORTS.start);
        for attempt in 0..10 {
            let offset =
                (seed.wrapping_mul(31) + attempt * 97 + u64::from(std::process::id())) % span;
            let port = PORTS.start + u16::try_from(offset).unwrap_or(0);
            if let Some(server) = start(&bin, folder.path(), &as_owner, port).await {
                return Self {
                    bin,
                    folder,
                    as_owner,
                    port,
                    server,
                };
            }
        }
        panic!("PostgreSQL does not start: {}", log(folder.path()));
    }

    pub(crate) fn url(&self) -> String {
        format!(
            "postgres://tillgate:{PASSWORD}@127.0.0.1:{}/postgres",
            self.port
        )
    }

    /// Kills the server and starts it again at once. Says how long it was away.
    pub(crate) async fn restart(&mut self, death: Death) -> Duration {
        let begun = Instant::now();
        let postmaster = Pid::from_child(&self.server);
        match death {
            Death::Kill => kill_process(postmaster, Signal::KILL).unwrap(),
            Death::Immediate => kill_process(postmaster, Signal::QUIT).unwrap(),
            Death::Process => return self.recover_from_a_killed_child(postmaster).await,
        }
        while self.server.try_wait().unwrap().is_none() {
            assert!(
                begun.elapsed() < START_WITHIN,
                "the postmaster does not die"
            );
            tokio::time::sleep(GRAIN).await;
        }
        // Orphans of the old postmaster hold its shared memory for a moment, and the new one refuses to start.
        while begun.elapsed() < START_WITHIN {
            let (bin, folder) = (&self.bin, self.folder.path());
            if let Some(server) = start(bin, folder, &self.as_owner, self.port).await {
                self.server = server;
                return begun.elapsed();
            }
            tokio::time::sleep(AGAIN).await;
        }
        panic!("PostgreSQL does not come back: {}", log(self.folder.path()));
    }
}

impl Cluster {
    /// Whether the server says that this process was killed.
    async fn mourns(&self, victim: Pid) -> bool {
        let words = format!(
            "(PID {}) was terminated by signal 9",
            victim.as_raw_nonzero()
        );
        let begun = Instant::now();
        while begun.elapsed() < MOURNS_WITHIN {
            if log(self.folder.path()).contains(&words) {
                return true;
            }
            tokio::time::sleep(GRAIN).await;
        }
        false
    }

    async fn recover_from_a_killed_child(&mut self, postmaster: Pid) -> Duration {
        let mut begun = Instant::now();
        let readies = |folder: &Path| log(folder).matches(READY).count();
        let before = readies(self.folder.path());
        // It may have ended by itself a moment ago; until its parent has buried it, it can still be killed, to no effect.
        loop {
            let victim = youngest_child(postmaster);
            if kill_process(victim, Signal::KILL).is_ok() && self.mourns(victim).await {
                break;
            }
            begun = Instant::now();
        }
        while readies(self.folder.path()) == before {
            let ended = self.server.try_wait().unwrap();
            assert!(
                ended.is_none(),
                "the postmaster died of it: {}",
                log(self.folder.path())
            );
            assert!(
                begun.elapsed() < START_WITHIN,
                "{}",
                log(self.folder.path())
            );
            tokio::time::sleep(GRAIN).await;
        }
        begun.elapsed()
    }
}

/// Mostly somebody's session; the server's own helpers were there first.
fn youngest_child(of: Pid) -> Pid {
    let of = of.as_raw_nonzero();
    let children = std::fs::read_to_string(format!("/proc/{of}/task/{of}/children")).unwrap();
    let youngest = children.split_whitespace().last();
    let raw = youngest.and_then(|pid| pid.parse().ok());
    raw.and_then(Pid::from_raw)
        .expect("a running server has processes")
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = kill_process(Pid::from_child(&self.server), Signal::QUIT);
        let _ = self.server.wait();
    }
}

fn newest_bin() -> PathBuf {
    let versions = std::fs::read_dir(VERSIONS).expect("PostgreSQL: run scripts/ensure postgres");
    let version = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = versions
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("bin/initdb").exists())
        .max_by_key(|path| version(path));
    newest.expect("a PostgreSQL server").join("bin")
}

/// PostgreSQL refuses to run as root: then the folder is given to somebody else, and the server to them.
/// If this process is killed outright, the kernel still stops the server.
fn owner(folder: &Path) -> Vec<String> {
    let mut words = vec!["setpriv".to_owned(), "--pdeathsig=INT".to_owned()];
    if rustix::process::geteuid().is_root() {
        let is_user = |name: &str| {
            let mut id = Command::new("id");
            id.arg("-u")
                .arg(name)
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            id.status().is_ok_and(|status| status.success())
        };
        let name = if is_user("postgres") {
            "postgres"
        } else {
            "nobody"
        };
        let group = Command::new("id").args(["-g", name]).output().unwrap();
        let group = String::from_utf8(group.stdout).unwrap();
        words.push(format!("--reuid={name}"));
        words.push(format!("--regid={}", group.trim()));
        words.push("--clear-groups".to_owned());
        let owned = Command::new("chown").arg(name).arg(folder).status();
        assert!(
            owned.unwrap().success(),
            "the folder cannot be given to {name}"
        );
    }
    words
}

fn command(as_owner: &[String], program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(&as_owner[0]);
    command
        .args(&as_owner[1..])
        .arg(program)
        .current_dir(folder)
        .stdin(Stdio::null());
    command
}

fn init(bin: &Path, folder: &Path, as_owner: &[String]) {
    let password = folder.join("password");
    std::fs::write(&password, PASSWORD).unwrap();
    let mut initdb = command(as_owner, &bin.join("initdb"), folder);
    initdb.args(["--pgdata=data", "--username=tillgate", "--pwfile=password"]);
    // A plain password: SCRAM costs a debug build 0.1 s a connection.
    initdb.args([
        "--auth=password",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--no-sync",
    ]);
    let output = initdb.output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "initdb: {words}");
    std::fs::remove_file(password).unwrap();
}

/// None if the server ends before it is ready, as when somebody has the port.
async fn start(bin: &Path, folder: &Path, as_owner: &[String], port: u16) -> Option<Child> {
    let log_file = File::create(folder.join("server.log")).unwrap();
    let mut postgres = command(as_owner, &bin.join("postgres"), folder);
    postgres.args(["-D", "data", "-p", &port.to_string()]);
    for setting in [
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "fsync=on",
        "full_page_writes=on",
        "synchronous_commit=on",
    ] {
        postgres.args(["-c", setting]);
    }
    postgres.stdout(Stdio::null()).stderr(log_file);
    let mut server = postgres.spawn().expect("setpriv and PostgreSQL");
    let begun = Instant::now();
    while !log(folder).contains(READY) {
        if server.try_wait().unwrap().is_some() {
            return None;
        }
        assert!(begun.elapsed() < START_WITHIN, "{}", log(folder));
        tokio::time::sleep(GRAIN).await;
    }
    Some(server)
}

fn log(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("server.log")).unwrap_or_default()
}
