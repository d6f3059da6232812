//! Secrets that development makes for itself, kept in `data/` so that the next start finds the same ones.

use std::fs::{DirBuilder, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use super::sources::read_secret;

/// The folder of everything that a deployment without settings keeps.
pub(crate) const FOLDER: &str = "data";
/// Only this user may look inside.
const FOLDER_MODE: u32 = 0o700;
/// Only this user may read.
const FILE_MODE: u32 = 0o600;

/// What was kept under this name, if anything.
pub(crate) fn find(path: &Path) -> io::Result<Option<SecretString>> {
    match read_secret(path) {
        Ok(secret) => Ok(Some(secret)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Keeps a secret. Where another process was first, its secret stays and is returned.
///
/// The file appears whole or not at all: half a key after a crash would lock the database for good.
pub(crate) fn keep(path: &Path, secret: SecretString) -> io::Result<SecretString> {
    let folder = path.parent().unwrap_or(Path::new("."));
    DirBuilder::new()
        .recursive(true)
        .mode(FOLDER_MODE)
        .create(folder)?;
    let mut file = tempfile::Builder::new()
        .permissions(Permissions::from_mode(FILE_MODE))
        .tempfile_in(folder)?;
    writeln!(file, "{}", secret.expose_secret())?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(secret),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => read_secret(path),
        Err(error) => Err(error.error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn only_the_user_can_read_what_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data/token_keys");
        assert!(find(&path).unwrap().is_none());
        keep(&path, "FAKE-secret".into()).unwrap();
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        assert_eq!(find(&path).unwrap().unwrap().expose_secret(), "FAKE-secret");
    }

    #[test]
    fn the_first_of_two_processes_wins() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        keep(&path, "FAKE-first".into()).unwrap();
        let second = keep(&path, "FAKE-second".into()).unwrap();
        assert_eq!(second.expose_secret(), "FAKE-first");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
