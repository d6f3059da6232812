//! Starting and stopping, and the wiring of HTTP to the parts that answer.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes, Data, PayloadConfig, ServiceConfig};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::config::Config;
use crate::error::Error;
use crate::later;
use crate::state::{self, Shared, StateFile, World};
use crate::v1::StripeError;
use crate::v1::pipeline;
use crate::v1::wire::{Ending, Incoming, Outgoing, OutgoingBody};
use crate::webhooks::{Office, Speed};
use crate::{control, hosted, ids, pages, webhooks};

/// Stripe refuses large bodies too; the largest honest request is a few kilobytes.
const MAX_BODY_BYTES: usize = 1024 * 1024;
/// How long an answer is withheld at most; longer than every deadline of a caller.
const WITHHELD: Duration = Duration::from_mins(2);
/// How long a connection may take to begin its request. On a busy laptop that may be long, and a 408 in
/// between would be a fault that nobody asked for.
const REQUEST_HEAD: Duration = Duration::from_mins(1);
/// Longer than clients keep idle connections: one that they use again must not be closed meanwhile.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// The sandbox keeps no work that is worth waiting for.
const SHUTDOWN_SECONDS: u64 = 1;

/// A running sandbox. Clones are handles to the same one.
#[derive(Clone)]
pub struct Sandbox {
    local_url: Arc<str>,
    server: ServerHandle,
    dispatcher: Arc<JoinHandle<()>>,
    clockwork: Arc<JoinHandle<()>>,
    keeper: Option<Arc<Keeper>>,
}

/// What writes the state file.
struct Keeper {
    task: JoinHandle<()>,
    shared: Arc<Shared>,
    file: Arc<StateFile>,
}

impl Sandbox {
    /// Listens on `config.bind` and answers from two worker threads until [`Sandbox::stop`].
    /// Must be called inside a tokio (or actix) runtime, which also delivers the webhooks.
    pub async fn start(config: Config) -> Result<Self, Error> {
        let listener = tokio::net::TcpListener::bind(config.bind)
            .await
            .and_then(tokio::net::TcpListener::into_std)
            .map_err(|source| Error::Bind {
                address: config.bind,
                source,
            })?;
        let address = listener.local_addr().map_err(|source| Error::Bind {
            address: config.bind,
            source,
        })?;
        let now = (config.clock)().as_second();
        let speed =
            Speed::new(config.webhook_speed).ok_or(Error::WebhookSpeed(config.webhook_speed))?;
        let mut world = World::new(config.seed, speed);
        let (file, open) = match config.state {
            None => (None, Vec::new()),
            Some(path) => {
                let (file, saved) = StateFile::open(path)?;
                let open = saved.map(|saved| world.restore(saved));
                (Some(Arc::new(file)), open.unwrap_or_default())
            }
        };
        for spec in config.accounts {
            if world.has(&spec) {
                continue;
            }
            let account_id = spec.account_id.clone();
            world
                .add_account(spec, now)
                .map_err(|problem| Error::Account {
                    account_id,
                    problem,
                })?;
        }
        let client = reqwest::Client::builder()
            .timeout(config.webhook_timeout)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(Error::WebhookClient)?;
        let (commands, queue) = mpsc::unbounded_channel();
        let office = Office::new(commands, client, config.webhook_timeout);
        world.limiter.per_second = config.rate_limit;
        let local_url = format!("http://{}", reachable(address));
        let base_url = config.public_url.map_or_else(
            || local_url.clone(),
            |url| url.trim_end_matches('/').to_owned(),
        );
        let shared = Arc::new(Shared::new(world, config.clock, base_url, office));
        let dispatcher = tokio::spawn(webhooks::dispatcher(Arc::clone(&shared), queue));
        let clockwork = tokio::spawn(later::clockwork(Arc::clone(&shared)));
        shared.dispatch(open);
        let keeper = file.map(|file| {
            let task = tokio::spawn(state::keep(Arc::clone(&shared), Arc::clone(&file)));
            Arc::new(Keeper {
                task,
                shared: Arc::clone(&shared),
                file,
            })
        });
        let data = Data::from(Arc::clone(&shared));
        let server = HttpServer::new(move || App::new().app_data(data.clone()).configure(routes))
            .workers(2)
            .disable_signals()
            .shutdown_timeout(SHUTDOWN_SECONDS)
            .client_request_timeout(REQUEST_HEAD)
            .keep_alive(KEEP_ALIVE)
            .on_connect(keep_connection)
            .listen(listener)
            .map_err(|source| Error::Bind {
                address: config.bind,
                source,
            })?
            .run();
        let handle = server.handle();
        tokio::spawn(server);
        Ok(Self {
            local_url: local_url.into(),
            server: handle,
            dispatcher: Arc::new(dispatcher),
            clockwork: Arc::new(clockwork),
            keeper,
        })
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end. The API is under `/v1`, Stripe.js at `/v3/`.
    pub fn url(&self) -> String {
        self.local_url.to_string()
    }

    /// Stops listening and delivering. What was in memory is gone, unless there is a state file.
    pub async fn stop(self) {
        self.clockwork.abort();
        self.dispatcher.abort();
        if let Some(keeper) = &self.keeper {
            keeper.task.abort();
        }
        self.server.stop(false).await;
        if let Some(keeper) = self.keeper {
            state::save(&keeper.shared, &keeper.file);
        }
    }
}

/// Where this machine reaches what listens on all its addresses.
fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        return SocketAddr::from((Ipv4Addr::LOCALHOST, address.port()));
    }
    address
}

fn routes(config: &mut ServiceConfig) {
    config
        .app_data(PayloadConfig::new(MAX_BODY_BYTES))
        .configure(control::routes)
        .configure(hosted::routes)
        .configure(pages::routes)
        .route(
            "/v1/{tail:.*}",
            web::method(actix_web::http::Method::OPTIONS).to(preflight),
        )
        .route("/v1/{tail:.*}", web::to(api));
}

/// The socket, so that a fault can cut it.
struct Connection(std::net::TcpStream);

fn keep_connection(io: &dyn std::any::Any, extensions: &mut actix_web::dev::Extensions) {
    use std::os::fd::AsFd;
    let stream = io.downcast_ref::<actix_web::rt::net::TcpStream>();
    if let Some(copy) = stream.and_then(|stream| stream.as_fd().try_clone_to_owned().ok()) {
        extensions.insert(Connection(std::net::TcpStream::from(copy)));
    }
}

/// Every request under `/v1`. The work goes on if the caller leaves, as at Stripe.
async fn api(
    shared: Data<Shared>,
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> HttpResponse {
    let Ok(body) = body else {
        let error = StripeError::other(
            413,
            "invalid_request_error",
            "The request body is too large.",
        );
        return HttpResponse::PayloadTooLarge().json(error.body(&ids::request(), false));
    };
    let header = |name| {
        request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
    };
    let incoming = Incoming {
        method: request.method().to_string(),
        path: request.path().to_owned(),
        query: request.query_string().to_owned(),
        authorization: header("authorization"),
        idempotency_key: header("idempotency-key"),
        stripe_version: header("stripe-version"),
        stripe_account: header("stripe-account"),
        user_agent: header("user-agent"),
        body: body.to_vec(),
    };
    let shared = shared.into_inner();
    let work = actix_web::rt::spawn(async move { pipeline::answer(&shared, incoming).await });
    let Ok(outgoing) = work.await else {
        return HttpResponse::InternalServerError().finish();
    };
    match outgoing.ending {
        Ending::Sent => {}
        Ending::Withheld => {
            tokio::time::sleep(WITHHELD).await;
            cut(&request);
        }
        Ending::Cut => cut(&request),
    }
    response(outgoing)
}

fn cut(request: &HttpRequest) {
    if let Some(Connection(stream)) = request.conn_data() {
        // A connection that is gone already needs no cutting.
        let _ = stream.shutdown(std::net::Shutdown::Both);
    }
}

fn response(outgoing: Outgoing) -> HttpResponse {
    let status = StatusCode::from_u16(outgoing.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    response.insert_header(("Access-Control-Allow-Origin", "*"));
    response.insert_header((
        "Access-Control-Expose-Headers",
        "Request-Id, Stripe-Should-Retry",
    ));
    response.insert_header(("Cache-Control", "no-cache, no-store"));
    for (name, value) in outgoing.headers {
        response.insert_header((name, value));
    }
    for (name, value) in outgoing.fault_headers {
        response.insert_header((name, value));
    }
    match outgoing.body {
        OutgoingBody::Json(value) => response
            .content_type("application/json")
            .body(serde_json::to_string_pretty(&value).unwrap_or_default()),
        OutgoingBody::Raw { content_type, text } => response.content_type(content_type).body(text),
    }
}

/// Stripe.js calls the API from the merchant's page.
async fn preflight() -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header(("Access-Control-Allow-Origin", "*"))
        .insert_header(("Access-Control-Allow-Methods", "GET, POST, DELETE"))
        .insert_header((
            "Access-Control-Allow-Headers",
            "authorization, content-type, stripe-account, stripe-version",
        ))
        .insert_header(("Access-Control-Max-Age", "300"))
        .finish()
}
