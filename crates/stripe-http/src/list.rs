//! What belongs to one PaymentIntent, page by page (API reference, "Pagination").

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::request::Path;
use crate::{Client, Error, PaymentIntentId};

/// The most that one page may have.
const PER_PAGE: usize = 100;

/// Far more than a payment has; a list that does not end is no list.
const MAX_PAGES: usize = 20;

#[derive(Serialize)]
struct Query<'a> {
    payment_intent: &'a str,
    limit: usize,
    starting_after: Option<String>,
}

#[derive(Deserialize)]
struct Page<T> {
    data: Vec<T>,
    #[serde(default)]
    has_more: bool,
}

/// Everything at `path` that belongs to the PaymentIntent, newest first.
pub(crate) async fn of_intent<T: DeserializeOwned>(
    client: &Client,
    path: &'static str,
    intent: &PaymentIntentId,
    id: impl Fn(&T) -> &str,
) -> Result<Vec<T>, Error> {
    let mut all: Vec<T> = Vec::new();
    for _ in 0..MAX_PAGES {
        let query = Query {
            payment_intent: intent.as_str(),
            limit: PER_PAGE,
            starting_after: all.last().map(|last| id(last).to_owned()),
        };
        let page: Page<T> = client.get_with(Path::fixed(path), &query).await?;
        let goes_on = page.has_more && !page.data.is_empty();
        all.extend(page.data);
        if !goes_on {
            break;
        }
    }
    Ok(all)
}
