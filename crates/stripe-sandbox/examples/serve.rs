//! Starts a sandbox alone: `cargo run -p stripe-sandbox --example serve`.
//! The first line on stdout is its URL; the demo account's keys follow. It runs until it is killed.

use stripe_sandbox::{AccountSpec, Config, Sandbox};

#[actix_web::main]
#[expect(
    clippy::print_stdout,
    reason = "the output is what this program is for"
)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let account = AccountSpec {
        account_id: "acct_1SandboxDemo".to_owned(),
        publishable_key: "pk_test_FAKE_sandbox_demo".to_owned(),
        secret_key: "sk_test_FAKE_sandbox_demo".to_owned(),
        country: "US".to_owned(),
        default_currency: "usd".to_owned(),
        business_name: "Sandbox demo".to_owned(),
    };
    let mut config = Config {
        webhook_speed: 6_000.0,
        accounts: vec![account.clone()],
        ..Config::default()
    };
    if let Ok(address) = std::env::var("SANDBOX_BIND") {
        config.bind = address.parse()?;
    }
    let sandbox = Sandbox::start(config).await?;
    println!("{}", sandbox.url());
    println!("{}", account.publishable_key);
    println!("{}", account.secret_key);
    tokio::signal::ctrl_c().await?;
    sandbox.stop().await;
    Ok(())
}
