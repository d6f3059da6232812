//! What concerns the whole process: no memory dumps, the runtime, the exit code.

use std::process::ExitCode;

use super::print;

/// Forbids memory dumps, parses the command line, runs the command and turns its end into an exit code.
pub fn run<C>(parse: impl FnOnce() -> C) -> ExitCode
where
    C: Future<Output = anyhow::Result<()>>,
{
    match forbid_dumps().and_then(|()| block_on(parse())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            print::error(&error);
            ExitCode::FAILURE
        }
    }
}

/// Keys must not end in a core file, nor be read by another process of the same user.
fn forbid_dumps() -> anyhow::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let nothing = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    setrlimit(Resource::Core, nothing)?;
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
