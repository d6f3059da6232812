//! HTML pages: rendering, their content security policy, and the page for a plain message.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::return_url::Origin;

use crate::app::App;
use crate::error::{ApiError, REQUEST_ID};

/// What every template gets.
#[derive(Debug, Clone)]
pub struct Page {
    /// The nonce of this response's policy.
    pub nonce: String,
    /// Shown in the tab.
    pub title: String,
}

impl Page {
    /// A page with a fresh nonce of 128 random bits.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            nonce: URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>()),
            title: title.into(),
        }
    }
}

/// What a page may do beyond our own origin.
#[derive(Debug, Clone, Default)]
pub struct Permissions {
    /// Runs Stripe.js.
    pub stripe_js: bool,
    /// Origins that its form's answer may redirect to.
    pub form_targets: Vec<Origin>,
    /// Origins that may show it in a frame.
    pub framed_by: Vec<String>,
    /// Has a form: browsers must send an `Origin` that is not `null`.
    pub has_form: bool,
}

/// Renders a page with its policy.
pub fn render(
    app: &App,
    status: StatusCode,
    page: &Page,
    template: &impl Template,
    permissions: &Permissions,
) -> Result<HttpResponse, ApiError> {
    let html = template.render().map_err(ApiError::internal)?;
    let policy = policy(app, &page.nonce, permissions);
    let referrer = if permissions.has_form {
        "same-origin"
    } else {
        "no-referrer"
    };
    Ok(HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .insert_header((
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_str(&policy).map_err(ApiError::internal)?,
        ))
        .insert_header((header::REFERRER_POLICY, referrer))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(html))
}

fn policy(app: &App, nonce: &str, permissions: &Permissions) -> String {
    let stripe = if permissions.stripe_js {
        StripeSources::of(app)
    } else {
        StripeSources::default()
    };
    let form_targets = permissions
        .form_targets
        .iter()
        .fold(String::new(), |list, origin| list + " " + origin.as_str());
    let framed_by = if permissions.framed_by.is_empty() {
        "'none'".to_owned()
    } else {
        permissions.framed_by.join(" ")
    };
    format!(
        "default-src 'none'; base-uri 'none'; object-src 'none'; script-src 'self' 'nonce-{nonce}'{}; \
         style-src 'self' 'nonce-{nonce}'; img-src 'self' data: https:; font-src 'self'; connect-src 'self'{}; \
         frame-src {}; form-action 'self'{form_targets}; frame-ancestors {framed_by}",
        stripe.script,
        stripe.connect,
        if stripe.frame.is_empty() {
            "'none'"
        } else {
            stripe.frame.trim_start()
        },
    )
}

/// Stripe's origins ("Integration security guide", content security policy), or the sandbox's.
#[derive(Default)]
struct StripeSources {
    script: String,
    connect: String,
    frame: String,
}

impl StripeSources {
    fn of(app: &App) -> Self {
        let settings = &app.settings;
        if settings.stripe_js_url.host_str() == Some("js.stripe.com") {
            return Self {
                script: " https://js.stripe.com https://*.js.stripe.com".into(),
                connect: " https://api.stripe.com".into(),
                frame: " https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com"
                    .into(),
            };
        }
        let js = Origin::of(&settings.stripe_js_url);
        let api = Origin::of(&settings.stripe_api_base);
        Self {
            script: format!(" {js}"),
            connect: format!(" {js} {api}"),
            frame: format!(" {js} {api}"),
        }
    }
}

/// A way on from a message.
#[derive(Debug, Clone)]
pub struct Link {
    /// Where to.
    pub href: String,
    /// In words.
    pub label: String,
}

#[derive(Template)]
#[template(path = "message.html")]
struct MessagePage<'a> {
    page: &'a Page,
    kind: &'static str,
    heading: &'a str,
    text: &'a str,
    action: Option<Link>,
    request_id: Option<String>,
}

/// Whether a message is bad news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageKind {
    /// It cannot be done.
    Error,
    /// It cannot be done yet.
    Wait,
}

/// A page that says one thing.
pub fn message(
    app: &App,
    status: StatusCode,
    kind: MessageKind,
    heading: &str,
    text: &str,
    action: Option<Link>,
) -> Result<HttpResponse, ApiError> {
    let page = Page::new(heading);
    let kind = match kind {
        MessageKind::Error => "error",
        MessageKind::Wait => "wait",
    };
    let request_id = REQUEST_ID.try_with(Clone::clone).ok();
    let template = MessagePage {
        page: &page,
        kind,
        heading,
        text,
        action,
        request_id,
    };
    render(app, status, &page, &template, &Permissions::default())
}

/// An error as a page, for routes that a person opens: our own words, and a second try that may help.
pub fn failure(app: &App, error: ApiError) -> Result<HttpResponse, ApiError> {
    let (kind, heading) = if error.status().is_server_error() {
        (MessageKind::Wait, "This does not work right now")
    } else {
        (MessageKind::Error, "This cannot be shown")
    };
    let page = message(app, error.status(), kind, heading, error.message(), None)?;
    Ok(with_cause(page, error))
}

/// The page, with the error's status, its `Retry-After`, and its causes for the request log.
pub fn with_cause(page: HttpResponse, error: ApiError) -> HttpResponse {
    let (head, body) = page.into_parts();
    let mut failed = HttpResponse::from_error(error);
    for (name, value) in head.headers() {
        failed.headers_mut().insert(name.clone(), value.clone());
    }
    failed.set_body(body)
}

/// JSON for a `<script type="application/json">`: no `<` may end the element.
pub fn json_for_script(value: &serde_json::Value) -> String {
    value.to_string().replace('<', "\\u003c")
}
