//! `tillgate webhook listen`: real Stripe's test events for a store, in the foreground, for a gateway that cannot start
//! the `stripe` command itself: one in a container, or one that was started without it.
//!
//! The gateway must accept what the command signs. It is another process, so the secret goes to it through the
//! database that both use, sealed, and lent for minutes at a time. Printing it for a person to paste would put it into
//! terminals and clipboards, and leave it behind; a secret that somebody forgot to remove would go on verifying.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use domain::return_url::Origin;
use domain::{Mode, StoreId};
use tokio::sync::{mpsc, watch};

use super::signals::Signals;
use super::store::find;
use super::{open, print};
use crate::app::App;
use crate::forwarder::listen::{Heard, Target, supervise};
use crate::forwarder::loan::Loan;
use crate::forwarder::skip::{Skip, fits};
use crate::forwarder::{is_stripe, login};
use crate::settings::{Defaults, Environment};

/// Well within a loan's time, so that one busy moment of the database costs nothing.
const EXTEND_EVERY: Duration = Duration::from_mins(1);
/// Lines that wait to be printed.
const MAX_WAITING: usize = 64;

/// Arguments of `webhook listen`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The store's id
    #[arg(long, value_name = "ID")]
    store: StoreId,
    /// The origin at which the gateway answers, such as `http://127.0.0.1:8080` [default: `PUBLIC_URL`]
    #[arg(long, value_name = "URL", value_parser = origin)]
    to: Option<Origin>,
}

fn origin(text: &str) -> Result<Origin, String> {
    Origin::parse(text).map_err(|error| error.to_string())
}

/// Runs until SIGTERM or Ctrl-C; prints events and the gateway's answers as the `stripe` command does.
pub async fn run(args: &Args) -> anyhow::Result<()> {
    let mut signals = Signals::install()?;
    let settings = open::settings(&Defaults::default())?;
    ensure!(
        settings.environment == Environment::Development,
        "`tillgate webhook listen` is for development: in production Stripe reaches the gateway itself"
    );
    if !is_stripe(&settings.stripe_api_base) {
        bail!(Skip::StandIn);
    }
    let app = open::app(settings).await?;
    let done = listen(&app, args, &mut signals).await;
    open::close(&app).await;
    done
}

async fn listen(app: &App, args: &Args, signals: &mut Signals) -> anyhow::Result<()> {
    let target = target(app, args).await?;
    fits(&login::find().await?, &target.account_id)?;
    tracing::info!(
        account_id = target.account_id,
        forward_to = target.forward_to,
        "forwarding test events until Ctrl-C"
    );
    let (stop, stopped) = watch::channel(false);
    let (tell, mut heard) = mpsc::channel(MAX_WAITING);
    let mut desk = Desk {
        app,
        store_id: args.store,
        account_id: target.account_id.clone(),
        loan: None,
    };
    let attend = async {
        let attended = desk.attend(&mut heard, signals).await;
        stop.send_replace(true);
        // What it still says must not keep it from ending.
        while heard.recv().await.is_some() {}
        attended
    };
    let (ended, attended) = tokio::join!(supervise(&target, tell, stopped), attend);
    let taken_back = desk.take_back().await;
    attended?;
    taken_back.context("the lent signing secret ends by itself within five minutes")?;
    ended.map_or(Ok(()), |skip| Err(skip.into()))
}

async fn target(app: &App, args: &Args) -> anyhow::Result<Target> {
    find(app, args.store).await?;
    let connections = db::connections::list(&mut app.db.read().await?, args.store).await?;
    let test = connections.iter().find(|one| one.mode == Mode::Test);
    let Some(test) = test else {
        if connections.is_empty() {
            bail!("the store is not connected: connect the test keys of its account first");
        }
        bail!(Skip::LiveKey);
    };
    let gateway = args
        .to
        .clone()
        .unwrap_or_else(|| app.settings.public_origin());
    ensure!(
        app.settings.bind_addr.port() != 0 || args.to.is_some(),
        "BIND_ADDR leaves the port open: say with --to where the gateway answers"
    );
    Ok(Target {
        account_id: test.account_id.clone(),
        forward_to: format!("{gateway}/webhook/stripe/{}", args.store),
    })
}

/// What is done with what is heard.
struct Desk<'a> {
    app: &'a App,
    store_id: StoreId,
    account_id: String,
    loan: Option<Loan>,
}

impl Desk<'_> {
    /// Until a signal, or the end of the forwarder or of the loan.
    async fn attend(
        &mut self,
        heard: &mut mpsc::Receiver<Heard>,
        signals: &mut Signals,
    ) -> anyhow::Result<()> {
        let mut extend = tokio::time::interval(EXTEND_EVERY);
        loop {
            tokio::select! {
                () = signals.next() => return Ok(()),
                news = heard.recv() => match news {
                    Some(news) => self.note(news).await?,
                    None => return Ok(()),
                },
                _ = extend.tick() => self.extend().await?,
            }
        }
    }

    async fn note(&mut self, news: Heard) -> anyhow::Result<()> {
        match news {
            Heard::Secret(secret) => {
                self.take_back().await?;
                let loan = Loan::begin(self.app, self.store_id, &self.account_id, &secret).await?;
                self.loan = Some(loan.context(
                    "the store has been connected to another account meanwhile: start again",
                )?);
                tracing::info!("the gateway accepts what the Stripe CLI signs");
            }
            Heard::Words(words) => print::line(&words)?,
            Heard::Died {
                status,
                said,
                again_in,
            } => tracing::warn!(
                status,
                said,
                again_in_s = again_in.as_secs(),
                "the Stripe CLI ended by itself and is started again"
            ),
        }
        Ok(())
    }

    async fn extend(&self) -> anyhow::Result<()> {
        let Some(loan) = &self.loan else {
            return Ok(());
        };
        match loan.extend(self.app).await {
            Ok(true) => {}
            Ok(false) => {
                bail!("the gateway no longer accepts what the Stripe CLI signs: start again")
            }
            // It lasts for some more attempts.
            Err(error) => {
                tracing::warn!(error = ?error, "the lent signing secret could not be extended");
            }
        }
        Ok(())
    }

    async fn take_back(&mut self) -> anyhow::Result<()> {
        match self.loan.take() {
            Some(loan) => Ok(loan.end(self.app).await?),
            None => Ok(()),
        }
    }
}
