//! What happens to every request, outermost first: log, headers, then (by route) limits, CORS and idempotency.

pub mod cors;
pub mod default_headers;
pub mod idempotency;
pub mod rate_limit;
pub mod request_log;
