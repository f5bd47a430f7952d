//! What lines of the log are measured for: metrics in the log itself, which CloudWatch takes out (CloudWatch User Guide,
//! "Specification: Embedded metric format"). No call is made for them, and nobody needs a permission.

use domain::values::EpochMillis;
use serde_json::{Value, json};

use super::line::Members;
use crate::environment::{ConfigFault, optional, required};

const NAMESPACE: &str = "METRICS_NAMESPACE";
const FUNCTION_NAME: &str = "FunctionName";
const EXECUTED_VERSION: &str = "ExecutedVersion";

/// What is measured of lines with a message. The names are those of the lines' own members.
#[derive(Debug)]
pub struct Measured {
    /// The message.
    pub message: &'static str,
    /// By what it is told apart. Each combination of values is a metric that is paid for, so there are only such as have few; an id of
    /// a user or an organisation never is one.
    pub dimensions: &'static [&'static str],
    /// The members that are numbers to be kept. One that a line does not have is not measured of it.
    pub metrics: &'static [&'static str],
}

/// Everything that is measured.
pub const MEASURED: [Measured; 6] = [
    // `code` is what was done, or the code of the refusal.
    Measured { message: "answered", dimensions: &[FUNCTION_NAME, "code"], metrics: &["answers"] },
    // `init_ms` is said by the first line of a process, so there are as many as cold starts.
    Measured {
        message: "answered",
        dimensions: &[FUNCTION_NAME],
        metrics: &["attempts", "store_ms", "init_ms"],
    },
    // By version, so that a new one can be judged by what it does itself.
    Measured { message: "answered", dimensions: &[FUNCTION_NAME, EXECUTED_VERSION], metrics: &["faults"] },
    Measured {
        message: "published",
        dimensions: &[FUNCTION_NAME],
        metrics: &["published", "set_aside", "unpublished", "heartbeats"],
    },
    Measured {
        message: "exported",
        dimensions: &[FUNCTION_NAME],
        metrics: &["behind_hours", "ahead_hours", "set_aside"],
    },
    Measured { message: "swept", dimensions: &[FUNCTION_NAME], metrics: &["left_behind"] },
];

/// Whose metrics they are.
#[derive(Debug, Clone)]
pub struct Metrics {
    namespace: String,
    function_name: String,
    version: String,
}

impl Metrics {
    /// As the environment says; nothing is measured where `METRICS_NAMESPACE` is not set. Lambda sets the others.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, ConfigFault> {
        let Some(namespace) = optional(&lookup, NAMESPACE) else { return Ok(None) };
        let function_name = required(&lookup, "AWS_LAMBDA_FUNCTION_NAME")?;
        let version = required(&lookup, "AWS_LAMBDA_FUNCTION_VERSION")?;
        Ok(Some(Self { namespace, function_name, version }))
    }

    /// Adds to a line what makes metrics of its members.
    pub(super) fn measure(&self, line: &mut Members, now: EpochMillis) {
        let (mut directives, mut dimensions) = (Vec::new(), Vec::new());
        for measured in &MEASURED {
            let Some(directive) = self.directive(measured, line) else { continue };
            directives.push(directive);
            dimensions.extend(measured.dimensions);
        }
        if directives.is_empty() {
            return;
        }
        for (dimension, value) in [(FUNCTION_NAME, &self.function_name), (EXECUTED_VERSION, &self.version)] {
            if dimensions.contains(&dimension) {
                line.add(dimension, value.as_str().into());
            }
        }
        line.add("_aws", json!({"Timestamp": now.get(), "CloudWatchMetrics": directives}));
    }

    /// Names only: the unit is in the name, where there is one, and each would be another 24 bytes of every line.
    fn directive(&self, measured: &Measured, line: &Members) -> Option<Value> {
        if line.get("message").and_then(Value::as_str) != Some(measured.message) {
            return None;
        }
        let is_there = |name: &&&str| line.get(name).is_some_and(Value::is_number);
        let metrics: Vec<_> =
            measured.metrics.iter().filter(is_there).map(|name| json!({"Name": name})).collect();
        let directive =
            json!({"Namespace": self.namespace, "Dimensions": [measured.dimensions], "Metrics": metrics});
        (!metrics.is_empty()).then_some(directive)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Option<Metrics>, ConfigFault> {
        let found = |name: &str| variables.iter().find(|(variable, _)| *variable == name);
        Metrics::read(|name| found(name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn nothing_is_measured_unless_it_is_said_whose_it_is() {
        assert!(read(&[("AWS_LAMBDA_FUNCTION_NAME", "add")]).unwrap().is_none());
        let fault = read(&[(NAMESPACE, "Keys")]).unwrap_err();
        assert_eq!(fault.to_string(), "AWS_LAMBDA_FUNCTION_NAME is not set");
    }

    #[test]
    fn no_id_of_anybody_is_a_dimension() {
        for measured in MEASURED {
            for dimension in measured.dimensions {
                assert!([FUNCTION_NAME, EXECUTED_VERSION, "code"].contains(dimension), "{dimension}");
            }
        }
    }
}
