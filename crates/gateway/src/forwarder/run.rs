//! Keeps one forwarder for every store that needs one, as long as the gateway runs. Development only.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use db::DbError;
use domain::{Mode, StoreId};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::listen::{Heard, Target, supervise};
use super::login::{self, Login};
use super::skip::{Candidate, MAX_FORWARDERS, Skip, candidates, fits};
use super::{is_stripe, local_webhook_url};
use crate::app::App;
use crate::settings::Environment;

/// How soon a store that was connected, or whose secret was set, is noticed.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How long an answer of the `stripe` command about its login is believed while a store waits for a forwarder.
const LOGIN_GOOD_FOR: Duration = Duration::from_mins(1);
/// Connected stores that are looked at, newest first: a development database has a handful.
const MAX_STORES: i64 = 1_000;
/// Lines about stores that are left out for the same reason; the rest is counted.
const MAX_LINES: usize = 10;
/// Lines of a forwarder that wait to be read.
const MAX_WAITING: usize = 64;

/// Runs until told to stop; then every child has ended.
pub async fn run(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    if app.settings.environment != Environment::Development {
        return;
    }
    let mut forwarders = Forwarders::default();
    if !is_stripe(&app.settings.stripe_api_base) {
        forwarders.say(None, &Skip::StandIn);
        return;
    }
    while !*stop.borrow() {
        tokio::select! {
            looked = forwarders.look(&app) => {
                if let Err(error) = looked {
                    tracing::warn!(error = ?error, "could not look whose events need the Stripe CLI");
                }
            }
            _ = stop.changed() => break,
        }
        tokio::select! {
            () = sleep(LOOK_EVERY) => {}
            _ = stop.changed() => break,
        }
    }
    forwarders.end_all().await;
}

#[derive(Default)]
struct Forwarders {
    running: HashMap<StoreId, Forwarder>,
    /// What the command answered last, and when.
    login: Option<(Instant, Result<Login, Skip>)>,
    /// Reasons that were logged: of a store, or of the machine. Each is said once, until it no longer holds.
    said: HashMap<Option<StoreId>, Skip>,
}

struct Forwarder {
    account_id: String,
    stop: watch::Sender<bool>,
    task: JoinHandle<Option<Skip>>,
}

impl Forwarders {
    /// Ends what is no longer wanted, starts what is, and says why the others get none.
    async fn look(&mut self, app: &Arc<App>) -> Result<(), DbError> {
        let stores = load(app).await?;
        self.end_unwanted(&stores).await;
        let mut left_out: Vec<(StoreId, Skip)> = Vec::new();
        for store in &stores {
            if self.running.contains_key(&store.store_id) {
                continue;
            }
            let started = match store.wants() {
                Ok(account_id) => self.start(app, store.store_id, account_id).await,
                Err(skip) => Err(skip),
            };
            match started {
                Ok(()) => {
                    self.said.remove(&Some(store.store_id));
                }
                Err(skip) => left_out.push((store.store_id, skip)),
            }
        }
        self.say_all(left_out);
        Ok(())
    }

    async fn end_unwanted(&mut self, stores: &[Candidate]) {
        let mut over = Vec::new();
        for (store_id, forwarder) in &self.running {
            let store = stores.iter().find(|store| store.store_id == *store_id);
            let wanted = store.is_some_and(|store| {
                store
                    .wants()
                    .is_ok_and(|account_id| account_id == forwarder.account_id)
            });
            if !wanted || forwarder.task.is_finished() {
                over.push(*store_id);
            }
        }
        for store_id in over {
            let Some(forwarder) = self.running.get_mut(&store_id) else {
                continue;
            };
            let by_itself = forwarder.end().await;
            self.running.remove(&store_id);
            if by_itself.is_some() {
                // The login no longer fits: ask again before the next start.
                self.login = None;
            } else {
                tracing::info!(%store_id, "ended the Stripe CLI's forwarding for this store");
            }
        }
    }

    async fn start(
        &mut self,
        app: &Arc<App>,
        store_id: StoreId,
        account_id: &str,
    ) -> Result<(), Skip> {
        if self.running.len() >= MAX_FORWARDERS {
            return Err(Skip::TooMany);
        }
        let login = self.login().await?;
        self.said.remove(&None);
        fits(&login, account_id)?;
        let target = Target {
            account_id: account_id.to_owned(),
            forward_to: local_webhook_url(app.settings.bind_addr, store_id),
        };
        if login.account_id.is_none() {
            tracing::warn!(%store_id, account_id, "the Stripe CLI does not tell its account: it must be signed in to the store's");
        }
        let (stop, stopped) = watch::channel(false);
        let forwarder = Forwarder {
            account_id: account_id.to_owned(),
            stop,
            task: tokio::spawn(forward(Arc::clone(app), store_id, target, stopped)),
        };
        self.running.insert(store_id, forwarder);
        Ok(())
    }

    async fn login(&mut self) -> Result<Login, Skip> {
        if let Some((asked_at, answer)) = &self.login
            && asked_at.elapsed() < LOGIN_GOOD_FOR
        {
            return answer.clone();
        }
        let answer = login::find().await;
        self.login = Some((Instant::now(), answer.clone()));
        answer
    }

    /// Each reason once; a long list is counted after its first lines.
    fn say_all(&mut self, left_out: Vec<(StoreId, Skip)>) {
        let mut new: HashMap<Skip, Vec<StoreId>> = HashMap::new();
        for (store_id, skip) in left_out {
            if skip.is_about_the_machine() {
                self.say(None, &skip);
            } else if self.said.get(&Some(store_id)) != Some(&skip) {
                new.entry(skip).or_default().push(store_id);
            }
        }
        for (skip, stores) in new {
            for store_id in stores.iter().take(MAX_LINES) {
                self.say(Some(*store_id), &skip);
            }
            for store_id in stores.iter().skip(MAX_LINES) {
                self.said.insert(Some(*store_id), skip.clone());
            }
            if let Some(more) = stores.len().checked_sub(MAX_LINES + 1) {
                tracing::info!(stores = more + 1, reason = %skip, "more stores without the Stripe CLI");
            }
        }
    }

    fn say(&mut self, store_id: Option<StoreId>, skip: &Skip) {
        if self.said.get(&store_id) == Some(skip) {
            return;
        }
        self.said.insert(store_id, skip.clone());
        let store_id = store_id.map(tracing::field::display);
        tracing::info!(store_id, reason = %skip, "no events through the Stripe CLI");
    }

    async fn end_all(self) {
        let mut running: Vec<Forwarder> = self.running.into_values().collect();
        futures_util::future::join_all(running.iter_mut().map(Forwarder::end)).await;
    }
}

impl Forwarder {
    /// Ends it and waits for that; tells why if it had ended by itself.
    async fn end(&mut self) -> Option<Skip> {
        self.stop.send_replace(true);
        // A panic has been logged where it happened.
        (&mut self.task).await.ok().flatten()
    }
}

/// The connected stores.
async fn load(app: &App) -> Result<Vec<Candidate>, DbError> {
    let mut conn = app.db.read().await?;
    let accounts = db::connections::list_accounts(&mut conn, MAX_STORES).await?;
    let signed =
        db::webhook_secrets::list_signed_accounts(&mut conn, Mode::Test, app.now(), MAX_STORES)
            .await?;
    Ok(candidates(accounts, &signed))
}

/// One store's forwarder: holds its secret as long as it runs.
async fn forward(
    app: Arc<App>,
    store_id: StoreId,
    target: Target,
    stop: watch::Receiver<bool>,
) -> Option<Skip> {
    let (tell, mut heard) = mpsc::channel(MAX_WAITING);
    let listen = async {
        while let Some(news) = heard.recv().await {
            note(&app, store_id, &target, news);
        }
    };
    let (ended, ()) = tokio::join!(supervise(&target, tell, stop), listen);
    app.held_secrets.forget(store_id);
    ended
}

fn note(app: &App, store_id: StoreId, target: &Target, news: Heard) {
    match news {
        Heard::Secret(secret) => {
            let account_id = target.account_id.clone();
            app.held_secrets.hold(store_id, account_id, secret);
            tracing::info!(
                %store_id,
                account_id = target.account_id,
                forward_to = target.forward_to,
                "the Stripe CLI forwards test events; its signing secret is held in memory"
            );
        }
        Heard::Words(words) => tracing::debug!(%store_id, words, "the Stripe CLI says"),
        Heard::Died {
            status,
            said,
            again_in,
        } => tracing::warn!(
            %store_id,
            status,
            said,
            again_in_s = again_in.as_secs(),
            "the Stripe CLI ended by itself and is started again"
        ),
    }
}
