//! `GET /docs`: the document as a page, for people.

use std::sync::LazyLock;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::view::{self, View};
use super::{DOCUMENT, operations};
use crate::app::App;
use crate::error::ApiError;
use crate::pages::{self, Page, Permissions};
use crate::settings::Environment;
use crate::storefront::demo::{DEMO_STORE, find_store};

static VIEW: LazyLock<View> = LazyLock::new(|| view::of(&DOCUMENT, &operations()));

#[derive(Template)]
#[template(path = "docs.html")]
struct DocsPage<'a> {
    page: &'a Page,
    view: &'a View,
    base_url: String,
    /// The demo store of `tillgate dev`, for the examples.
    demo_store_id: Option<String>,
}

/// The page, for anyone.
pub async fn show_page(app: web::Data<App>) -> Result<HttpResponse, ApiError> {
    let page = Page::new("Tillgate API");
    let template = DocsPage {
        page: &page,
        view: &VIEW,
        base_url: app.settings.public(""),
        demo_store_id: demo_store_id(&app).await?,
    };
    pages::render(
        &app,
        StatusCode::OK,
        &page,
        &template,
        &Permissions::default(),
    )
}

async fn demo_store_id(app: &App) -> Result<Option<String>, ApiError> {
    if app.settings.environment == Environment::Production {
        return Ok(None);
    }
    let store = find_store(&mut app.db.read().await?, DEMO_STORE).await?;
    Ok(store.map(|store| store.id.to_string()))
}
