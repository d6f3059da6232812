//! A child process that never outlives us: it has a process group of its own, and the whole group ends with it.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout, Command};

/// Runs its arguments, with nothing to read, beside a watcher that kills the whole group once standard input ends: that
/// happens when we are gone in a way that lets us do nothing about it. The watcher holds no output open.
const LIFELINE: &str = "exec 3<&0 </dev/null; \
    { trap '' TERM INT HUP; read -r _ <&3; kill -KILL 0; } >/dev/null 2>&1 & \
    exec \"$@\" 3<&-";

/// A command that does not even outlive our own kill. Its program is looked for by the shell: 127 where there is none.
pub(super) fn on_lifeline(program: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", LIFELINE, "sh", program])
        .stdin(Stdio::piped());
    command
}

/// Between the request to end and the kill.
const GRACE: Duration = Duration::from_secs(3);

/// Killed when dropped, with everything that it started: the command may be a wrapper around the real one.
pub(super) struct Child {
    process: tokio::process::Child,
    /// The leader's id, which is the group's; `None` once the group has been killed.
    group: Option<Pid>,
    /// Ends when we do. Held apart, because waiting for the child would close it.
    _lifeline: Option<ChildStdin>,
}

impl Child {
    /// Starts the command in a group of its own, so that a Ctrl-C in the terminal is ours to pass on.
    pub(super) fn spawn(command: &mut Command) -> io::Result<Self> {
        let mut process = command.process_group(0).kill_on_drop(true).spawn()?;
        let group = process
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .and_then(Pid::from_raw);
        let lifeline = process.stdin.take();
        Ok(Self {
            process,
            group,
            _lifeline: lifeline,
        })
    }

    pub(super) fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.process.stdout.take()
    }

    pub(super) fn take_stderr(&mut self) -> Option<ChildStderr> {
        self.process.stderr.take()
    }

    /// Waits until it ends by itself. What it left behind is killed.
    pub(super) async fn wait(&mut self) -> io::Result<ExitStatus> {
        let status = self.process.wait().await;
        self.kill();
        status
    }

    /// Asks it to end, and kills it if it does not listen.
    pub(super) async fn end(&mut self) {
        self.signal(Signal::TERM);
        // Not waiting for a process that cannot be waited for is all that is left.
        let _ = tokio::time::timeout(GRACE, self.process.wait()).await;
        self.kill();
        let _ = self.process.wait().await;
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = self.group {
            // It may have ended just now.
            let _ = kill_process_group(group, signal);
        }
    }

    fn kill(&mut self) {
        self.signal(Signal::KILL);
        self.group = None;
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.kill();
    }
}

#[cfg(test)]
mod tests {
    use std::process::Stdio;

    use rustix::process::test_kill_process;
    use tokio::io::{AsyncBufReadExt, BufReader};

    use super::*;

    /// A shell that starts a grandchild, both deaf to SIGTERM; answers with the grandchild's id.
    async fn deaf() -> (Child, Pid) {
        let mut command = Command::new("sh");
        command
            .args([
                "-c",
                "trap '' TERM; sh -c 'while :; do sleep 1; done' & echo $!; wait",
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut child = Child::spawn(&mut command).unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.take_stdout().unwrap());
        stdout.read_line(&mut line).await.unwrap();
        let grandchild = Pid::from_raw(line.trim().parse().unwrap()).unwrap();
        (child, grandchild)
    }

    /// Its parent is gone; whoever adopts it reaps it soon.
    async fn is_gone(pid: Pid) {
        let ended = async {
            while test_kill_process(pid).is_ok() && !is_zombie(pid) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), ended)
            .await
            .unwrap();
    }

    /// Where nobody reaps orphans, such as in a container.
    fn is_zombie(pid: Pid) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
        stat.is_ok_and(|stat| stat.contains(") Z "))
    }

    #[tokio::test]
    async fn who_does_not_listen_is_killed_with_all_it_started() {
        let (mut child, grandchild) = deaf().await;
        child.end().await;
        is_gone(grandchild).await;
    }

    #[tokio::test]
    async fn who_is_dropped_is_killed_with_all_it_started() {
        let (child, grandchild) = deaf().await;
        drop(child);
        is_gone(grandchild).await;
    }

    #[tokio::test]
    async fn what_a_child_leaves_behind_is_killed() {
        let mut command = Command::new("sh");
        command
            .args(["-c", "sleep 1000 >/dev/null & echo $!"])
            .stdout(Stdio::piped());
        let mut child = Child::spawn(&mut command).unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.take_stdout().unwrap());
        stdout.read_line(&mut line).await.unwrap();
        assert!(child.wait().await.unwrap().success());
        is_gone(Pid::from_raw(line.trim().parse().unwrap()).unwrap()).await;
    }
}
