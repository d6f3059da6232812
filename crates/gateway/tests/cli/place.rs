//! A working directory with a `tillgate` in it, and programs that run there.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// An empty working directory; everything that the program keeps lands in it.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        Self(TempDir::with_prefix("tillgate-cli.").unwrap())
    }

    /// `tillgate` with these arguments and no other environment than this.
    pub(crate) fn command(&self, args: &[&str], env: &[(&str, &str)]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tillgate"));
        command
            .args(args)
            .env_clear()
            .env("BIND_ADDR", "127.0.0.1:0")
            .envs(env.iter().copied())
            .current_dir(self.0.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs to the end.
    pub(crate) fn run(&self, args: &[&str], env: &[(&str, &str)]) -> Output {
        self.command(args, env).output().unwrap()
    }

    /// Runs to the end, which must be a good one, and reads standard output as JSON.
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let output = self.run(args, &[]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Runs to the end, which must be a good one.
    pub(crate) fn print(&self, args: &[&str]) -> String {
        let output = self.run(args, &[]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        text(&output.stdout)
    }

    /// Starts a program that goes on until it is told to stop.
    pub(crate) fn start(&self, args: &[&str], env: &[(&str, &str)]) -> Program {
        let mut child = self.command(args, env).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let stderr = child.stderr.take().unwrap();
        let (lines, logged) = std::sync::mpsc::channel();
        // Drained all the time: a full pipe would stop the program.
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                if lines.send(line).is_err() {
                    break;
                }
            }
        });
        Program {
            child,
            stdout,
            logged,
            seen: Vec::new(),
        }
    }

    /// A file's permission bits.
    pub(crate) fn mode(&self, path: &str) -> u32 {
        use std::os::unix::fs::PermissionsExt;
        let metadata = std::fs::metadata(self.0.path().join(path)).unwrap();
        metadata.permissions().mode()
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    pub(crate) fn remove(&self, path: &str) {
        std::fs::remove_file(self.0.path().join(path)).unwrap();
    }

    pub(crate) fn bytes(&self, path: &str) -> Vec<u8> {
        std::fs::read(self.0.path().join(path)).unwrap()
    }
}

/// A running program; killed if a test ends early.
pub(crate) struct Program {
    child: Child,
    stdout: BufReader<ChildStdout>,
    logged: std::sync::mpsc::Receiver<String>,
    /// Log lines that were looked at already.
    seen: Vec<String>,
}

impl Program {
    /// The next line of standard output, as JSON.
    pub(crate) fn json_line(&mut self) -> Value {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        serde_json::from_str(&line)
            .unwrap_or_else(|_| panic!("{line:?} is not JSON; {}", self.log()))
    }

    /// The next line of standard output.
    pub(crate) fn printed_line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line
    }

    /// Everything on standard output up to the line that holds `part`.
    pub(crate) fn printed_until(mut self, part: &str) -> String {
        let mut printed = String::new();
        while !printed.contains(part) {
            let read_bytes = self.stdout.read_line(&mut printed).unwrap();
            assert!(read_bytes > 0, "it ended with {printed}; {}", self.log());
        }
        printed
    }

    /// Waits for a JSON log line with this message.
    pub(crate) fn log_line(&mut self, message: &str) -> Value {
        self.log_line_where(|line| line["message"] == message)
            .unwrap_or_else(|| panic!("it ended without saying {message:?}: {:?}", self.seen))
    }

    /// Waits for a JSON log line; `None` if it ends without one.
    pub(crate) fn log_line_where(&mut self, wanted: impl Fn(&Value) -> bool) -> Option<Value> {
        for line in &self.logged {
            let value = serde_json::from_str(&line).unwrap_or_default();
            self.seen.push(line);
            if wanted(&value) {
                return Some(value);
            }
        }
        None
    }

    /// Asks it to end; everything that it logged.
    pub(crate) fn terminate_and_read_log(mut self) -> Vec<String> {
        self.signal(Signal::TERM);
        self.log_line_where(|_| false);
        let status = self.child.wait().unwrap();
        assert_eq!(status.code(), Some(0), "{:?}", self.seen);
        std::mem::take(&mut self.seen)
    }

    /// Asks it to end and waits for that.
    pub(crate) fn terminate(self) -> (ExitStatus, String) {
        self.signal(Signal::TERM);
        self.wait()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Waits for the end; also gives what was left on standard output.
    pub(crate) fn wait(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().unwrap();
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        (status, rest)
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// What was logged so far.
    fn log(&self) -> String {
        self.logged.try_iter().collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// An HTTP client that keeps away from proxies.
pub(crate) fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}
