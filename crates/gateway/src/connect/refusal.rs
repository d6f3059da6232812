//! Why a visitor sees a plain page instead of the form, or instead of success.

use std::borrow::Cow;

use actix_web::HttpResponse;
use db::DbError;

use crate::app::App;
use crate::error::ApiError;
use crate::pages::{self, MessageKind};

/// A page that says no. The error gives its status and stands in the log.
#[derive(Debug)]
pub(super) struct Refusal {
    heading: &'static str,
    text: Cow<'static, str>,
    error: ApiError,
}

impl Refusal {
    /// 404
    pub(super) fn unknown_store() -> Self {
        Self {
            heading: "There is no such store",
            text: "The link names a store that does not exist here. Open it again from where you found it.".into(),
            error: ApiError::not_found("store"),
        }
    }

    /// 400
    pub(super) fn bad_return_url() -> Self {
        let text = "The link would send you to an address that is not on this store's list of allowed ones. \
            Ask whoever gave you the link to correct its return_url.";
        Self {
            heading: "This link is not right",
            text: text.into(),
            error: ApiError::malformed("return_url_not_allowed", text).param("return_url"),
        }
    }

    /// 400: a request that no form of ours sends.
    pub(super) fn unreadable(what: &'static str) -> Self {
        Self::from(ApiError::malformed("request_unreadable", what))
    }

    /// 401
    pub(super) fn no_token() -> Self {
        let text = "Entering a store's keys needs a connect link. Open one from your shop's payment settings.";
        Self {
            heading: "Open your connect link first",
            text: text.into(),
            error: ApiError::unauthorized("connect_token_missing", text),
        }
    }

    /// 410
    pub(super) fn token_gone() -> Self {
        let text = "A connect link works once, for 15 minutes. Open a new one from your shop's payment settings. \
            What is connected already stays as it is.";
        Self {
            heading: "This link was used or has expired",
            text: text.into(),
            error: ApiError::gone("connect_token_gone", text),
        }
    }

    /// 403
    pub(super) fn foreign_token() -> Self {
        let text = "The link is not one that was made for this store. Open a new one from your shop's payment settings.";
        Self {
            heading: "This link does not fit the store",
            text: text.into(),
            error: ApiError::forbidden("connect_token_invalid", text),
        }
    }

    /// 403
    pub(super) fn forged_form(why: &'static str) -> Self {
        let text = "The form did not come from our own page, or your browser refuses our cookie. \
            Nothing was changed. Open the connect link again and send the form from there.";
        Self {
            heading: "This form cannot be accepted",
            text: text.into(),
            error: ApiError::forbidden("csrf_token_invalid", text).caused_by(why),
        }
    }

    /// 429
    pub(super) fn too_many_tries(error: ApiError) -> Self {
        let text = "Wait half a minute, then open the connect link again. \
            What is connected already stays as it is.";
        Self {
            heading: "That was too many tries",
            text: text.into(),
            error,
        }
    }

    /// The page.
    pub(super) fn page(self, app: &App) -> Result<HttpResponse, ApiError> {
        let status = self.error.status();
        let kind = if status.is_server_error() {
            MessageKind::Wait
        } else {
            MessageKind::Error
        };
        let page = pages::message(app, status, kind, self.heading, &self.text, None)?;
        Ok(pages::with_cause(page, self.error))
    }
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        let heading = if error.status().is_server_error() {
            "This does not work right now"
        } else {
            "This cannot be read"
        };
        Self {
            heading,
            text: error.message().to_owned().into(),
            error,
        }
    }
}

impl From<DbError> for Refusal {
    fn from(error: DbError) -> Self {
        ApiError::from(error).into()
    }
}
