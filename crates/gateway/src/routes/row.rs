//! Rows of the route table, and how they are registered.

use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Route};

use crate::error::ApiError;

/// A path of the surface, and the methods that it answers.
pub(super) struct Row {
    pub(super) path: String,
    pub(super) entries: Vec<Entry>,
}

/// A method, and what answers it.
pub(super) type Entry = (Method, Route);

/// GET, answered by this handler.
pub(super) fn get<F, Args>(handler: F) -> Entry
where
    F: actix_web::Handler<Args>,
    Args: actix_web::FromRequest + 'static,
    F::Output: actix_web::Responder + 'static,
{
    (Method::GET, web::get().to(handler))
}

/// POST, answered by this handler.
pub(super) fn post<F, Args>(handler: F) -> Entry
where
    F: actix_web::Handler<Args>,
    Args: actix_web::FromRequest + 'static,
    F::Output: actix_web::Responder + 'static,
{
    (Method::POST, web::post().to(handler))
}

/// PUT, answered by this handler.
pub(super) fn put<F, Args>(handler: F) -> Entry
where
    F: actix_web::Handler<Args>,
    Args: actix_web::FromRequest + 'static,
    F::Output: actix_web::Responder + 'static,
{
    (Method::PUT, web::put().to(handler))
}

/// PATCH, answered by this handler.
pub(super) fn patch<F, Args>(handler: F) -> Entry
where
    F: actix_web::Handler<Args>,
    Args: actix_web::FromRequest + 'static,
    F::Output: actix_web::Responder + 'static,
{
    (Method::PATCH, web::patch().to(handler))
}

/// DELETE, answered by this handler.
pub(super) fn delete<F, Args>(handler: F) -> Entry
where
    F: actix_web::Handler<Args>,
    Args: actix_web::FromRequest + 'static,
    F::Output: actix_web::Responder + 'static,
{
    (Method::DELETE, web::delete().to(handler))
}

/// A row of the table.
pub(super) fn on<const N: usize>(path: &str, entries: [Entry; N]) -> Row {
    Row {
        path: path.to_owned(),
        entries: entries.into(),
    }
}

/// Registers rows; any other method of a path is 405 with `Allow`.
pub(super) fn register(config: &mut ServiceConfig, rows: Vec<Row>) {
    for row in rows {
        let methods: Vec<Method> = (row.entries.iter())
            .map(|(method, _)| method.clone())
            .collect();
        let mut resource = web::resource(row.path);
        for (_, route) in row.entries {
            resource = resource.route(route);
        }
        config.service(resource.default_service(web::to(move || {
            let error = ApiError::method_not_allowed(&methods);
            async move { Err::<HttpResponse, _>(error) }
        })));
    }
}
