//! What concerns the whole process: what others may see of it, the runtime, the exit code.

use std::process::ExitCode;

use super::print;

/// Closes the process to others, parses the command line, runs the command and turns its end into an exit code.
pub fn run<C>(parse: impl FnOnce() -> C) -> ExitCode
where
    C: Future<Output = anyhow::Result<()>>,
{
    match keep_to_ourselves().and_then(|()| block_on(parse())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            print::error(&error);
            ExitCode::FAILURE
        }
    }
}

/// Keys must not end in a core file, nor be read by another process of the same user; files are for this user only.
fn keep_to_ourselves() -> anyhow::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let nothing = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    setrlimit(Resource::Core, nothing)?;
    // What is written, such as SQLite's files, holds shoppers' data.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(())
}

fn block_on(command: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(command)
}
