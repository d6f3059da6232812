//! Orders on the wire.

use db::Conn;
use db::orders::Order;
use db::payments::{Payment, PaymentState};
use domain::dashboard::payment_url;
use domain::incident::Incident;
use domain::order::{OrderStatus, PaymentStatus};
use domain::{Currency, Mode, OrderId, ShippingMethodId, StoreId};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::ApiError;
use crate::openapi::words;
use crate::payment_methods::wire::STRIPE;
use crate::personal::{Address, Contact, Row};
use crate::refunds::wire::{DisputeReply, RefundReply};
use crate::storefront::cart_wire::{LineReply, line_replies};
use crate::work::returned::Records;

/// Who reads the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// The shopper, with the order's token: nothing that is the merchant's business only.
    Shopper,
    /// The merchant's back end or another internal service.
    Merchant,
}

/// An order.
#[derive(Serialize, ToSchema)]
#[schema(as = Order)]
pub struct OrderReply {
    #[schema(value_type = words::Id)]
    id: OrderId,
    #[schema(value_type = words::Id)]
    store_id: StoreId,
    number: String,
    #[schema(value_type = words::Mode)]
    mode: Mode,
    #[schema(value_type = words::OrderStatusWord)]
    status: OrderStatus,
    #[schema(value_type = words::PaymentStatusWord)]
    payment_status: PaymentStatus,
    #[schema(value_type = words::Amount)]
    amount: i64,
    #[schema(value_type = words::Currency)]
    currency: Currency,
    items: Vec<LineReply>,
    #[schema(value_type = words::Amount)]
    subtotal: i64,
    shipping: Option<ShippingReply>,
    payment_method_id: String,
    email: Option<String>,
    shipping_address: Option<Address>,
    billing_address: Option<Address>,
    payment_intent_id: Option<String>,
    last_payment_error: Option<PaymentErrorReply>,
    created_at: Timestamp,
    updated_at: Timestamp,
    paid_at: Option<Timestamp>,
    #[serde(flatten)]
    #[schema(ignore)]
    money: Option<MoneyReply>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    order_token: Option<String>,
    #[serde(flatten)]
    #[schema(ignore)]
    returned: Option<ReturnedReply>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    attention: Option<Vec<AttentionReply>>,
}

/// How the order is shipped, as it was when it was placed.
#[derive(Serialize, ToSchema)]
#[schema(as = OrderShipping)]
pub struct ShippingReply {
    #[schema(value_type = words::Id)]
    method_id: ShippingMethodId,
    name: Option<String>,
    #[schema(value_type = words::Amount)]
    amount: i64,
}

/// Where the order's money is, for the merchant. Amounts are in the smallest unit.
#[derive(Serialize, ToSchema)]
#[schema(as = OrderMoney)]
pub struct MoneyReply {
    #[schema(value_type = words::Amount)]
    amount_captured: i64,
    /// Until when what is held can be taken; `null` where nothing is held or that has no end.
    capture_before: Option<Timestamp>,
    /// The payment in Stripe's dashboard.
    dashboard_url: Option<String>,
}

impl MoneyReply {
    fn of(payment: Option<&Payment>) -> Self {
        let held = payment.filter(|payment| payment.status == PaymentState::Authorized);
        Self {
            amount_captured: payment.map_or(0, |payment| payment.captured_minor),
            capture_before: held.and_then(|payment| payment.capture_before),
            dashboard_url: payment.and_then(dashboard_url),
        }
    }
}

/// What went back of the order's payment.
#[derive(Serialize, ToSchema)]
#[schema(as = OrderReturns)]
pub struct ReturnedReply {
    #[schema(value_type = words::Amount)]
    amount_refunded: i64,
    refunds: Vec<RefundReply>,
    disputes: Vec<DisputeReply>,
}

/// Why the last attempt to pay failed, in Stripe's codes.
#[derive(Serialize, ToSchema)]
#[schema(as = PaymentError)]
pub struct PaymentErrorReply {
    code: Option<String>,
    decline_code: Option<String>,
}

/// Something about the order that needs a person.
#[derive(Serialize, ToSchema)]
#[schema(as = Attention)]
pub struct AttentionReply {
    code: String,
    message: &'static str,
    since: Timestamp,
    /// The order's payment in Stripe's dashboard.
    dashboard_url: Option<String>,
}

impl OrderReply {
    /// Reads everything that belongs to an order.
    pub async fn load(
        app: &App,
        conn: &mut Conn,
        order: &Order,
        audience: Audience,
    ) -> Result<Self, ApiError> {
        let lines = db::orders::lines(conn, order.store_id, order.id).await?;
        let payment = db::payments::find_open_by_order(conn, order.store_id, order.id).await?;
        let contact = contact(app, order)?;
        let (attention, returned) = match audience {
            Audience::Shopper => (None, None),
            Audience::Merchant => (
                Some(attention(conn, order, payment.as_ref()).await?),
                Some(returned(conn, order, payment.as_ref()).await?),
            ),
        };
        let money = match audience {
            Audience::Shopper => None,
            Audience::Merchant => Some(MoneyReply::of(payment.as_ref())),
        };
        // What failed before the money came does not matter any more.
        let failed = payment
            .as_ref()
            .filter(|payment| payment.last_error_code.is_some() && !payment.status.holds_money());
        Ok(Self {
            id: order.id,
            store_id: order.store_id,
            number: order.number.to_string(),
            mode: order.mode,
            status: order.status,
            payment_status: order.payment_status,
            amount: order.amount_minor,
            currency: order.currency,
            items: line_replies(order.currency, lines)?,
            subtotal: order.amount_minor - order.shipping_minor,
            shipping: order.shipping_method_id.map(|method_id| ShippingReply {
                method_id,
                name: order.shipping_name.clone(),
                amount: order.shipping_minor,
            }),
            payment_method_id: order
                .payment_method_id
                .map_or_else(|| STRIPE.to_owned(), |id| id.to_string()),
            email: contact.email,
            shipping_address: contact.shipping_address,
            billing_address: contact.billing_address,
            last_payment_error: failed.map(|payment| PaymentErrorReply {
                code: payment.last_error_code.clone(),
                decline_code: payment.last_decline_code.clone(),
            }),
            payment_intent_id: payment.and_then(|payment| payment.payment_intent_id),
            created_at: order.created_at,
            updated_at: order.updated_at,
            paid_at: order.paid_at,
            money,
            order_token: None,
            returned,
            attention,
        })
    }

    /// Adds the token, for the answer to whoever placed the order.
    #[must_use]
    pub fn with_token(mut self, token: &SecretString) -> Self {
        self.order_token = Some(token.expose_secret().to_owned());
        self
    }
}

/// What the shopper told when placing the order.
pub fn contact(app: &App, order: &Order) -> Result<Contact, ApiError> {
    let row = Row {
        store_id: order.store_id,
        table: "orders",
        id: *order.id.as_uuid(),
    };
    Contact::open(&app.vault, row, order.contact_sealed.as_deref())
}

async fn returned(
    conn: &mut Conn,
    order: &Order,
    payment: Option<&Payment>,
) -> Result<ReturnedReply, ApiError> {
    let mut records = Records::default();
    let mut amount_refunded = 0;
    // Of what was never taken nothing can go back.
    if let Some(payment) = payment.filter(|payment| payment.captured_minor > 0) {
        records = Records::load(conn, order.store_id, payment.id).await?;
        amount_refunded = records.returned(payment).refunded_minor;
    }
    Ok(ReturnedReply {
        amount_refunded,
        refunds: records.refunds.into_iter().map(RefundReply::from).collect(),
        disputes: (records.disputes.into_iter())
            .map(DisputeReply::from)
            .collect(),
    })
}

/// Where a payment opens in Stripe's dashboard, for whoever may see its account.
pub fn dashboard_url(payment: &Payment) -> Option<String> {
    let intent = payment.payment_intent_id.as_deref()?;
    Some(payment_url(&payment.account_id, payment.mode, intent))
}

async fn attention(
    conn: &mut Conn,
    order: &Order,
    payment: Option<&Payment>,
) -> Result<Vec<AttentionReply>, ApiError> {
    let open = db::incidents::list_open(conn, order.store_id, order.id).await?;
    let reply = |incident: db::incidents::OpenIncident| {
        let message = Incident::from_code(&incident.code)
            .map_or("Look at this order in Stripe.", Incident::message);
        AttentionReply {
            code: incident.code,
            message,
            since: incident.since,
            dashboard_url: payment.and_then(dashboard_url),
        }
    };
    Ok(open.into_iter().map(reply).collect())
}
