//! Every documented call × every wrong credential: refused as the contract says, and "not yours" looks like "not there".
//!
//! The calls come from the same operations as the document, so that a new route is tried without being named here. Routes that
//! anybody may call are named in [`OPEN`], each with its reason in its `Access`.

mod things;

use gateway::openapi::access::Credential;
use gateway::openapi::operation::Operation;
use gateway::openapi::operations;

use crate::harness::{Reply, TestApp, stories};
use things::{Stores, Things};

stories!(
    every_wrong_credential_is_refused_without_a_hint,
    the_right_credential_is_taken,
    a_test_key_lists_no_live_data,
);

/// What anybody may call. Whoever adds one here has thought of who may.
const OPEN: [&str; 13] = [
    "listProducts",
    "showProduct",
    "createCart",
    "showCart",
    "replaceCartItems",
    "listShippingMethods",
    "listPaymentMethods",
    "createCheckout",
    "createPaymentLink",
    "createOrder",
    "showPublicStatus",
    "showHealth",
    "showReadiness",
];

/// What is wrong with what a caller sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrong {
    Nothing,
    OtherStoresKey,
    MadeUpKey,
    TestKeyOnLiveData,
    OtherOrdersToken,
    OtherStoresOrderToken,
    OtherCheckoutsToken,
    OtherStoresCheckoutToken,
    ExpiredCheckoutToken,
    TamperedCheckoutToken,
    TamperedLinkToken,
    MadeUpInternalSecret,
    InternalSecretAsBearer,
    OtherStoresSignature,
}

impl Wrong {
    const ALL: [Self; 14] = [
        Self::Nothing,
        Self::OtherStoresKey,
        Self::MadeUpKey,
        Self::TestKeyOnLiveData,
        Self::OtherOrdersToken,
        Self::OtherStoresOrderToken,
        Self::OtherCheckoutsToken,
        Self::OtherStoresCheckoutToken,
        Self::ExpiredCheckoutToken,
        Self::TamperedCheckoutToken,
        Self::TamperedLinkToken,
        Self::MadeUpInternalSecret,
        Self::InternalSecretAsBearer,
        Self::OtherStoresSignature,
    ];

    /// Whether the call must be refused. Anybody may call an open route with a credential that it does not read.
    fn must_be_refused(self, operation: &Operation) -> bool {
        let reads = |credential| operation.access.credentials().contains(&credential);
        let names_live_data = ["cart_id", "order_id", "payment_intent_id", "event_id"]
            .iter()
            .any(|name| things::names(operation, name));
        match self {
            Self::TestKeyOnLiveData => {
                names_live_data && (reads(Credential::ApiKey) || !operation.access.is_open())
            }
            Self::OtherStoresKey | Self::MadeUpKey => {
                reads(Credential::ApiKey) || !operation.access.is_open()
            }
            Self::OtherCheckoutsToken
            | Self::OtherStoresCheckoutToken
            | Self::ExpiredCheckoutToken
            | Self::TamperedCheckoutToken => {
                reads(Credential::CheckoutToken) || !operation.access.is_open()
            }
            _ => !operation.access.is_open(),
        }
    }
}

/// The call with what is wrong, about what these things are.
async fn call(
    app: &TestApp,
    stores: &Stores,
    operation: &Operation,
    wrong: Wrong,
    things: &Things,
) -> Reply {
    let mut things = things.clone();
    if operation.access.credentials() == [Credential::LinkToken]
        || wrong == Wrong::TamperedLinkToken
    {
        // The token stands in the path.
        things.insert("link_token", things::tampered_link_token());
    }
    let mut request = things::request(app, operation, &things);
    let theirs = &stores.theirs;
    let bearer = match wrong {
        Wrong::Nothing => None,
        Wrong::OtherStoresKey => Some(theirs.api_key.clone()),
        Wrong::MadeUpKey => Some(format!("tgk_live_{}", "FAKE".repeat(11))),
        Wrong::TestKeyOnLiveData => Some(stores.test_key.clone()),
        Wrong::OtherOrdersToken => Some(stores.other["order_token"].clone()),
        Wrong::OtherStoresOrderToken => Some(stores.foreign["order_token"].clone()),
        Wrong::OtherCheckoutsToken => Some(stores.other["checkout_token"].clone()),
        Wrong::OtherStoresCheckoutToken => Some(stores.foreign["checkout_token"].clone()),
        Wrong::ExpiredCheckoutToken => Some(stores.expired_checkout_token(app)),
        Wrong::TamperedCheckoutToken => Some(stores.tampered_checkout_token()),
        Wrong::TamperedLinkToken => Some(things::tampered_link_token()),
        Wrong::InternalSecretAsBearer => Some(crate::harness::INTERNAL_SECRET.to_owned()),
        Wrong::MadeUpInternalSecret => {
            request = request.header(
                "X-Internal-Secret",
                "FAKE-secret-of-somebody-else-0123456789",
            );
            None
        }
        Wrong::OtherStoresSignature => {
            let body = things::body(operation, &things).unwrap_or_default();
            let signature = app.signature(body.as_bytes(), &theirs.webhook_secret);
            request = request.header("Stripe-Signature", signature);
            None
        }
    };
    if let Some(bearer) = bearer {
        request = request.bearer(&bearer);
    }
    request.send().await
}

async fn every_wrong_credential_is_refused_without_a_hint(app: &TestApp) {
    let stores = Stores::open(app).await;
    let before = stores.contents(app).await;
    let absent = things::absent();
    let mut tried = 0;
    for operation in operations() {
        assert_eq!(
            operation.access.is_open(),
            OPEN.contains(&operation.id),
            "{}: is it meant for anybody?",
            operation.id
        );
        for wrong in Wrong::ALL
            .into_iter()
            .filter(|wrong| wrong.must_be_refused(&operation))
        {
            let reply = call(app, &stores, &operation, wrong, &stores.ours_live).await;
            let of_stripe = operation.access.credentials() == [Credential::StripeSignature];
            let refusals: &[u16] = if of_stripe {
                &[400]
            } else {
                &[401, 403, 404, 410]
            };
            let told = format!(
                "{} with {wrong:?}: {} {}",
                operation.id, reply.status, reply.text
            );
            assert!(refusals.contains(&reply.status.as_u16()), "{told}");
            let code = reply.json()["error"]["code"].as_str().unwrap().to_owned();
            reply.expect_error(reply.status.as_u16(), &code);
            tried += 1;
            // Not what is there: the same words.
            let mut not_there = absent.clone();
            not_there.insert("store_id", stores.ours_live["store_id"].clone());
            let for_absent = call(app, &stores, &operation, wrong, &not_there).await;
            assert_eq!(reply.anonymous(), for_absent.anonymous(), "{told}");
        }
    }
    assert!(tried > 300, "only {tried} refusals were tried");
    assert_eq!(
        stores.contents(app).await,
        before,
        "a refused call changed something"
    );
}

/// So that the refusals above are not for another reason.
async fn the_right_credential_is_taken(app: &TestApp) {
    let stores = Stores::open(app).await;
    // What is deleted is deleted last.
    let mut operations = operations();
    operations.sort_by_key(|operation| operation.method.as_str() == "DELETE");
    for operation in operations {
        let mut request = things::request(app, &operation, &stores.ours_live);
        let credentials = operation.access.credentials();
        if credentials.contains(&Credential::LinkToken)
            || credentials.contains(&Credential::StripeSignature)
        {
            continue;
        }
        if credentials.contains(&Credential::InternalSecret) {
            request = request.header("X-Internal-Secret", crate::harness::INTERNAL_SECRET);
        } else if credentials.first() == Some(&Credential::CheckoutToken) {
            request = request.bearer(&stores.ours_live["checkout_token"]);
        } else if credentials.contains(&Credential::OrderToken) {
            request = request.bearer(&stores.ours_live["order_token"]);
        } else if credentials.contains(&Credential::ApiKey) {
            request = request.bearer(&stores.live_key);
        }
        let reply = request.send().await;
        let refused = [401, 403, 404, 405, 410].contains(&reply.status.as_u16());
        assert!(
            !refused,
            "{}: {} {}",
            operation.id, reply.status, reply.text
        );
        assert!(
            !reply.status.is_server_error(),
            "{}: {}",
            operation.id,
            reply.text
        );
    }
}

async fn a_test_key_lists_no_live_data(app: &TestApp) {
    let stores = Stores::open(app).await;
    for operation in operations() {
        let is_list = operation.method.as_str() == "GET"
            && operation.access.credentials() == [Credential::ApiKey]
            && !things::names(&operation, "order_id");
        if !is_list {
            continue;
        }
        let request = things::request(app, &operation, &stores.ours_live);
        let reply = request.bearer(&stores.test_key).send().await;
        for name in ["order_id", "payment_intent_id", "event_id"] {
            let id = &stores.ours_live[name];
            assert!(
                !reply.text.contains(id.as_str()),
                "{}: {}",
                operation.id,
                reply.text
            );
        }
    }
}
