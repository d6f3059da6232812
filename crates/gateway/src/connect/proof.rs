//! Asks Stripe whose keys these are, before anything is kept.

use domain::Mode;
use stripe_http::account::{self, Account};
use stripe_http::setup_intents::{self, CreateParams, SetupIntent};
use stripe_http::{Client, Error};
use uuid::Uuid;

use super::keys::{ConnectError, ConnectInput};
use super::permissions::{self, Probed};
use super::shape::{FormErrors, OTHER_ACCOUNT};
use crate::app::App;

/// What Stripe says about the keys.
pub(super) struct Proven {
    /// The account of both.
    pub(super) account: Account,
    /// What the secret key may do there.
    pub(super) permissions: Probed,
}

/// The account of the secret key, once Stripe has shown that the key may do what we need and that the publishable key is of
/// the same account.
pub(super) async fn ask(
    app: &App,
    input: &ConnectInput,
    mode: Mode,
) -> Result<Proven, ConnectError> {
    let client = app.stripe.client(input.secret_key.clone());
    let permissions = permissions::probe(&client, &input.secret_key).await;
    let missing = permissions.missing_required();
    if !missing.is_empty() {
        return Err(lacks(&missing));
    }
    let account = account::retrieve(&client).await.map_err(account_refused)?;
    prove_same_account(app, &client, &input.publishable_key, mode).await?;
    Ok(Proven {
        account,
        permissions,
    })
}

fn lacks(titles: &[&str]) -> ConnectError {
    let names: Vec<String> = titles.iter().map(|title| format!("“{title}”")).collect();
    ConnectError::refused(FormErrors::secret_key(format!(
        "Stripe accepts this restricted key, but it lacks {}. Add that to the key in Stripe's Dashboard, then paste it here \
         again.",
        names.join(", ")
    )))
}

fn account_refused(error: Error) -> ConnectError {
    match error {
        Error::Authentication(_) => ConnectError::refused(FormErrors::secret_key(KEY_REFUSED)),
        Error::Permission(_) => lacks(&[permissions::PERMISSIONS[0].title]),
        error => ConnectError::Stripe(error),
    }
}

const KEY_REFUSED: &str = "Stripe does not accept this key. It may have been rolled, deleted or not copied whole. Copy it again from Stripe.";

/// A `SetupIntent` made with the secret key can be read with a publishable key of the same account only. It moves
/// no money and is cancelled again.
async fn prove_same_account(
    app: &App,
    client: &Client,
    publishable_key: &str,
    mode: Mode,
) -> Result<(), ConnectError> {
    let intent =
        match setup_intents::create(client, &CreateParams::default(), &Uuid::new_v4().into()).await
        {
            Ok(intent) => intent,
            Err(error) => return without_intent(error),
        };
    let Some(client_secret) = &intent.client_secret else {
        return Ok(());
    };
    let read = setup_intents::retrieve_with_publishable_key(
        &app.stripe,
        publishable_key,
        &intent.id,
        client_secret,
    )
    .await;
    if let Err(error) = setup_intents::cancel(client, &intent.id, &Uuid::new_v4().into()).await {
        tracing::info!(%error, "the SetupIntent of the key check stays open; it moves no money");
    }
    judge(read, mode)
}

/// A restricted key may not make one; then the account stays unproven, as with keys that tell nothing themselves.
fn without_intent(error: Error) -> Result<(), ConnectError> {
    match error {
        Error::Authentication(_) => Err(ConnectError::refused(FormErrors::secret_key(KEY_REFUSED))),
        error if error.is_transient() => Err(ConnectError::Stripe(error)),
        error => {
            tracing::info!(%error, "cannot prove that both keys are of one account: Stripe refused the SetupIntent");
            Ok(())
        }
    }
}

fn judge(read: Result<SetupIntent, Error>, mode: Mode) -> Result<(), ConnectError> {
    match read {
        Ok(intent) if intent.livemode == mode.is_live() => Ok(()),
        Ok(_) => Err(ConnectError::refused(FormErrors::secret_key(
            "Stripe says that this key is of the other mode. Copy both keys again from the same page at Stripe.",
        ))),
        Err(Error::Authentication(_) | Error::NotFound(_) | Error::Invalid(_)) => Err(
            ConnectError::refused(FormErrors::publishable_key(OTHER_ACCOUNT)),
        ),
        Err(error) if error.is_transient() => Err(ConnectError::Stripe(error)),
        Err(error) => {
            tracing::info!(%error, "cannot prove that both keys are of one account: Stripe refused the read");
            Ok(())
        }
    }
}
