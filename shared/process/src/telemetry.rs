//! Logs: one JSON object a line on standard output, for people, and for CloudWatch, which takes metrics out of it.

mod line;
mod metrics;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::JsonFields;
use tracing_subscriber::prelude::*;

use self::line::Line;
pub use self::metrics::{MEASURED, Measured, Metrics};
use crate::clock::Clock;
use crate::environment::{ConfigFault, optional};

/// Our own packages that log, by the first part of their target.
pub const OURS: [&str; 4] = ["api", "process", "export_audit", "publish_events"];

/// Starts logging at the level that `LOG_LEVEL` names; `info` if it names none.
///
/// The level is ours alone. Libraries log bodies and headers at their finer levels, so they never get below `warn`.
pub fn start(lookup: impl Fn(&str) -> Option<String>) -> Result<(), ConfigFault> {
    let (level, metrics) = (level(optional(&lookup, "LOG_LEVEL").as_deref())?, Metrics::read(&lookup)?);
    // A second start, in a test say, leaves the first as it is.
    let _ = lines(level, metrics, Clock::system(), std::io::stdout).try_init();
    Ok(())
}

/// What writes the lines of a level.
pub fn lines<W>(
    level: LevelFilter,
    metrics: Option<Metrics>,
    clock: Clock,
    writer: W,
) -> impl tracing::Subscriber + Send + Sync
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let targets = Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_targets(OURS.map(|target| (target, level)));
    let lines = tracing_subscriber::fmt::layer().fmt_fields(JsonFields::new());
    let lines = lines.event_format(Line { metrics, clock }).with_writer(writer);
    tracing_subscriber::registry().with(targets).with(lines)
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
    use std::cell::RefCell;
    use std::io::Write;

    use domain::values::EpochMillis;

    use super::*;

    thread_local! {
        static LOGGED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }

    /// Writes to the log of the thread that writes.
    struct OwnLog;

    impl Write for OwnLog {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            LOGGED.with_borrow_mut(|logged| logged.write(bytes))
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// What is logged, at a level, without metrics.
    fn logged(level: LevelFilter, log: impl FnOnce()) -> String {
        let clock = Clock::from_fn(|| EpochMillis::new(1_795_435_200_007));
        tracing::subscriber::with_default(lines(level, None, clock, || OwnLog), log);
        String::from_utf8(LOGGED.take()).unwrap()
    }

    #[test]
    fn a_line_has_what_is_known_in_its_order_and_nothing_that_is_not() {
        let none: Option<u64> = None;
        let line =
            logged(LevelFilter::INFO, || tracing::info!(count = 3, none, name = "a \"b\"\n", "answered"));
        let expected = r#"{"timestamp":"2026-11-23T12:00:00.007Z","level":"INFO","message":"answered","count":3,"name":"a \"b\"\n","target":"process::telemetry::tests"}"#;
        assert_eq!(line, format!("{expected}\n"));
    }

    #[test]
    fn every_line_of_an_invocation_has_its_trace() {
        let mut context = lambda_runtime::Context::default();
        context.xray_trace_id =
            Some("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1".to_owned());
        for level in [LevelFilter::TRACE, LevelFilter::ERROR] {
            let line = logged(level, || {
                crate::lambda::invocation(&context).in_scope(|| tracing::error!("somewhere"));
                tracing::error!("elsewhere");
            });
            let lines: Vec<serde_json::Value> =
                line.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            assert_eq!(lines[0]["trace_id"], "1-5759e988-bd862e3fe1be46a994272793", "{level}");
            assert_eq!(lines[1]["trace_id"], serde_json::Value::Null, "{level}");
        }
    }

    #[test]
    fn libraries_are_heard_from_warnings_on() {
        let line = logged(LevelFilter::TRACE, || {
            tracing::info!(target: "aws_smithy_runtime", body = "a note", "sent");
            tracing::warn!(target: "aws_smithy_runtime", "slow");
        });
        assert_eq!(line.lines().count(), 1, "{line}");
    }

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
