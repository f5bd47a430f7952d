//! What a month costs in which nobody asks for anything.

use std::collections::BTreeSet;

use process::telemetry::MEASURED;

use super::background::{EXPORTER, PUBLISHER};
use super::bill::Till;
use super::requests::{ADD, GET, HISTORY, LIST, NO_SUCH_ROUTE, ORG_LIST, REMOVE};
use super::tables::whole;
use super::{Counted, float};
use crate::deployment::{alarm_metrics, resources};

/// Hours of a month, as AWS reckons.
pub(super) const HOURS: f64 = 730.0;
/// Heartbeats of an hour: one every five minutes.
const HEARTBEATS: f64 = 12.0;
/// A request to each function.
const USUAL: [&str; 7] = [ADD, REMOVE, LIST, GET, HISTORY, ORG_LIST, NO_SUCH_ROUTE];

/// A line of the month's bill: what, how many, dollars.
pub(super) type Line = (&'static str, String, f64);

/// How many metrics a message makes.
fn metrics(message: &str) -> usize {
    MEASURED.iter().filter(|measured| measured.message == message).map(|of| of.metrics.len()).sum()
}

/// What is paid for while nothing happens.
pub(super) fn idle(till: &Till<'_>) -> Vec<Line> {
    let prices = till.prices;
    let (alarms, dashboards) = (alarm_metrics(), resources("AWS::CloudWatch::Dashboard").len());
    let secrets = resources("AWS::SecretsManager::Secret").len();
    // The publisher's with each heartbeat, the export's each hour, the sweep's in one hour of the day.
    let always = float(metrics("published") + metrics("exported")) + float(metrics("swept")) / 24.0;
    let of_alarms = resources("AWS::CloudWatch::Alarm").len();
    let beats = HOURS * HEARTBEATS;
    let of_a_beat = prices.of("schedule")
        + prices.of("write unit")
        + till.invocation(PUBLISHER, "publishing ms")
        + till.logged(till.background.published_log);
    let of_an_hour = prices.of("schedule")
        + till.invocation(EXPORTER, "export ms")
        + till.export(till.background.hour)
        + prices.of("signature");
    vec![
        (
            "alarms",
            format!("{alarms} metrics of {of_alarms} alarms"),
            float(alarms) * prices.of("alarm metric"),
        ),
        ("dashboard", dashboards.to_string(), float(dashboards) * prices.of("dashboard")),
        ("metrics that are always there", format!("{always:.2}"), always * prices.of("metric")),
        ("key that signs the log", "1".to_owned(), prices.of("KMS key")),
        ("secret of the cursors", secrets.to_string(), float(secrets) * prices.of("secret")),
        ("heartbeats", whole(beats), beats * of_a_beat),
        ("hourly exports, without events", format!("{HOURS:.0}"), HOURS * of_an_hour),
    ]
}

/// The metrics that are there in an hour in which every function begins, and answers one kind of request with one code: how many, and
/// dollars for a month of such hours.
pub(super) fn busy(counted: &Counted, till: &Till<'_>) -> Line {
    let mut told = BTreeSet::new();
    for name in USUAL {
        let line = &counted.request(name).line;
        for directive in line["_aws"]["CloudWatchMetrics"].as_array().expect("directives") {
            for metric in directive["Metrics"].as_array().expect("metrics") {
                told.insert((line["FunctionName"].to_string(), metric.to_string()));
            }
        }
    }
    // The first line of a process tells one more. And those of the filters are there in an hour in which the gateway writes a line.
    let many = told.len() + USUAL.len() + resources("AWS::Logs::MetricFilter").len();
    ("metrics of requests, in every hour", many.to_string(), float(many) * till.prices.of("metric"))
}
