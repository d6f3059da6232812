//! `GET /v1/account`. Source: Stripe API reference, "The Account object".

use serde_json::{Value, json};

use crate::state::Standing;
use crate::v1::{Call, StripeError};

/// The account that the key belongs to.
#[expect(clippy::unnecessary_wraps, reason = "every handler has one shape")]
pub(crate) fn retrieve(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let spec = &call.ledger.spec;
    Ok(json!({
        "id": spec.account_id,
        "object": "account",
        "business_profile": {
            "mcc": null, "name": spec.business_name, "product_description": null,
            "support_address": null, "support_email": null, "support_phone": null,
            "support_url": null, "url": null,
        },
        "business_type": "company",
        "capabilities": { "card_payments": "active", "transfers": "active" },
        "charges_enabled": call.ledger.standing == Standing::Active,
        "controller": { "type": "account" },
        "country": spec.country,
        "created": call.ledger.created,
        "default_currency": spec.default_currency,
        "details_submitted": true,
        "email": null,
        "external_accounts": {
            "object": "list", "data": [], "has_more": false, "total_count": 0,
            "url": format!("/v1/accounts/{}/external_accounts", spec.account_id),
        },
        "metadata": {},
        "payouts_enabled": true,
        "settings": {
            "branding": {},
            "card_payments": {
                "decline_on": { "avs_failure": false, "cvc_failure": false },
                "statement_descriptor_prefix": null,
            },
            "dashboard": { "display_name": spec.business_name, "timezone": "Etc/UTC" },
            "payments": {
                "statement_descriptor": "SANDBOX", "statement_descriptor_kana": null,
                "statement_descriptor_kanji": null,
            },
        },
        "type": "standard",
    }))
}
