//! The hosted billing portal, `/p/session/{secret}`. Source: Stripe docs, "Customer portal".

mod act;
mod sections;
mod show;

pub(super) use act::act;
pub(super) use show::show;

use serde_json::Value;

use crate::api::portal::{CONFIGURATION, LINK, SESSION};
use crate::state::{Document, Ledger};

/// A page may be used for so long after the merchant has made its session.
const OPEN_SECONDS: i64 = 60 * 60;

/// A page that may be used.
struct Visit {
    session: Document,
    features: Value,
    customer: String,
}

/// The visit of a page's address, unless its time is over.
fn visit(ledger: &Ledger, secret: &str, now: i64) -> Option<Visit> {
    let link = ledger.documents.get(LINK, secret)?;
    let session = ledger
        .documents
        .get(SESSION, link.get("session")?.as_str()?)?;
    let created = session.get("created")?.as_i64()?;
    let configuration = session.get("configuration")?.as_str()?;
    let configuration = ledger.documents.get(CONFIGURATION, configuration)?;
    (now < created + OPEN_SECONDS).then(|| Visit {
        customer: text(session, "customer").to_owned(),
        features: configuration.get("features").cloned().unwrap_or_default(),
        session: session.clone(),
    })
}

impl Visit {
    fn may(&self, feature: &str) -> bool {
        self.features[feature]["enabled"] == true
    }

    /// The customer's subscriptions that have not ended, newest first.
    fn subscriptions<'a>(&'a self, ledger: &'a Ledger) -> impl Iterator<Item = &'a Document> {
        let all = ledger.documents.all("subscription").rev();
        all.filter(|subscription| {
            text(subscription, "customer") == self.customer
                && !matches!(
                    text(subscription, "status"),
                    "canceled" | "incomplete_expired"
                )
        })
    }

    /// The prices that a subscription may change to.
    fn offers(&self) -> Vec<String> {
        let products = self.features["subscription_update"]["products"].as_array();
        let prices = products
            .into_iter()
            .flatten()
            .flat_map(|product| product["prices"].as_array().into_iter().flatten());
        prices
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    }
}

fn text<'a>(document: &'a Document, name: &str) -> &'a str {
    document
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
}
