//! `GET /portal/sign-in`: there is no portal yet; says so, and what to do instead.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use crate::app::App;
use crate::error::ApiError;
use crate::pages::{self, MessageKind};

/// Tells the way that works in this version.
pub async fn show_sign_in(app: web::Data<App>) -> Result<HttpResponse, ApiError> {
    pages::message(
        &app,
        StatusCode::OK,
        MessageKind::Wait,
        "Signing in is not possible yet",
        "This version has no portal to sign in to. Open the connect link from your shop's or platform's payment \
         settings instead: it lets you enter your Stripe keys without signing in here.",
        None,
    )
}
