//! Settings from made-up environments and folders: each fault, all at once, generation and precedence.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::PermissionsExt;

use tempfile::TempDir;

use super::*;

/// Every variable, as `docs/settings.md` lists them.
const NAMES: [&str; 15] = [
    "TILLGATE_ENV",
    "BIND_ADDR",
    "PUBLIC_URL",
    "DATABASE_URL",
    "VAULT_KEYS",
    "TOKEN_KEYS",
    "INTERNAL_SECRETS",
    "STRIPE_API_BASE",
    "STRIPE_JS_URL",
    "RETURN_ORIGINS",
    "REQUIRE_LIVE_KEYS",
    "RATE_LIMIT_SCALE",
    "MIGRATE_ON_START",
    "LOG_FORMAT",
    "RUST_LOG",
];
const SECRETS: [&str; 4] = [
    "DATABASE_URL",
    "VAULT_KEYS",
    "TOKEN_KEYS",
    "INTERNAL_SECRETS",
];

const VAULT_KEY: &str = "RkFLRS12YXVsdC1rZXktbm8tMS1zcGlub3phLXF1aXA=";
const TOKEN_KEY: &str = "RkFLRS10b2tlbi1rZXktbm8tMS13YWx0ei1ueW1waHM";
const INTERNAL_SECRET: &str = "FAKE-internal-jackdaws-love-my-quartz-sphinx";

/// A working directory of a test's own.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.path().join(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.path().join(name)).unwrap()
    }

    fn load_os(&self, env: &dyn Fn(&str) -> Option<OsString>) -> Result<Loaded, LoadError> {
        let sources = Sources {
            env,
            folder: self.0.path(),
            logs_to_terminal: false,
        };
        from_sources(sources, &Defaults::default())
    }

    fn load(&self, env: &[(&str, &str)]) -> Result<Loaded, LoadError> {
        self.load_os(&|name| {
            let found = env.iter().find(|(variable, _)| *variable == name)?;
            Some(found.1.into())
        })
    }

    fn settings(&self, env: &[(&str, &str)]) -> Settings {
        self.load(env).unwrap().settings
    }

    /// The variables that are at fault, in order.
    fn faulty(&self, env: &[(&str, &str)]) -> Vec<&'static str> {
        let error = self.load(env).unwrap_err();
        error.faults.iter().map(|fault| fault.name).collect()
    }
}

/// What production needs, with some variables changed; a change to `""` leaves one out.
fn production<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut env = vec![
        ("TILLGATE_ENV", "production"),
        ("PUBLIC_URL", "https://pay.example.com"),
        ("VAULT_KEYS", VAULT_KEY),
        ("TOKEN_KEYS", TOKEN_KEY),
        ("INTERNAL_SECRETS", INTERNAL_SECRET),
    ];
    env.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    env.extend_from_slice(changes);
    env
}

#[test]
fn production_starts_with_what_it_needs_and_writes_nothing() {
    let place = Place::new();
    let Loaded {
        settings,
        generated,
    } = place.load(&production(&[])).unwrap();
    assert_eq!(settings.environment, Environment::Production);
    assert_eq!(settings.public_url.as_str(), "https://pay.example.com/");
    assert_eq!(settings.vault_keys.expose_secret(), VAULT_KEY);
    assert_eq!(
        settings.token_keys[0].expose_secret(),
        b"FAKE-token-key-no-1-waltz-nymphs"
    );
    assert_eq!(
        settings.internal_secrets[0].expose_secret(),
        INTERNAL_SECRET
    );
    assert_eq!(settings.log_format, LogFormat::Json);
    assert!(generated.is_empty());
    assert_eq!(std::fs::read_dir(place.0.path()).unwrap().count(), 0);
}

#[test]
fn production_tells_every_missing_secret_at_once() {
    let place = Place::new();
    assert_eq!(
        place.faulty(&[("TILLGATE_ENV", "production")]),
        ["VAULT_KEYS", "TOKEN_KEYS", "INTERNAL_SECRETS"]
    );
}

#[test]
fn production_ignores_what_development_generated() {
    let place = Place::new();
    place.load(&[]).unwrap();
    assert_eq!(
        place.faulty(&production(&[("VAULT_KEYS", "")])),
        ["VAULT_KEYS"]
    );
}

#[test]
fn production_refuses_each_weak_value() {
    let place = Place::new();
    let zero_key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let zero_vault_key = format!("{zero_key}=");
    // The key of the documentation's examples: 0, 1, 2, … 31.
    let counting_key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    let counting_vault_key = format!("{counting_key}=");
    let two_secrets = format!("{INTERNAL_SECRET},{INTERNAL_SECRET}");
    let second_weak = format!("{INTERNAL_SECRET},short");
    for (name, weak) in [
        ("VAULT_KEYS", zero_vault_key.as_str()),
        ("VAULT_KEYS", &counting_vault_key),
        ("VAULT_KEYS", "changeme"),
        ("TOKEN_KEYS", zero_key),
        ("TOKEN_KEYS", counting_key),
        ("TOKEN_KEYS", "c2hvcnQ"),
        ("TOKEN_KEYS", "changeme"),
        ("INTERNAL_SECRETS", "FAKE-only-thirty-one-characters"),
        ("INTERNAL_SECRETS", "changeme-changeme-0123456789-abcdefgh"),
        ("INTERNAL_SECRETS", "0123456789abcdef0123456789abcdef"),
        (
            "INTERNAL_SECRETS",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ),
        ("INTERNAL_SECRETS", &two_secrets),
        ("INTERNAL_SECRETS", &second_weak),
        ("RATE_LIMIT_SCALE", "0"),
        ("PUBLIC_URL", "http://pay.example.com"),
    ] {
        assert_eq!(place.faulty(&production(&[(name, weak)])), [name], "{weak}");
    }
    assert_eq!(
        place.faulty(&production(&[
            ("PUBLIC_URL", ""),
            ("BIND_ADDR", "0.0.0.0:8080")
        ])),
        ["PUBLIC_URL"]
    );
}

#[test]
fn all_faults_come_in_one_message_without_any_value() {
    let place = Place::new();
    let pasted = "sk_test_FAKEFAKEFAKEFAKEpasted";
    let env: Vec<(&str, &str)> = NAMES
        .iter()
        .filter(|name| **name != "RUST_LOG")
        .map(|name| (*name, pasted))
        .collect();
    let message = place.load(&env).unwrap_err().to_string();
    // As an internal secret, development takes any text.
    for name in NAMES
        .iter()
        .filter(|name| !matches!(**name, "RUST_LOG" | "INTERNAL_SECRETS"))
    {
        assert!(
            message.contains(&format!("\n  {name}: ")),
            "{name} in {message}"
        );
    }
    assert!(!message.contains("FAKE"), "{message}");
    assert_eq!(
        std::fs::read_dir(place.0.path()).unwrap().count(),
        0,
        "nothing is generated for a start that fails"
    );
}

#[test]
fn development_generates_once_and_finds_it_again() {
    let place = Place::new();
    let first = place.load(&[]).unwrap();
    let names: Vec<_> = first
        .generated
        .iter()
        .map(|path| path.file_name().unwrap().to_str().unwrap())
        .collect();
    assert_eq!(names, ["vault_keys", "token_keys", "internal_secrets"]);
    for path in &first.generated {
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(
        place
            .0
            .path()
            .join("data")
            .metadata()
            .unwrap()
            .permissions()
            .mode()
            & 0o777,
        0o700
    );

    let second = place.load(&[]).unwrap();
    assert!(second.generated.is_empty());
    assert_eq!(
        second.settings.vault_keys.expose_secret(),
        first.settings.vault_keys.expose_secret()
    );
    assert_eq!(
        second.settings.token_keys[0].expose_secret(),
        first.settings.token_keys[0].expose_secret()
    );
    let secret = |loaded: &Loaded| {
        loaded.settings.internal_secrets[0]
            .expose_secret()
            .to_owned()
    };
    assert_eq!(secret(&second), secret(&first));
}

#[test]
fn what_development_generates_is_good_enough_for_production() {
    let place = Place::new();
    place.load(&[]).unwrap();
    let [vault, token, internal] = ["vault_keys", "token_keys", "internal_secrets"]
        .map(|name| place.read(&format!("data/{name}")));
    let env = production(&[
        ("VAULT_KEYS", &vault),
        ("TOKEN_KEYS", &token),
        ("INTERNAL_SECRETS", &internal),
    ]);
    assert!(Place::new().load(&env).is_ok());
}

#[test]
fn a_damaged_generated_file_is_a_fault_and_stays() {
    let place = Place::new();
    place.load(&[]).unwrap();
    place.write("data/vault_keys", "half");
    assert_eq!(place.faulty(&[]), ["VAULT_KEYS"]);
    place.write("data/vault_keys", "");
    assert_eq!(place.faulty(&[]), ["VAULT_KEYS"]);
    assert_eq!(place.read("data/vault_keys"), "");
}

#[test]
fn defaults_are_those_of_the_documentation() {
    let settings = Place::new().settings(&[]);
    assert_eq!(settings.environment, Environment::Development);
    assert_eq!(settings.bind_addr.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.public_url.as_str(), "http://127.0.0.1:8080/");
    assert_eq!(
        settings.database_url.expose_secret(),
        "sqlite://data/tillgate.db"
    );
    assert_eq!(settings.stripe_api_base.as_str(), "https://api.stripe.com/");
    assert_eq!(settings.stripe_js_url.as_str(), "https://js.stripe.com/v3/");
    assert_eq!(settings.return_origins, [settings.public_origin()]);
    assert!(!settings.require_live_keys && settings.migrate_on_start);
    assert!((settings.rate_limit_scale - 1.0).abs() < f64::EPSILON);
}

#[test]
fn the_environment_comes_before_the_file() {
    let place = Place::new();
    place.write(
        "tillgate.toml",
        "bind_addr = \"127.0.0.1:9000\"\nrate_limit_scale = 2\nrequire_live_keys = true\nreturn_origins = [\"https://a.example\", \"https://b.example\"]\nmetrics_addr = \"later\"\n",
    );
    let settings = place.settings(&[("BIND_ADDR", "127.0.0.1:9001"), ("RATE_LIMIT_SCALE", " ")]);
    assert_eq!(settings.bind_addr.port(), 9001);
    assert!(
        (settings.rate_limit_scale - 2.0).abs() < f64::EPSILON,
        "an empty variable is not set"
    );
    assert!(settings.require_live_keys);
    let origins: Vec<_> = settings.return_origins.iter().map(Origin::as_str).collect();
    assert_eq!(
        origins,
        [
            "http://127.0.0.1:9001",
            "https://a.example",
            "https://b.example"
        ]
    );
}

#[test]
fn secrets_can_stand_in_files() {
    let place = Place::new();
    place.write("key", &format!("{VAULT_KEY}\n"));
    place.write("url", "postgres://u:p@h/d\n");
    place.write(
        "tillgate.toml",
        "database_url_file = \"url\"\nvault_keys = \"ignored\"\n",
    );
    let settings = place.settings(&[("VAULT_KEYS_FILE", "key")]);
    assert_eq!(settings.vault_keys.expose_secret(), VAULT_KEY);
    assert_eq!(settings.database_url.expose_secret(), "postgres://u:p@h/d");
}

#[test]
fn a_secret_file_must_be_there_and_the_only_source() {
    let place = Place::new();
    place.write("empty", "\n");
    place.write("large", &"x".repeat(70_000));
    for bad in ["missing", "empty", "large", "."] {
        assert_eq!(
            place.faulty(&[("TOKEN_KEYS_FILE", bad)]),
            ["TOKEN_KEYS"],
            "{bad}"
        );
    }
    assert_eq!(
        place.faulty(&[("TOKEN_KEYS", TOKEN_KEY), ("TOKEN_KEYS_FILE", "x")]),
        ["TOKEN_KEYS"]
    );
}

#[test]
fn a_broken_toml_is_told_by_its_line_only() {
    let place = Place::new();
    place.write(
        "tillgate.toml",
        "bind_addr = \"127.0.0.1:9000\"\nvault_keys = FAKEFAKE\n",
    );
    let message = place.load(&[]).unwrap_err().to_string();
    assert!(
        message.contains("tillgate.toml: is not valid TOML in line 2"),
        "{message}"
    );
    assert!(!message.contains("FAKE"));
    place.write("tillgate.toml", "vault_keys = [1, 2]\n");
    assert_eq!(place.faulty(&[]), ["VAULT_KEYS"]);
}

#[test]
fn text_that_is_not_utf8_or_endless_is_a_fault() {
    let place = Place::new();
    let error =
        place.load_os(&|name| (name == "PUBLIC_URL").then(|| OsString::from_vec(vec![0xff])));
    assert_eq!(error.unwrap_err().faults[0].name, "PUBLIC_URL");
    assert_eq!(
        place.faulty(&[("RETURN_ORIGINS", &"x".repeat(20_000))]),
        ["RETURN_ORIGINS"]
    );
}

#[test]
fn lists_of_secrets_are_bounded_and_visible() {
    let place = Place::new();
    let many: Vec<String> = (0..17).map(|n| format!("FAKE-secret-{n}")).collect();
    for bad in [
        many.join(","),
        "FAKE,,FAKE2".into(),
        "FAKE secret".into(),
        "Schlüssel".into(),
        "x".repeat(513),
    ] {
        assert_eq!(
            place.faulty(&[("INTERNAL_SECRETS", &bad)]),
            ["INTERNAL_SECRETS"],
            "{bad}"
        );
    }
    assert_eq!(
        place
            .settings(&[("INTERNAL_SECRETS", "FAKE-old, FAKE-new")])
            .internal_secrets
            .len(),
        2
    );
}

#[test]
fn the_public_url_follows_the_port_that_was_found() {
    let place = Place::new();
    let bound = "127.0.0.1:41234".parse().unwrap();
    let mut derived = place.settings(&[("BIND_ADDR", "127.0.0.1:0")]);
    derived.follow_bound_address(bound);
    assert_eq!(derived.public("/demo"), "http://127.0.0.1:41234/demo");
    assert_eq!(derived.return_origins, [derived.public_origin()]);
    let mut set = place.settings(&[
        ("BIND_ADDR", "127.0.0.1:0"),
        ("PUBLIC_URL", "https://pay.example.com"),
    ]);
    set.follow_bound_address(bound);
    assert_eq!(set.public("/demo"), "https://pay.example.com/demo");
    assert_eq!(set.bind_addr, bound);
}

#[test]
fn debug_of_settings_holds_no_secret() {
    let text = format!(
        "{:?}",
        Place::new()
            .load(&production(&[(
                "DATABASE_URL",
                "postgres://u:FAKEFAKE@h/d"
            )]))
            .unwrap()
    );
    for secret in [VAULT_KEY, TOKEN_KEY, INTERNAL_SECRET, "FAKEFAKE"] {
        assert!(!text.contains(secret));
    }
}

#[test]
fn documentation_names_every_setting_and_no_other() {
    let guide = include_str!("../../../../docs/settings.md");
    let example = include_str!("../../../../.env.example");
    let fields = include_str!("mod.rs");
    for name in NAMES {
        assert!(
            guide.contains(&format!("`{name}`")),
            "{name} is not in docs/settings.md"
        );
        assert!(
            example.contains(&format!("#{name}=")),
            "{name} is not in .env.example"
        );
        assert!(
            name == "RUST_LOG"
                || fields.contains(&format!("/// `{name}`"))
                || fields.contains(&format!("(`{name}`)")),
            "{name} is no field"
        );
    }
    for name in SECRETS {
        assert!(
            guide.contains(&format!("`{name}_FILE`")),
            "{name}_FILE is not in docs/settings.md"
        );
    }
    for line in example.lines().filter_map(|line| line.strip_prefix('#')) {
        if let Some((name, _)) = line.split_once('=').filter(|(name, _)| !name.contains(' ')) {
            assert!(
                NAMES.contains(&name.trim_end_matches("_FILE")),
                "{name} of .env.example is not a setting"
            );
        }
    }
}

#[test]
fn the_example_is_what_the_program_does_by_itself() {
    let example = include_str!("../../../../.env.example");
    let env: Vec<(&str, &str)> = example
        .lines()
        .filter_map(|line| line.strip_prefix('#')?.split_once('='))
        .collect();
    let place = Place::new();
    let (by_example, by_itself) = (
        place.settings(&env),
        place.settings(&[("LOG_FORMAT", "pretty")]),
    );
    assert_eq!(format!("{by_example:?}"), format!("{by_itself:?}"));
}
