//! What is known about an order at this moment, gathered for [`domain::waiting`].

use db::Conn;
use db::connection_jobs::{self, Job};
use db::orders::Order;
use db::payment_actions::{self, Action};
use db::payments::{Payment, PaymentState};
use db::stores::Store;
use domain::StoreId;
use domain::connection_problem::ConnectionProblem;
use domain::incident::Incident;
use domain::order::OrderStatus;
use domain::returned::RefundStatus;
use domain::waiting::{
    Account, AtStripe, DueAction, Facts, OrderFacts, PaymentFacts, WaitsFor, waits_for,
};

use crate::app::App;
use crate::connect::problems;
use crate::connect::signing::Signing;
use crate::error::ApiError;
use crate::stripe;
use crate::work::returned::Records;

/// Whether Stripe was asked about the order's payment just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    Fresh,
    Stale,
}

/// What the order waits for, by our records.
pub(super) async fn find(
    app: &App,
    conn: &mut Conn,
    store: &Store,
    order: &Order,
    look: Look,
) -> Result<Option<WaitsFor>, ApiError> {
    let store_id = store.id;
    let payment = db::payments::find_open_by_order(conn, store_id, order.id).await?;
    let (account, problems) = account(app, conn, store_id, order, payment.as_ref()).await?;
    let open = db::incidents::list_open(conn, store_id, order.id).await?;
    let incidents: Vec<Incident> = open
        .iter()
        .filter_map(|incident| Incident::from_code(&incident.code).ok())
        .collect();
    let mut has_pending_event = false;
    let mut due_action = None;
    let mut has_open_refund = false;
    let mut next_look_minutes = None;
    if let Some(payment) = &payment {
        if let (Some(intent), Look::Stale) = (&payment.payment_intent_id, look) {
            has_pending_event = db::inbox::is_pending(conn, store_id, payment.mode, intent).await?;
        }
        let due = payment_actions::find_due(conn, store_id, payment.id).await?;
        due_action = due.map(|due| match due.action {
            Action::Capture => DueAction::Capture,
            Action::Cancel => DueAction::Cancel,
        });
        let records = Records::load(conn, store_id, payment.id).await?;
        has_open_refund = records.refunds.iter().any(|refund| {
            matches!(
                refund.status,
                RefundStatus::Creating | RefundStatus::Pending | RefundStatus::RequiresAction
            )
        });
        next_look_minutes = next_look(app, conn, store_id, payment).await?;
    }
    let held_until = payment.as_ref().and_then(held_until);
    Ok(waits_for(&Facts {
        order: OrderFacts {
            status: order.status,
            payment_status: order.payment_status,
            is_paid_by_hand: order.payment_method_id.is_some(),
            keeps_stock: order.stock_taken,
            captures_at: store.capture_on.parse().unwrap_or(OrderStatus::Confirmed),
        },
        payment: payment.as_ref().map(|payment| PaymentFacts {
            at_stripe: at_stripe(payment),
            is_fresh: look == Look::Fresh || payment.payment_intent_id.is_none(),
            last_error: payment
                .last_decline_code
                .as_deref()
                .or(payment.last_error_code.as_deref()),
            held_until: held_until.as_deref(),
            next_look_minutes,
        }),
        account,
        problems: &problems,
        incidents: &incidents,
        has_pending_event,
        due_action,
        has_open_refund,
    }))
}

/// The account that took the payment, or would take it, and what is wrong with its connection.
async fn account(
    app: &App,
    conn: &mut Conn,
    store_id: StoreId,
    order: &Order,
    payment: Option<&Payment>,
) -> Result<(Account, Vec<ConnectionProblem>), ApiError> {
    let connection = match payment {
        Some(payment) => {
            let (mode, account_id) = (payment.mode, &payment.account_id);
            db::connections::find_account(conn, store_id, mode, account_id).await?
        }
        None => db::connections::find(conn, store_id, order.mode).await?,
    };
    let Some(connection) = connection else {
        return Ok((Account::Missing, Vec::new()));
    };
    let secrets = db::webhook_secrets::list_valid(conn, store_id, app.now()).await?;
    let open = problems::list(conn, store_id).await?;
    let signing = Signing::of(app, store_id, &connection, &secrets);
    let found = problems::of(app, &connection, &signing, &open);
    let codes = found
        .iter()
        .filter_map(|problem| ConnectionProblem::from_code(problem.code));
    let account = if connection.reconnect_needed || stripe::is_elsewhere(app, &connection) {
        Account::Refused
    } else {
        Account::Connected
    };
    Ok((account, codes.collect()))
}

/// What Stripe said last; a payment without a PaymentIntent waits for its shopper, who never got a form to pay.
fn at_stripe(payment: &Payment) -> AtStripe {
    if payment.payment_intent_id.is_none() {
        return AtStripe::AwaitsShopper;
    }
    match payment.stripe_status.as_deref() {
        None => AtStripe::Unknown,
        Some("requires_payment_method" | "requires_confirmation") => AtStripe::AwaitsShopper,
        Some("requires_action") => AtStripe::AwaitsAction,
        Some("requires_capture" | "succeeded" | "canceled") => AtStripe::Decided,
        Some(_) => AtStripe::Processing,
    }
}

fn held_until(payment: &Payment) -> Option<String> {
    let held = Some(payment).filter(|payment| payment.status == PaymentState::Authorized)?;
    // To the minute, as people read it.
    Some(
        held.capture_before?
            .strftime("%Y-%m-%d %H:%M UTC")
            .to_string(),
    )
}

/// Until the payment itself, or the account's list of events, is looked at.
async fn next_look(
    app: &App,
    conn: &mut Conn,
    store_id: StoreId,
    payment: &Payment,
) -> Result<Option<i64>, ApiError> {
    let (mode, account_id) = (payment.mode, &payment.account_id);
    let of_payment = db::payment_checks::due_at(conn, store_id, payment.id).await?;
    let job = connection_jobs::find(conn, store_id, mode, account_id, Job::Reconcile).await?;
    let due_at = [of_payment, job.map(|job| job.next_run_at)]
        .into_iter()
        .flatten()
        .min();
    // Rounded up: it is a promise.
    let wait_s = due_at.map(|due_at| due_at.duration_since(app.now()).as_secs());
    Ok(wait_s.map(|wait_s| (wait_s.max(0) + 59) / 60))
}
