//! Rules of the house that a program can check.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot read the tree must fail"
)]

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// Every file below a folder with this ending, without what builds and registries made.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !matches!(name.as_str(), "target" | "node_modules" | ".git" | "data") {
            found.extend(files(&path, ending));
        } else if name.ends_with(ending) {
            found.push(path);
        }
    }
    found
}

fn sources() -> Vec<(PathBuf, String)> {
    let files = files(&root().join("crates"), ".rs");
    assert!(files.len() > 100, "the sources were not found");
    files
        .into_iter()
        .map(|path| (path.clone(), fs::read_to_string(&path).unwrap()))
        .collect()
}

fn is_test(path: &Path) -> bool {
    path.components().any(|part| {
        matches!(
            part.as_os_str().to_str(),
            Some("tests" | "benches" | "test-database")
        )
    }) || path.to_string_lossy().ends_with("tests.rs")
}

#[test]
fn files_stay_small() {
    const TRIPWIRE: usize = 400;
    for (path, text) in sources() {
        // A table of the schema grows with the schema.
        if !is_test(&path) && !path.ends_with("db/src/schema.rs") {
            let lines = text.lines().count();
            assert!(
                lines <= TRIPWIRE,
                "{} has {lines} lines: what is its second reason to change?",
                path.display()
            );
        }
    }
}

#[test]
fn nothing_is_left_for_later() {
    let forbidden = [
        "todo!(",
        "unimplemented!(",
        "dbg!(",
        "#[ignore",
        "#[allow(",
        "#![allow(",
        "FIXME",
        "XXX:",
    ];
    for (path, text) in sources()
        .into_iter()
        .filter(|(path, _)| !path.ends_with("tidy/main.rs"))
    {
        for word in forbidden {
            assert!(!text.contains(word), "{} contains {word}", path.display());
        }
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(
            !["utils", "util", "helpers", "helper", "manager", "service"].contains(&name.as_str()),
            "{} says nothing",
            path.display()
        );
    }
}

#[test]
fn queries_name_their_store() {
    // Each of these has no store to name, for the reason beside it.
    let above_the_tenants = [
        ("stores.rs", "insert"),                        // makes the tenant
        ("stores.rs", "list"),                          // operators
        ("orders.rs", "find_in_any_store"),             // the internal API
        ("orders.rs", "set_contact"),                   // the order carries its store
        ("stock.rs", "list_due"),                       // upkeep of all stores
        ("orders.rs", "set_state"),                     // the order carries its store
        ("orders.rs", "cancel"),                        // the order carries its store
        ("payments.rs", "stores_with_intent"),          // finds whose secret verifies
        ("work.rs", "finish"),                          // the claim carries its store
        ("work.rs", "retry_later"),                     // the claim carries its store
        ("payment_links.rs", "find_by_token"),          // the token is all that its holder has
        ("carts.rs", "forget_expired"),                 // prunes for all
        ("connect_tokens.rs", "forget_expired"),        // prunes for all
        ("webhook_secrets.rs", "forget_expired"),       // prunes for all
        ("connection_jobs.rs", "finish"),               // the claim carries its store
        ("connection_jobs.rs", "skip"),                 // the claim carries its store
        ("connections.rs", "list_accounts"),            // upkeep of all stores
        ("connection_problems.rs", "list_places"),      // upkeep of all stores
        ("webhook_secrets.rs", "list_signed_accounts"), // upkeep of all stores
        ("webhook_secrets.rs", "list_valid_of_stores"), // answers with each secret's store
        ("stores.rs", "find_existing"),
    ];
    let whole_files = ["facts.rs", "idempotency.rs", "migrate.rs"];
    let queries = files(&root().join("crates/db/src"), ".rs");
    let mut checked = 0;
    for path in queries {
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).unwrap();
        for function in text.split("\npub async fn ").skip(1) {
            let name = function.split(['(', '<']).next().unwrap();
            let arguments = function.split(')').next().unwrap();
            let exempt = whole_files.contains(&file.as_str())
                || above_the_tenants.contains(&(file.as_str(), name));
            if arguments.contains("conn: &mut Conn") && !exempt {
                checked += 1;
                let second = arguments.split(',').nth(1).unwrap_or("").trim();
                assert_eq!(
                    second, "store_id: StoreId",
                    "{file}: {name} forgets its tenant"
                );
            }
        }
    }
    assert!(checked > 30, "only {checked} queries were found");
}

fn dependencies(of: &str) -> String {
    let manifest = fs::read_to_string(root().join("crates").join(of).join("Cargo.toml")).unwrap();
    manifest
        .split("[dependencies]")
        .nth(1)
        .unwrap()
        .split("\n[")
        .next()
        .unwrap()
        .to_owned()
}

#[test]
fn domain_is_pure() {
    let dependencies = dependencies("domain");
    for impure in [
        "tokio",
        "reqwest",
        "diesel",
        "actix",
        "db",
        "vault",
        "stripe-http",
        "rand",
    ] {
        let named = dependencies
            .lines()
            .any(|line| line.split(['.', ' ', '=']).next() == Some(impure));
        assert!(!named, "domain depends on {impure}");
    }
}

#[test]
fn the_sandbox_is_independent() {
    let dependencies = dependencies("stripe-sandbox");
    for ours in ["domain", "vault", "stripe-http", "db", "gateway"] {
        let named = dependencies
            .lines()
            .any(|line| line.split(['.', ' ', '=']).next() == Some(ours));
        assert!(
            !named,
            "the sandbox would share our misunderstandings with {ours}"
        );
    }
}

#[test]
fn every_error_code_is_documented() {
    let documented = fs::read_to_string(root().join("docs/errors.md")).unwrap();
    let constructors = [
        "malformed(",
        "unauthorized(",
        "payment(",
        "forbidden(",
        "conflict(",
        "idempotency(",
        "gone(",
        "unprocessable(",
        "bad_gateway(",
        "unavailable(",
        "gateway_timeout(",
    ];
    let mut codes = 0;
    for (path, text) in sources()
        .into_iter()
        .filter(|(path, _)| path.to_string_lossy().contains("gateway/src"))
    {
        for constructor in constructors {
            for call in text.split(constructor).skip(1) {
                let Some(literal) = call.trim_start().strip_prefix('"') else {
                    continue;
                };
                let code = literal.split('"').next().unwrap();
                codes += 1;
                assert!(
                    documented.contains(&format!("`{code}`")),
                    "{}: docs/errors.md lacks {code}",
                    path.display()
                );
            }
        }
    }
    assert!(codes > 40, "only {codes} codes were found");
}

#[test]
fn links_in_documents_lead_somewhere() {
    let documents = files(&root(), ".md");
    assert!(documents.len() > 5, "the documents were not found");
    for path in documents {
        let text = fs::read_to_string(&path).unwrap();
        for link in text
            .split("](")
            .skip(1)
            .map(|rest| rest.split(')').next().unwrap())
        {
            let target = link.split('#').next().unwrap();
            if target.is_empty() || target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            assert!(
                path.parent().unwrap().join(target).exists(),
                "{}: {link} leads nowhere",
                path.display()
            );
        }
    }
}

#[test]
fn nothing_looks_like_a_secret() {
    for (path, text) in sources() {
        for prefix in ["sk_live_", "rk_live_"] {
            for key in text.split(prefix).skip(1) {
                let rest: String = key
                    .chars()
                    .take_while(char::is_ascii_alphanumeric)
                    .collect();
                let fake = rest.len() < 8 || rest.contains("FAKE") || rest.contains("EXAMPLE");
                assert!(
                    fake,
                    "{} holds something that looks like a live key",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn what_an_order_can_wait_for_is_documented() {
    let documented = fs::read_to_string(root().join("docs/integrators.md")).unwrap();
    for wait in domain::waiting::Wait::ALL {
        let code = wait.code();
        assert!(documented.contains(&format!("`{code}`")), "{code}");
    }
    let incidents = fs::read_to_string(root().join("docs/errors.md")).unwrap();
    for incident in domain::incident::Incident::ALL {
        let code = incident.code();
        assert!(incidents.contains(&format!("| `{code}` |")), "{code}");
    }
}
