//! What most commands begin and end with: settings, logs, the application.

use crate::app::App;
use crate::clock::Clock;
use crate::settings::{self, Defaults, Settings};
use crate::telemetry;

/// Reads the settings, starts logging and says which secrets had to be made.
pub(super) fn settings(defaults: &Defaults) -> anyhow::Result<Settings> {
    let loaded = settings::load(defaults)?;
    telemetry::init(loaded.settings.log_format);
    for file in &loaded.generated {
        tracing::info!(file = %file.display(), "generated a secret for development");
    }
    Ok(loaded.settings)
}

/// The application, with its database open, migrated and matched with its keys.
pub(super) async fn app(settings: Settings) -> anyhow::Result<App> {
    Ok(App::open(settings, Clock::system()).await?)
}

/// The application for a command that ends by itself.
pub(super) async fn app_from_settings() -> anyhow::Result<App> {
    app(settings(&Defaults::default())?).await
}

/// Ends what [`app`] began.
pub(super) async fn close(app: &App) {
    app.inbox.close().await;
    app.db.close();
}
