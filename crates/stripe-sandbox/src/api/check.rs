//! Checks of texts that several resources share.

use crate::v1::StripeError;

/// Refuses what cannot be an e-mail address.
pub(crate) fn email(param: &str, email: &str) -> Result<(), StripeError> {
    let parts = email.split_once('@');
    if parts.is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.')) {
        return Ok(());
    }
    Err(
        StripeError::invalid(format!("Invalid email address: {email}"))
            .code("email_invalid")
            .param(param),
    )
}

/// Refuses what is not an absolute URL.
pub(crate) fn url(param: &str, text: &str) -> Result<(), StripeError> {
    if url::Url::parse(text).is_ok() {
        return Ok(());
    }
    Err(StripeError::invalid("Not a valid URL")
        .code("url_invalid")
        .param(param))
}
