//! Logs: one JSON object a line on standard output, for people and for metric filters.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::prelude::*;

use crate::environment::ConfigFault;

/// Our own packages that log, by the first part of their target.
pub const OURS: [&str; 4] = ["api", "process", "export_audit", "publish_events"];

/// Starts logging at the level that `LOG_LEVEL` names; `info` if it names none.
///
/// The level is ours alone. Libraries log bodies and headers at their finer levels, so they never get below `warn`.
pub fn start(log_level: Option<&str>) -> Result<(), ConfigFault> {
    // A second start, in a test say, leaves the first as it is.
    let _ = lines(level(log_level)?, std::io::stdout).try_init();
    Ok(())
}

/// What writes the lines of a level.
pub fn lines<W>(level: LevelFilter, writer: W) -> impl tracing::Subscriber + Send + Sync
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let targets = Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_targets(OURS.map(|target| (target, level)));
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_current_span(false);
    tracing_subscriber::registry().with(targets).with(lines.with_span_list(false).with_writer(writer))
}

fn level(name: Option<&str>) -> Result<LevelFilter, ConfigFault> {
    match name.map(str::trim).unwrap_or_default() {
        "" => Ok(LevelFilter::INFO),
        name => name.parse().map_err(|_| ConfigFault::Wrong {
            name: "LOG_LEVEL",
            expected: "off, error, warn, info, debug or trace",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_read_by_name() {
        assert_eq!(level(None), Ok(LevelFilter::INFO));
        assert_eq!(level(Some("")), Ok(LevelFilter::INFO));
        assert_eq!(level(Some("DEBUG")), Ok(LevelFilter::DEBUG));
        assert_eq!(
            level(Some("loud")).unwrap_err().to_string(),
            "LOG_LEVEL must be off, error, warn, info, debug or trace"
        );
    }
}
