//! Checks that several resources share.

use crate::currencies::{self, AmountProblem};
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

/// Refuses what no shopper can be sent back to: a web page or an app, but no script and no file.
pub(crate) fn return_url(param: &str, text: &str) -> Result<(), StripeError> {
    const NO_PLACE: &[&str] = &[
        "about",
        "blob",
        "data",
        "file",
        "javascript",
        "vbscript",
        "view-source",
    ];
    match url::Url::parse(text) {
        Ok(url) if !NO_PLACE.contains(&url.scheme()) => Ok(()),
        _ => Err(StripeError::invalid("Not a valid URL")
            .code("url_invalid")
            .param(param)),
    }
}

/// `name` within the parameter `prefix`, if there is one: `prefix[name]`.
pub(crate) fn within(prefix: &str, name: &str) -> String {
    if prefix.is_empty() {
        name.to_owned()
    } else {
        format!("{prefix}[{name}]")
    }
}

/// What Stripe says of a parameter that has to be there.
pub(crate) fn missing(param: &str) -> StripeError {
    StripeError::invalid(format!("Missing required param: {param}."))
        .code("parameter_missing")
        .param(param)
}

/// Refuses a text that is too long.
pub(crate) fn length(param: &str, text: &str, max_chars: usize) -> Result<(), StripeError> {
    if text.chars().count() <= max_chars {
        return Ok(());
    }
    Err(StripeError::too_long(param, text, max_chars))
}

/// Refuses a number that is too small.
pub(crate) fn at_least(param: &str, number: i64, minimum: i64) -> Result<(), StripeError> {
    if number >= minimum {
        return Ok(());
    }
    Err(StripeError::invalid(format!(
        "This value must be greater than or equal to {minimum}."
    ))
    .code("parameter_invalid_integer")
    .param(param))
}

/// Refuses a number that is too large.
pub(crate) fn at_most(param: &str, number: i64, maximum: i64) -> Result<(), StripeError> {
    if number <= maximum {
        return Ok(());
    }
    Err(StripeError::invalid(format!(
        "This value must be less than or equal to {maximum}."
    ))
    .code("parameter_invalid_integer")
    .param(param))
}

/// The supported currency, lower case.
pub(crate) fn currency(param: &str, text: &str) -> Result<&'static str, StripeError> {
    currencies::supported(text).ok_or_else(|| {
        let list = currencies::supported_list();
        StripeError::invalid(format!(
            "Invalid currency: {text}. Stripe currently supports these currencies: {list}"
        ))
        .param(param)
    })
}

/// Refuses an amount that no charge in the currency could have.
pub(crate) fn amount_limit(param: &str, amount: i64, currency: &str) -> Result<(), StripeError> {
    match currencies::check_amount(amount, currency) {
        Err(AmountProblem::TooLarge(maximum)) => {
            let message = format!("Amount must be no more than {maximum}");
            Err(StripeError::invalid(message)
                .code("amount_too_large")
                .param(param))
        }
        _ => Ok(()),
    }
}

/// Refuses what a browser cannot be sent to.
pub(crate) fn web_url(param: &str, text: &str) -> Result<(), StripeError> {
    let message = match url::Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => return Ok(()),
        Err(url::ParseError::RelativeUrlWithoutBase) => {
            "Invalid URL: An explicit scheme (such as https) must be provided."
        }
        _ => "Not a valid URL",
    };
    Err(StripeError::invalid(message)
        .code("url_invalid")
        .param(param))
}
