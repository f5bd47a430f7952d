//! One line of the log.

use std::fmt::{self, Debug};

use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

use super::metrics::Metrics;
use crate::clock::Clock;

/// Writes `{"timestamp", "level", "message", "target", …}`: the members of the event and of the span that it happened in, and what makes
/// metrics of them.
pub(super) struct Line {
    pub(super) metrics: Option<Metrics>,
    pub(super) clock: Clock,
}

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let (now, about) = (self.clock.now(), event.metadata());
        let mut members = Members::default();
        members.add("timestamp", now.to_rfc3339().into());
        members.add("level", about.level().as_str().into());
        event.record(&mut members);
        members.add("target", about.target().into());
        if let Some(span) = context.lookup_current()
            && let Some(fields) = span.extensions().get::<FormattedFields<N>>()
            && let Ok(Value::Object(fields)) = serde_json::from_str(&fields.fields)
        {
            fields.into_iter().for_each(|(name, value)| members.add(name, value));
        }
        if let Some(metrics) = &self.metrics {
            metrics.measure(&mut members, now);
        }
        let line = serde_json::to_string(&members).map_err(|_| fmt::Error)?;
        writeln!(writer, "{line}")
    }
}

/// The members of a line, in their order.
#[derive(Debug, Default)]
pub(super) struct Members(Vec<(String, Value)>);

impl Members {
    pub(super) fn add(&mut self, name: impl Into<String>, value: Value) {
        self.0.push((name.into(), value));
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(member, _)| member == name).map(|(_, value)| value)
    }
}

impl Serialize for Members {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl Visit for Members {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field.name(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field.name(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field.name(), value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field.name(), json!(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field.name(), value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.add(field.name(), format!("{value:?}").into());
    }
}
