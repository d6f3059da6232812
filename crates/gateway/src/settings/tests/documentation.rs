//! `docs/settings.md` and `.env.example` say what the program does.

use super::*;

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
    assert!(settings.register_webhooks);
    assert!((settings.rate_limit_scale - 1.0).abs() < f64::EPSILON);
}

#[test]
fn documentation_names_every_setting_and_no_other() {
    let guide = include_str!("../../../../../docs/settings.md");
    let example = include_str!("../../../../../.env.example");
    let fields = include_str!("../mod.rs");
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
    let example = include_str!("../../../../../.env.example");
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
