//! Where a value comes from: the environment, then `tillgate.toml`; secrets also as the name of a file.
//!
//! Faults are gathered instead of returned, so that an operator sees all of them after one start.

use std::borrow::Cow;
use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use secrecy::SecretString;

/// The optional file of settings, in the working directory.
const TOML_FILE: &str = "tillgate.toml";
/// Sixteen long keys and a page of origins fit many times over.
const MAX_FILE_BYTES: u64 = 64 * 1024;
/// The longest value that any setting can honestly have.
const MAX_VALUE_BYTES: usize = 16 * 1024;

/// What is wrong, in words. Never the value: somebody may have pasted a secret into the wrong line.
pub(super) type Problem = Cow<'static, str>;

/// One setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Its variable.
    pub name: &'static str,
    /// What is wrong and what to do; never the value.
    pub problem: Cow<'static, str>,
}

/// Everything that keeps the settings from being used, at once.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct LoadError {
    /// In the order of `docs/settings.md`; never empty.
    pub faults: Vec<Fault>,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("these settings cannot be used (docs/settings.md explains each):")?;
        for Fault { name, problem } in &self.faults {
            write!(f, "\n  {name}: {problem}")?;
        }
        Ok(())
    }
}

/// What settings are read from. Tests give their own, so that no test touches the process's environment.
#[derive(Clone, Copy)]
pub(super) struct Sources<'a> {
    /// The environment.
    pub(super) env: &'a dyn Fn(&str) -> Option<OsString>,
    /// The working directory: holds `tillgate.toml` and `data/`.
    pub(super) folder: &'a Path,
    /// Whether log lines go to a person's terminal.
    pub(super) logs_to_terminal: bool,
}

/// A secret, as far as it was found.
pub(super) enum Found {
    /// Nobody set it.
    Absent,
    /// Somebody tried; the fault is noted.
    Faulty,
    /// Here it is, trimmed.
    Value(SecretString),
}

/// Reads values and gathers faults.
pub(super) struct Reader<'a> {
    pub(super) sources: Sources<'a>,
    table: toml::Table,
    faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    pub(super) fn open(sources: Sources<'a>) -> Self {
        let mut reader = Self {
            sources,
            table: toml::Table::new(),
            faults: Vec::new(),
        };
        match read_bounded(&sources.folder.join(TOML_FILE)) {
            Ok(text) => reader.parse_table(&text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => reader.fault(TOML_FILE, unreadable(&error)),
        }
        reader
    }

    /// A value, trimmed. An empty one counts as not set, because compose files set variables to nothing.
    pub(super) fn text(&mut self, name: &'static str) -> Option<String> {
        self.env_text(name, name)
            .or_else(|| self.table_text(name, name))
    }

    /// A value through its parser. What cannot be used is noted, and `default` stands in until the end.
    pub(super) fn parsed<T>(
        &mut self,
        name: &'static str,
        default: T,
        parse: impl FnOnce(&str) -> Result<T, Problem>,
    ) -> T {
        let Some(text) = self.text(name) else {
            return default;
        };
        parse(&text).unwrap_or_else(|problem| {
            self.fault(name, problem);
            default
        })
    }

    /// A secret: `NAME` or the content of the file that `NAME_FILE` names.
    pub(super) fn secret(&mut self, name: &'static str) -> Found {
        let file_name = format!("{name}_FILE");
        let faults_before = self.faults.len();
        let in_env = (self.env_text(name, name), self.env_text(&file_name, name));
        let found = match in_env {
            (None, None) => (
                self.table_text(name, name),
                self.table_text(&file_name, name),
            ),
            found => found,
        };
        match found {
            _ if self.faults.len() > faults_before => Found::Faulty,
            (None, None) => Found::Absent,
            (Some(value), None) => Found::Value(value.into()),
            (Some(_), Some(_)) => {
                self.fault(name, format!("is set twice: remove it or {file_name}"));
                Found::Faulty
            }
            (None, Some(path)) => self.secret_file(name, &path),
        }
    }

    pub(super) fn fault(&mut self, name: &'static str, problem: impl Into<Problem>) {
        self.faults.push(Fault {
            name,
            problem: problem.into(),
        });
    }

    /// Ends the reading: an error if anything was wrong so far.
    pub(super) fn check(&self) -> Result<(), LoadError> {
        if self.faults.is_empty() {
            return Ok(());
        }
        Err(LoadError {
            faults: self.faults.clone(),
        })
    }

    fn secret_file(&mut self, name: &'static str, path: &str) -> Found {
        match read_secret(&self.sources.folder.join(path)) {
            Ok(secret) => Found::Value(secret),
            Err(error) => {
                let problem = format!("the file that {name}_FILE names {}", unreadable(&error));
                self.fault(name, problem);
                Found::Faulty
            }
        }
    }

    fn env_text(&mut self, variable: &str, name: &'static str) -> Option<String> {
        let value = (self.sources.env)(variable)?;
        if let Some(text) = value.to_str() {
            self.bounded(text, name)
        } else {
            self.fault(name, "is not UTF-8 text");
            None
        }
    }

    fn table_text(&mut self, variable: &str, name: &'static str) -> Option<String> {
        let text = match self.table.get(&variable.to_lowercase())? {
            toml::Value::String(text) => Some(text.clone()),
            toml::Value::Boolean(value) => Some(value.to_string()),
            toml::Value::Integer(value) => Some(value.to_string()),
            toml::Value::Float(value) => Some(value.to_string()),
            toml::Value::Array(list) => comma_separated(list),
            toml::Value::Datetime(_) | toml::Value::Table(_) => None,
        };
        let Some(text) = text else {
            self.fault(
                name,
                format!(
                    "in {TOML_FILE} it must be a text, a number, true, false, or a list of texts"
                ),
            );
            return None;
        };
        self.bounded(&text, name)
    }

    fn bounded(&mut self, text: &str, name: &'static str) -> Option<String> {
        if text.len() > MAX_VALUE_BYTES {
            self.fault(name, format!("is longer than {MAX_VALUE_BYTES} bytes"));
            return None;
        }
        let trimmed = text.trim();
        (!trimmed.is_empty()).then(|| trimmed.to_owned())
    }

    fn parse_table(&mut self, text: &str) {
        match text.parse() {
            Ok(table) => self.table = table,
            Err(error) => {
                // The error's own Display quotes the line, which may hold a secret.
                let error: toml::de::Error = error;
                let before = error.span().and_then(|span| text.get(..span.start));
                let line = before.map_or(1, |before| before.matches('\n').count() + 1);
                self.fault(TOML_FILE, format!("is not valid TOML in line {line}"));
            }
        }
    }
}

fn comma_separated(list: &[toml::Value]) -> Option<String> {
    let texts: Option<Vec<&str>> = list.iter().map(toml::Value::as_str).collect();
    Some(texts?.join(","))
}

/// The content of a file that holds a secret, trimmed.
pub(super) fn read_secret(path: &Path) -> io::Result<SecretString> {
    let text = read_bounded(path)?;
    match text.trim() {
        "" => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "empty")),
        secret if secret.len() > MAX_VALUE_BYTES => Err(io::ErrorKind::FileTooLarge.into()),
        secret => Ok(secret.into()),
    }
}

/// Why a file is no use, without its path: somebody may have put the secret itself there.
pub(super) fn unreadable(error: &io::Error) -> Problem {
    match error.kind() {
        io::ErrorKind::NotFound => "does not exist".into(),
        io::ErrorKind::PermissionDenied => "cannot be read: permission denied".into(),
        io::ErrorKind::InvalidData => "is not UTF-8 text".into(),
        io::ErrorKind::UnexpectedEof => "is empty".into(),
        io::ErrorKind::FileTooLarge => "is too large".into(),
        kind => format!("cannot be read: {kind}").into(),
    }
}

fn read_bounded(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let read_bytes = File::open(path)?
        .take(MAX_FILE_BYTES + 1)
        .read_to_string(&mut text)?;
    if read_bytes as u64 > MAX_FILE_BYTES {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(text)
}
