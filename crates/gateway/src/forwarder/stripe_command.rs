//! Starting the `stripe` command: with which environment, and how long it may take to answer.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use secrecy::zeroize::Zeroizing;
use tokio::io::AsyncReadExt;
use tokio::process::Command;

use super::child::{Child, on_lifeline};
use super::skip::Skip;
use crate::webhook::types::HANDLED_EVENTS;

/// Looked for in `PATH`.
const NAME: &str = "stripe";
/// Names the command's profile.
pub(super) const PROJECT_NAME: &str = "STRIPE_PROJECT_NAME";
/// Its answers need the network at most where the login is by OAuth; a first start may be slow.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// Its configuration is a few hundred bytes.
const MAX_ANSWER_BYTES: u64 = 64 * 1024;

/// What the command may see of our environment: where it finds its login, its network and its terminal. Not our
/// secrets, and not `STRIPE_API_KEY`: with it, nobody could tell whose events come.
const PASSED_ON: [&str; 26] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "TMPDIR",
    "LANG",
    "LC_ALL",
    "TZ",
    "XDG_CONFIG_HOME",
    "XDG_RUNTIME_DIR",
    "DBUS_SESSION_BUS_ADDRESS",
    PROJECT_NAME,
    "STRIPE_CONTEXT",
    "STRIPE_DEVICE_NAME",
    "STRIPE_CLI_TELEMETRY_OPTOUT",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NIX_SSL_CERT_FILE",
];

/// Gives the command its environment, and no other.
fn seclude(command: &mut Command) {
    command.env_clear();
    for name in PASSED_ON {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    // Escape sequences would stand around what we read.
    command.env("CLICOLOR_FORCE", "0");
}

/// `stripe listen`, which forwards exactly the events that we handle.
///
/// No `--latest`: the gateway reads few fields of an event, tolerantly, and reads the payment itself in its own API
/// version. No `--live`: test events only.
pub(super) fn listen(forward_to: &str) -> io::Result<Child> {
    let events = HANDLED_EVENTS.join(",");
    let arguments = [
        "listen",
        "--forward-to",
        forward_to,
        "--events",
        &events,
        "--skip-update",
    ];
    // Nothing to read for the command itself: on a terminal it would offer to sign in.
    let mut command = on_lifeline(NAME);
    command.args(arguments);
    seclude(&mut command);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    Child::spawn(&mut command)
}

/// What the command prints to standard output for these arguments, whatever its exit code.
pub(super) async fn ask(arguments: &[&str]) -> Result<Zeroizing<Vec<u8>>, Skip> {
    let mut command = Command::new(NAME);
    command.args(arguments);
    seclude(&mut command);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = Child::spawn(&mut command).map_err(|error| cannot_start(&error))?;
    let answer = tokio::time::timeout(ANSWER_TIMEOUT, read(&mut child)).await;
    child.end().await;
    match answer {
        Ok(answer) => answer.map_err(|error| Skip::Unusable(error.to_string())),
        Err(_) => Err(Skip::Unusable(format!(
            "`stripe {}` did not answer within {} seconds",
            arguments.join(" "),
            ANSWER_TIMEOUT.as_secs()
        ))),
    }
}

async fn read(child: &mut Child) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut answer = Zeroizing::new(Vec::with_capacity(4096));
    if let Some(stdout) = child.take_stdout() {
        stdout
            .take(MAX_ANSWER_BYTES)
            .read_to_end(&mut answer)
            .await?;
    }
    Ok(answer)
}

/// Why a command does not even start.
pub(super) fn cannot_start(error: &io::Error) -> Skip {
    match error.kind() {
        io::ErrorKind::NotFound => Skip::NotInstalled,
        _ => Skip::Unusable(error.to_string()),
    }
}
