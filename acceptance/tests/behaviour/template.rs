//! What the deployment's template says and no tool checks: the gateway's access log has to be JSON whatever happens.

use std::collections::BTreeSet;

use acceptance::deployment::{access_log, pieces};
use process::telemetry::MEASURED;
use serde_json::Value;

/// The variables of an HTTP API that AWS documents as bare values: what is put in their place has no quotes around it.
const BARE: [&str; 9] = [
    "error.responseType",
    "identity.sourceIp",
    "integrationLatency",
    "integrationStatus",
    "requestId",
    "requestTime",
    "responseLength",
    "routeKey",
    "status",
];

/// The ones that it documents as values in quotes.
const QUOTED: [&str; 1] = ["error.messageString"];

/// A line of the log, with the same value for each variable.
fn line(format: &str, value: &str) -> String {
    let written = |piece| match piece {
        Ok(text) => String::from(text),
        Err(name) if QUOTED.contains(&name) => format!("\"{value}\""),
        Err(_) => String::from(value),
    };
    pieces(format).into_iter().map(written).collect()
}

/// The fields of a line in order, or nothing if it is no JSON.
fn fields(format: &str, value: &str) -> Option<Vec<(String, Value)>> {
    let line: serde_json::Map<_, _> = serde_json::from_str(&line(format, value)).ok()?;
    Some(line.into_iter().collect())
}

#[test]
fn every_line_of_the_access_log_is_json() {
    // `-` is written for what there is none of.
    for value in [
        "-",
        "THROTTLED",
        "203.0.113.10",
        "2001:db8::1",
        "429",
        "POST /users/{id}/AddPhysicalKey",
        "$default",
        "",
    ] {
        let fields = fields(access_log(), value).expect(value);
        assert_eq!(fields.len(), BARE.len());
        for (name, written) in fields {
            assert_eq!(written, value, "{name}");
        }
    }
}

#[test]
fn the_access_log_has_documented_variables_without_quotes_of_their_own() {
    let mut names: Vec<_> = pieces(access_log()).into_iter().filter_map(Result::err).collect();
    names.sort_unstable();
    assert_eq!(names, BARE);
}

#[test]
fn a_bare_number_or_a_quoted_variable_would_be_noticed() {
    let noticed = |format| ["-", "429", "text"].iter().any(|value| fields(format, value).is_none());
    assert!(noticed(r#"{"status":$context.status}"#));
    assert!(noticed(r#"{"error":"$context.error.messageString"}"#));
    assert!(!noticed(r#"{"error":$context.error.messageString}"#));
}

/// What is measured of the lines of the log under the names that alarms and the dashboard use.
#[test]
fn everything_of_our_own_that_is_watched_is_measured() {
    let template = include_str!("../../../template.yaml");
    let measured: BTreeSet<_> = MEASURED.iter().flat_map(|measured| measured.metrics).copied().collect();
    // Alarms name a namespace and, in the next line, a metric; the dashboard has both in one array.
    let alarms = template.split("Namespace: !Sub PhysicalKeyInventory/${AWS::StackName}\n").skip(1);
    let of_alarms = alarms.filter_map(|text| {
        let (_, name) = text.lines().next()?.trim().split_once("MetricName: ")?;
        Some(name)
    });
    let dashboard = template.split("\"PhysicalKeyInventory/${AWS::StackName}\",\"").skip(1);
    let of_dashboard = dashboard.filter_map(|text| Some(text.split_once('"')?.0));
    let of_filters = BTreeSet::from(["Forbidden", "Unauthenticated"]);
    let watched: BTreeSet<_> = of_alarms.chain(of_dashboard).collect();
    let unknown: Vec<_> = watched.difference(&measured).filter(|name| !of_filters.contains(**name)).collect();
    assert_eq!(unknown, [] as [&&str; 0]);
    let unwatched: Vec<_> = measured.difference(&watched).collect();
    assert_eq!(unwatched, [] as [&&str; 0], "each is paid for");
}
