//! One `stripe listen` under supervision: what it says is passed on, and when it dies it is started again.

use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use secrecy::SecretString;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::child::Child;
use super::output::{Line, Lines};
use super::skip::{Skip, fits};
use super::{login, stripe_command};

/// Which events go where.
#[derive(Debug, Clone)]
pub struct Target {
    /// The account whose events are meant.
    pub account_id: String,
    /// The URL that they are posted to.
    pub forward_to: String,
}

/// What there is to know about a running forwarder.
#[derive(Debug)]
pub enum Heard {
    /// It listens, and signs with this.
    Secret(SecretString),
    /// A line of its standard output, without secrets: events and answers.
    Words(String),
    /// It ended by itself and is started again after a pause.
    Died {
        /// The exit status, or why there is none.
        status: String,
        /// The last line of its standard error, without secrets.
        said: Option<String>,
        /// The pause.
        again_in: Duration,
    },
}

/// Until the secret is known. The command itself gives up after some five attempts.
const READY_TIMEOUT: Duration = Duration::from_mins(1);
/// The longest pause between two starts.
const MAX_PAUSE: Duration = Duration::from_mins(1);
/// Who lived this long starts again without a longer pause.
const GOOD_LIFE: Duration = Duration::from_mins(1);
/// What a dead child still has in its pipes is there at once.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// Listens until told to stop, and ends the command then. Ends by itself only when the login no longer fits.
pub async fn supervise(
    target: &Target,
    heard: mpsc::Sender<Heard>,
    mut stop: watch::Receiver<bool>,
) -> Option<Skip> {
    let mut short_lives = 0;
    while !*stop.borrow() {
        let began = Instant::now();
        let died = match stripe_command::listen(&target.forward_to) {
            Ok(child) => live(child, &heard, &mut stop).await?,
            Err(error) => return Some(stripe_command::cannot_start(&error)),
        };
        short_lives = if began.elapsed() >= GOOD_LIFE {
            0
        } else {
            short_lives + 1
        };
        let again_in = pause(short_lives);
        let (status, said) = died;
        let news = Heard::Died {
            status,
            said,
            again_in,
        };
        // Who no longer listens to us has told us to stop, or will.
        let _ = heard.send(news).await;
        tokio::select! {
            () = sleep(again_in) => {}
            _ = stop.changed() => return None,
        }
        // It may have died of a login that ended or changed.
        let still_fits = login::find()
            .await
            .and_then(|login| fits(&login, &target.account_id));
        if let Err(skip) = still_fits {
            return Some(skip);
        }
    }
    None
}

/// 1 s, 2 s, 4 s, … up to [`MAX_PAUSE`].
fn pause(short_lives: u32) -> Duration {
    let doubled = 1_u64.checked_shl(short_lives.saturating_sub(1));
    MAX_PAUSE.min(Duration::from_secs(doubled.unwrap_or(u64::MAX)))
}

/// One life: how it died, or `None` if it was ended because we are told to stop.
async fn live(
    mut child: Child,
    heard: &mpsc::Sender<Heard>,
    stop: &mut watch::Receiver<bool>,
) -> Option<(String, Option<String>)> {
    let mut stdout = child.take_stdout().map(Lines::of);
    let mut stderr = child.take_stderr().map(Lines::of);
    let mut said = None;
    let mut ready_by = Some(Instant::now() + READY_TIMEOUT);
    let status = loop {
        let late = async {
            match ready_by {
                Some(instant) => sleep_until(instant).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = stop.changed() => {
                child.end().await;
                return None;
            }
            status = child.wait() => break words(status),
            line = next(&mut stdout) => match line {
                Some(Line::Words(words)) => {
                    let _ = heard.send(Heard::Words(words)).await;
                }
                Some(Line::Secret(secret)) => {
                    ready_by = None;
                    let _ = heard.send(Heard::Secret(secret)).await;
                }
                None => stdout = None,
            },
            line = next(&mut stderr) => match line {
                Some(Line::Words(words)) => said = Some(words),
                Some(Line::Secret(secret)) => {
                    ready_by = None;
                    let _ = heard.send(Heard::Secret(secret)).await;
                }
                None => stderr = None,
            },
            () = late => {
                child.end().await;
                break format!("ended, because it was not ready after {} seconds", READY_TIMEOUT.as_secs());
            }
        }
    };
    let rest = async {
        while let Some(line) = next_or_end(&mut stderr).await {
            if let Line::Words(words) = line {
                said = Some(words);
            }
        }
    };
    // Late words are lost if somebody else holds the pipe.
    let _ = timeout(DRAIN_TIMEOUT, rest).await;
    Some((status, said))
}

/// The next line; never, after the end.
async fn next<S: tokio::io::AsyncRead + Unpin>(lines: &mut Option<Lines<S>>) -> Option<Line> {
    match lines {
        Some(lines) => lines.next().await,
        None => std::future::pending().await,
    }
}

async fn next_or_end<S: tokio::io::AsyncRead + Unpin>(
    lines: &mut Option<Lines<S>>,
) -> Option<Line> {
    lines.as_mut()?.next().await
}

fn words(status: io::Result<ExitStatus>) -> String {
    match status {
        Ok(status) => status.to_string(),
        Err(error) => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_minute() {
        let pauses: Vec<u64> = (1..=8).map(|lives| pause(lives).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(pause(0).as_secs(), 1);
        assert_eq!(pause(u32::MAX), MAX_PAUSE);
    }
}
