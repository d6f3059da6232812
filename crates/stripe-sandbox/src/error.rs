//! Why the sandbox could not be started.

/// What can go wrong when the sandbox starts; each variant is a different thing to change.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is taken or not ours: choose another [`crate::Config::bind`].
    #[error("the sandbox cannot listen on {address}")]
    Bind {
        /// The address that was asked for.
        address: std::net::SocketAddr,
        /// The operating system's answer.
        source: std::io::Error,
    },
    /// An account is not usable: correct its [`crate::AccountSpec`].
    #[error("account {account_id}: {problem}")]
    Account {
        /// The account as it was given.
        account_id: String,
        /// What is wrong with it, in words.
        problem: &'static str,
    },
    /// The state file cannot be used: choose another [`crate::Config::state`], or move it away.
    #[error("the state file {}: {problem}", path.display())]
    State {
        /// The file as it was given.
        path: std::path::PathBuf,
        /// What is wrong with it, in words.
        problem: String,
    },
    /// Another sandbox holds the state file: stop it, or choose another [`crate::Config::state`].
    #[error("the state file {}: another sandbox uses it", path.display())]
    StateInUse {
        /// The file as it was given.
        path: std::path::PathBuf,
    },
    /// Not a number from 1 on: correct [`crate::Config::webhook_speed`].
    #[error("webhooks cannot be {0} times as fast as at Stripe")]
    WebhookSpeed(f64),
    /// The HTTP client that delivers webhooks could not be made: the host's TLS set-up is broken.
    #[error("the webhook client cannot be made")]
    WebhookClient(#[source] reqwest::Error),
}
