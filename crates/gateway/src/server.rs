//! Builds the HTTP server from the application: middleware outside, the route table inside.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::{HttpServer, web};
use tracing_actix_web::TracingLogger;

use crate::app::App;
use crate::middleware::default_headers::add_default_headers;
use crate::middleware::request_log::{RequestSpan, log_request};
use crate::routes;

/// A request's head must be here by then: slow senders do not hold a worker.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// An idle connection is kept this long.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// Requests in hand may take this long when we are told to stop.
const DRAIN_S: u64 = 20;
/// Connections per worker: past it the kernel queues.
const MAX_CONNECTIONS: usize = 10_000;

/// Starts listening. The returned future ends when the server has drained after its handle was told to stop.
pub fn start(app: Arc<App>, listener: TcpListener) -> std::io::Result<Server> {
    let data = web::Data::from(app);
    let server = HttpServer::new(move || {
        actix_web::App::new()
            .app_data(data.clone())
            .configure(routes::configure)
            .default_service(web::to(routes::unknown_path))
            .wrap(from_fn(add_default_headers))
            .wrap(from_fn(log_request))
            .wrap(TracingLogger::<RequestSpan>::new())
    })
    .client_request_timeout(HEAD_TIMEOUT)
    .keep_alive(KEEP_ALIVE)
    .max_connections(MAX_CONNECTIONS)
    .shutdown_timeout(DRAIN_S)
    .disable_signals()
    .listen(listener)?;
    Ok(server.run())
}
