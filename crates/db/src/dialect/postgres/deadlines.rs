//! A server whose host has vanished says nothing, not even that it is gone: how long we wait for it.

use std::future::Future;
use std::time::Duration;

use tokio::time::timeout;

use crate::DbError;

/// Longer than the server lets any statement run (`statement_timeout`).
const ANSWER_WITHIN: Duration = Duration::from_secs(12);

/// What the kernel watches, in seconds: an idle connection is probed, and one whose other end acknowledges nothing ends.
/// Without them it takes a quarter of an hour.
const WATCHED: [(&str, u32); 4] = [
    ("tcp_user_timeout", 10),
    ("keepalives_idle", 5),
    ("keepalives_interval", 2),
    ("keepalives_retries", 3),
];

/// The address with our limits, as far as the operator has set none.
pub(crate) fn watched(url: &str) -> String {
    let behind_password = url.split_once('@').map_or(url, |(_, rest)| rest);
    let (_, parameters) = behind_password.split_once('?').unwrap_or_default();
    let is_set = |name: &str| {
        let mut set = parameters
            .split('&')
            .filter_map(|pair| pair.split_once('='));
        set.any(|(set, _)| set == name)
    };
    let ours = WATCHED.iter().filter(|(name, _)| !is_set(name));
    let ours: Vec<String> = ours
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    if ours.is_empty() {
        return url.to_owned();
    }
    let separator = if behind_password.contains('?') {
        '&'
    } else {
        '?'
    };
    format!("{url}{separator}{}", ours.join("&"))
}

/// Gives up on an answer that should long have come. The connection is in the middle of something then: close it.
pub(crate) async fn answered<T>(
    work: impl Future<Output = Result<T, DbError>>,
) -> Result<T, DbError> {
    answered_within(ANSWER_WITHIN, work).await
}

async fn answered_within<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, DbError>>,
) -> Result<T, DbError> {
    timeout(limit, work)
        .await
        .unwrap_or_else(|_| Err(DbError::Unavailable("PostgreSQL does not answer".into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &str =
        "tcp_user_timeout=10&keepalives_idle=5&keepalives_interval=2&keepalives_retries=3";

    #[test]
    fn connections_are_watched_unless_the_operator_says_how() {
        for (url, expected) in [
            (
                "postgres://u:p?@host/db",
                format!("postgres://u:p?@host/db?{ALL}"),
            ),
            (
                "postgres://host/db?options=-c%20a%3Db",
                format!("postgres://host/db?options=-c%20a%3Db&{ALL}"),
            ),
            (
                "postgres://host?tcp_user_timeout=60&keepalives_idle=7",
                "postgres://host?tcp_user_timeout=60&keepalives_idle=7&keepalives_interval=2&keepalives_retries=3"
                    .to_owned(),
            ),
        ] {
            assert_eq!(watched(url), expected);
        }
    }

    #[tokio::test]
    async fn an_answer_that_never_comes_is_not_waited_for() {
        let given_up = answered_within(
            Duration::ZERO,
            std::future::pending::<Result<(), DbError>>(),
        )
        .await;
        assert!(
            matches!(given_up, Err(DbError::Unavailable(_))),
            "{given_up:?}"
        );
        assert!(answered(async { Ok(()) }).await.is_ok());
    }
}
