//! `GET /demo`: a shop that uses nothing but the public widget. Only where `tillgate dev` made its stores.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use db::stores::Store;
use db::{Conn, DbError};

use crate::app::App;
use crate::error::ApiError;
use crate::internal::connect_links;
use crate::pages::{self, Page, Permissions};
use crate::settings::Environment;

/// The deployment fact that names the demo store.
pub const DEMO_STORE: &str = "demo_store";
/// The deployment fact that names the store that visitors connect themselves.
pub const SECOND_STORE: &str = "demo_second_store";

#[derive(Template)]
#[template(path = "demo.html")]
struct DemoPage<'a> {
    page: &'a Page,
    store_id: String,
    store_name: String,
    second_connect_url: Option<String>,
}

/// The demo shop.
pub async fn show_demo(app: web::Data<App>) -> Result<HttpResponse, ApiError> {
    if app.settings.environment == Environment::Production {
        return Err(ApiError::not_found("path"));
    }
    let store = find_store(&mut app.db.read().await?, DEMO_STORE).await?;
    let store = store.ok_or_else(|| ApiError::not_found("path"))?;
    let page = Page::new(store.name.clone());
    let template = DemoPage {
        page: &page,
        store_id: store.id.to_string(),
        store_name: store.name,
        second_connect_url: second_connect_url(&app).await?,
    };
    pages::render(
        &app,
        StatusCode::OK,
        &page,
        &template,
        &Permissions::default(),
    )
}

/// The store that a deployment fact names.
pub async fn find_store(conn: &mut Conn, fact: &str) -> Result<Option<Store>, DbError> {
    let store_id = db::facts::get(conn, fact)
        .await?
        .and_then(|id| id.parse().ok());
    match store_id {
        Some(store_id) => db::stores::find(conn, store_id).await,
        None => Ok(None),
    }
}

/// A fresh link as long as the second store waits for its keys.
async fn second_connect_url(app: &App) -> Result<Option<String>, ApiError> {
    let mut conn = app.db.read().await?;
    let Some(store) = find_store(&mut conn, SECOND_STORE).await? else {
        return Ok(None);
    };
    if !db::connections::list(&mut conn, store.id).await?.is_empty() {
        return Ok(None);
    }
    drop(conn);
    let (url, _) = connect_links::mint(app, store.id, None).await?;
    Ok(Some(url))
}
