//! Secrets that must be nowhere: not in a log line at `trace`, not in an answer, not in the database.

use std::io;
use std::sync::{LazyLock, Mutex, PoisonError};

use test_database::TestDatabase;
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::http::Recorder;

/// Everything that this process logged.
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

static LOGGING: LazyLock<()> = LazyLock::new(|| {
    let layer = tracing_subscriber::fmt::layer().json().with_writer(Sink);
    tracing_subscriber::registry()
        .with(layer.with_filter(gateway::telemetry::filter("trace")))
        .init();
    std::panic::set_hook(Box::new(|panic| {
        // A failing assertion must be readable; its text is searched like a log line.
        let text = panic.to_string();
        LOG.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(text.as_bytes());
        let _ = io::Write::write_all(&mut io::stderr(), format!("{text}\n").as_bytes());
    }));
});

/// Whether one line holds all of these texts.
pub fn logged(texts: &[&str]) -> bool {
    let log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
    let mut lines = log
        .split(|byte| *byte == b'\n')
        .map(String::from_utf8_lossy);
    lines.any(|line| texts.iter().all(|text| line.contains(text)))
}

struct Sink;

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Sink {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        Self
    }
}

/// The secrets of one test.
pub struct Canary {
    secrets: Mutex<Vec<String>>,
    /// What its holder is told, and nobody else: capability tokens.
    tokens: Mutex<Vec<String>>,
    /// Where the log stood when the test began; no line before knows its secrets.
    log_start: usize,
}

impl Canary {
    pub fn new() -> Self {
        LazyLock::force(&LOGGING);
        Self {
            secrets: Mutex::new(Vec::new()),
            tokens: Mutex::new(Vec::new()),
            log_start: LOG.lock().unwrap_or_else(PoisonError::into_inner).len(),
        }
    }

    pub fn watch(&self, secret: &str) {
        assert!(secret.len() >= 16, "too short to be searched for");
        self.secrets.lock().unwrap().push(secret.to_owned());
    }

    /// As [`Canary::watch`], for what may be in an answer.
    pub fn watch_token(&self, token: &str) {
        assert!(token.len() >= 16, "too short to be searched for");
        self.tokens.lock().unwrap().push(token.to_owned());
    }

    pub async fn search(&self, http: &Recorder, database: &TestDatabase) {
        let stored = dump(database).await;
        assert!(!stored.is_empty(), "the database was not read");
        let log = LOG.lock().unwrap_or_else(PoisonError::into_inner)[self.log_start..].to_vec();
        assert!(!log.is_empty(), "nothing was logged at trace");
        // Keys are ASCII, so what is replaced in the dump hides none.
        let places = [
            ("the log", String::from_utf8_lossy(&log)),
            ("an answer", http.everything().into()),
            ("the database", String::from_utf8_lossy(&stored)),
        ];
        for token in self.tokens.lock().unwrap().iter() {
            for (place, text) in &places {
                let is_found = text.contains(&token[token.len() - 12..]);
                assert!(!is_found || *place == "an answer", "a token is in {place}");
            }
        }
        for (position, secret) in self.secrets.lock().unwrap().iter().enumerate() {
            // Neither the whole nor the part that Stripe's own messages echo at the end.
            for part in [secret.as_str(), &secret[secret.len() - 12..]] {
                for (place, text) in &places {
                    assert!(
                        !text.contains(part),
                        "secret number {position} is in {place}"
                    );
                }
            }
        }
    }
}

/// `SQLite`'s files byte for byte; every row of every table in `PostgreSQL`.
async fn dump(database: &TestDatabase) -> Vec<u8> {
    if let Some(folder) = database.folder() {
        let files = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        return files
            .filter(|path| path.is_file())
            .flat_map(|path| std::fs::read(path).unwrap())
            .collect();
    }
    let tables =
        "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()";
    let mut everything = Vec::new();
    for row in database.raw(tables).await.unwrap() {
        let table = row[0].clone().unwrap();
        everything.extend_from_slice(table.as_bytes());
        for row in database
            .raw(&format!("SELECT t::text FROM \"{table}\" t"))
            .await
            .unwrap()
        {
            everything.extend_from_slice(row[0].as_deref().unwrap_or_default().as_bytes());
        }
    }
    everything
}
