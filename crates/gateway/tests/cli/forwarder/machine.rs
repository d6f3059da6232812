//! A development machine: a place with stores that are connected to "Stripe", and a `stripe` command.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use db::Db;
use db::connections::NewConnection;
use db::stores::StoreChanges;
use db::webhook_secrets::NewSecret;
use domain::{Mode, StoreId};
use gateway::clock::Clock;
use gateway::sealing;
use jiff::SignedDuration;
use rustix::process::{Pid, test_kill_process};
use secrecy::SecretString;
use serde_json::{Value, json};
use vault::Vault;

use crate::place::{Place, Program, text};

/// The account that the command is signed in to.
pub(crate) const ACCOUNT: &str = "acct_1EXAMPLE";
/// Nothing listens there, so nothing leaves this machine; https, as only Stripe itself is.
const UNREACHABLE_STRIPE: &str = "https://127.0.0.1:9";

/// A place with a `stripe` command in `bin/` and its login in `home/`.
pub(crate) struct Machine {
    pub(crate) place: Place,
}

impl Machine {
    /// The command is installed and signed in to [`ACCOUNT`].
    pub(crate) fn signed_in() -> Self {
        let machine = Self::installed();
        machine.sign_in(ACCOUNT);
        machine
    }

    /// The command is installed, nobody has signed in.
    pub(crate) fn installed() -> Self {
        let machine = Self::bare();
        machine.install();
        machine
    }

    /// There is no such command.
    pub(crate) fn bare() -> Self {
        let place = Place::new();
        std::fs::create_dir_all(place.path("bin")).unwrap();
        std::fs::create_dir_all(place.path("home/.config/stripe")).unwrap();
        Self { place }
    }

    pub(crate) fn install(&self) {
        // The interpreter itself: what is in PATH may be a script that looks for it.
        let python = Command::new("python3")
            .args(["-c", "import sys; print(sys.executable)"])
            .output()
            .unwrap();
        let python = text(&python.stdout);
        let standin = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/forwarder/stripe.py");
        let script = format!("#!/bin/sh\nexec {} -I {standin} \"$@\"\n", python.trim());
        let path = self.place.path("bin/new");
        std::fs::write(&path, script).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        std::fs::rename(path, self.place.path("bin/stripe")).unwrap();
    }

    pub(crate) fn sign_in(&self, account: &str) {
        self.sign_in_with(&format!("account_id = \"{account}\"\n"));
    }

    /// A login that does not tell its account.
    pub(crate) fn sign_in_somewhere(&self) {
        self.sign_in_with("");
    }

    fn sign_in_with(&self, more: &str) {
        let key = "test_mode_api_key = \"rk_test_EXAMPLEcli\"";
        let config = format!("[default]\n{more}device_name = \"laptop\"\n{key}\n");
        self.write("home/.config/stripe/config.toml", &config);
    }

    pub(crate) fn write(&self, path: &str, content: &str) {
        std::fs::write(self.place.path(path), content).unwrap();
    }

    /// What the gateway and the command need to find each other.
    pub(crate) fn env(&self) -> [(&'static str, String); 4] {
        let path = |path| self.place.path(path).to_string_lossy().into_owned();
        [
            ("PATH", path("bin")),
            ("HOME", path("home")),
            ("STRIPE_API_BASE", UNREACHABLE_STRIPE.to_owned()),
            ("LOG_FORMAT", "json".to_owned()),
        ]
    }

    /// What production needs besides, from what development generated.
    pub(crate) fn production(&self) -> [(&'static str, String); 5] {
        let read = |name: &str| text(&self.place.bytes(&format!("data/{name}")));
        [
            ("TILLGATE_ENV", "production".into()),
            ("PUBLIC_URL", "https://pay.example.com".into()),
            ("VAULT_KEYS", read("vault_keys")),
            ("TOKEN_KEYS", read("token_keys")),
            ("INTERNAL_SECRETS", read("internal_secrets")),
        ]
    }

    pub(crate) fn serve(&self, env: &[(&str, &str)]) -> Program {
        self.start(&["serve"], env)
    }

    pub(crate) fn start(&self, args: &[&str], env: &[(&str, &str)]) -> Program {
        let own = self.env();
        let own = own.each_ref().map(|(name, value)| (*name, value.as_str()));
        self.place.start(args, &[&own[..], env].concat())
    }

    /// A new store, connected to an account with keys that nobody asked Stripe about.
    pub(crate) async fn store(&self, mode: Mode, account: &str) -> StoreId {
        let store = self
            .place
            .json(&["store", "create", "--name", "Kiosk", "--json"]);
        let store_id = store["id"].as_str().unwrap().parse().unwrap();
        self.connect(store_id, mode, account).await;
        store_id
    }

    pub(crate) async fn connect(&self, store_id: StoreId, mode: Mode, account: &str) {
        let key = SecretString::from(format!("sk_{mode}_EXAMPLE"));
        let secret = sealing::seal_secret_key(&self.vault(), store_id, mode, 1, &key).unwrap();
        let new = NewConnection {
            mode,
            account_id: account.to_owned(),
            publishable_key: format!("pk_{mode}_EXAMPLE"),
            country: None,
            default_currency: None,
            charges_enabled: true,
            secret_version: 1,
            secret,
            is_stand_in: false,
        };
        let now = Clock::system().now();
        let mut tx = self.db().await.begin().await.unwrap();
        db::connections::put(&mut tx, store_id, new, now)
            .await
            .unwrap();
        let changes = StoreChanges {
            active_mode: Some(mode),
            ..StoreChanges::default()
        };
        db::stores::update(&mut tx, store_id, changes, now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    /// As if the merchant had pasted one.
    pub(crate) async fn set_signing_secret(&self, store_id: StoreId) {
        let secret = SecretString::from("whsec_EXAMPLE0123456789");
        let sealed =
            sealing::seal_webhook_secret(&self.vault(), store_id, Mode::Test, 1, &secret).unwrap();
        let now = Clock::system().now();
        let mut tx = self.db().await.begin().await.unwrap();
        let new = NewSecret {
            version: 1,
            account_id: ACCOUNT,
            endpoint_id: None,
            secret: sealed,
        };
        db::webhook_secrets::add(&mut tx, store_id, Mode::Test, new, now, now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    /// How many signing secrets of the store are valid in so many minutes.
    pub(crate) async fn valid_secrets_in(&self, minutes: i64, store_id: StoreId) -> usize {
        let db = self.db().await;
        let mut conn = db.read().await.unwrap();
        let then = Clock::system().now() + SignedDuration::from_mins(minutes);
        let valid = db::webhook_secrets::list_valid(&mut conn, store_id, then).await;
        valid.unwrap().len()
    }

    /// Looks for a signing secret in everything that the gateway keeps.
    pub(crate) fn assert_no_secret_is_kept(&self) {
        for file in std::fs::read_dir(self.place.path("data")).unwrap() {
            let path = file.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            let found = bytes.windows(6).any(|window| window == b"whsec_");
            assert!(!found, "{}", path.display());
        }
    }

    async fn db(&self) -> Db {
        let path = self.place.path("data/tillgate.db");
        Db::open(&format!("sqlite://{}", path.display()))
            .await
            .unwrap()
    }

    fn vault(&self) -> Vault {
        let keys = text(&self.place.bytes("data/vault_keys"));
        Vault::from_keys(&SecretString::from(keys.trim())).unwrap()
    }

    /// The `stripe listen` that was started last for a store.
    pub(crate) fn listen(&self, store_id: StoreId) -> Listen {
        let mut all = self.listens();
        all.retain(|listen| listen.forward_to().ends_with(&store_id.to_string()));
        all.sort_by_key(|listen| listen.0["began_ns"].as_u64());
        all.pop().unwrap()
    }

    /// Every `stripe listen` that was ever started.
    pub(crate) fn listens(&self) -> Vec<Listen> {
        let Ok(folder) = std::fs::read_dir(self.place.path("home/listens")) else {
            return Vec::new();
        };
        let files: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
        files
            .into_iter()
            .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
            .map(|path| Listen(serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()))
            .collect()
    }
}

/// A `stripe listen`, and what it was started with.
pub(crate) struct Listen(pub(crate) Value);

impl Listen {
    pub(crate) fn forward_to(&self) -> &str {
        self.0["forward_to"].as_str().unwrap()
    }

    pub(crate) fn pid(&self) -> Pid {
        let pid = self.0["pid"].as_i64().unwrap();
        Pid::from_raw(i32::try_from(pid).unwrap()).unwrap()
    }

    /// Whether the process is there, dead and unburied ones not counted.
    pub(crate) fn runs(&self) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.0["pid"]));
        test_kill_process(self.pid()).is_ok() && !stat.is_ok_and(|stat| stat.contains(") Z "))
    }

    /// Something happens in the account; the status of our answer, `None` where it is not forwarded.
    pub(crate) fn event(&self, id: &str, kind: &str) -> Option<u64> {
        let event = json!({
            "id": id, "object": "event", "api_version": "2024-06-20", "created": 1_772_366_400, "livemode": false,
            "type": kind, "data": {"object": {"id": "pi_1EXAMPLE", "object": "payment_intent", "status": "succeeded"}},
        });
        self.order(&json!({ "send": event }))["status"].as_u64()
    }

    /// It ends by itself.
    pub(crate) fn die(&self) {
        self.order(&json!({ "die": 1 }));
    }

    fn order(&self, order: &Value) -> Value {
        let port = u16::try_from(self.0["port"].as_u64().unwrap()).unwrap();
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        writeln!(stream, "{order}").unwrap();
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap_or_default()
    }
}
