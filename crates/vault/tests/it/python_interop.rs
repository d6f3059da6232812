//! Python's `cryptography`, following docs/vault.md, opens what we seal and seals what we open.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::rings::{key, ring, store};
use domain::Mode;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use uuid::Uuid;
use vault::{PersonalField, Place, Purpose, Sealed};

fn run_python(asked: &Value) -> Value {
    let python = std::env::var_os("TILLGATE_PYTHON")
        .expect("run through `make test`, or set TILLGATE_PYTHON to a Python with cryptography");
    let mut child = Command::new(python)
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/python_fernet.py"
        ))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("TILLGATE_PYTHON does not start");
    child
        .stdin
        .take()
        .unwrap()
        .write_all(asked.to_string().as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "python_fernet.py failed; its words are above"
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn python_opens_ours_and_we_open_pythons() {
    let secret = "sk_test_EXAMPLE · Größe 𝒳";
    let from_python = "sealed by Python · ñ";
    let vault = ring(&[5]);
    for (mode, purpose, version) in [
        (Mode::Test, Purpose::StripeSecretKey, 1),
        (Mode::Live, Purpose::StripeWebhookSecret, 12),
        (Mode::Test, Purpose::IdempotentAnswer, 0),
        (Mode::Live, Purpose::OrderToken, u32::MAX),
    ] {
        let place = Place {
            store_id: store(1),
            mode,
            purpose,
            version,
        };
        let field = PersonalField {
            store_id: store(1),
            table: "orders",
            column: "contact",
            row: Uuid::from_u128(99),
        };
        let sealed = vault.seal(&place, &secret.into()).unwrap();
        let personal = vault.seal_personal(&field, secret.as_bytes()).unwrap();

        let answer = run_python(&json!({
            "vault_key": key(5),
            "seal": from_python,
            "place": {
                "store": place.store_id.to_string(),
                "mode": mode.as_str(),
                "purpose": purpose.as_str(),
                "version": version,
            },
            "token": sealed.token,
            "field": {
                "store": field.store_id.to_string(),
                "table": field.table,
                "column": field.column,
                "row": field.row.to_string(),
            },
            "personal_token": personal.token,
        }));

        assert_eq!(answer["key_id"], vault.newest_key_id().as_str());
        assert_eq!(answer["check_value"], vault.check_value());
        assert_eq!(answer["opened"], secret);
        assert_eq!(answer["personal_opened"], secret);
        let by_python = |member: &str| Sealed {
            key_id: sealed.key_id.clone(),
            token: answer[member].as_str().unwrap().to_owned(),
        };
        assert_eq!(
            vault
                .open(&place, &by_python("token"))
                .unwrap()
                .expose_secret(),
            from_python
        );
        let opened = vault
            .open_personal(&field, &by_python("personal_token"))
            .unwrap();
        assert_eq!(opened.expose_secret(), from_python.as_bytes());
    }
}
