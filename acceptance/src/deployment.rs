//! What the deployment's template says, as far as tests and costs are about it.

const TEMPLATE: &str = include_str!("../../template.yaml");

/// The format of the access log, which is the line after `Format: >-`.
#[must_use]
pub fn access_log() -> &'static str {
    let (_, format) = TEMPLATE.split_once("Format: >-\n").expect("a format");
    format.lines().next().expect("its line").trim()
}

/// A format in pieces: text, and the names of `$context` variables.
#[must_use]
pub fn pieces(format: &str) -> Vec<Result<&str, &str>> {
    let mut parts = format.split("$context.");
    let mut pieces = vec![Ok(parts.next().expect("a beginning"))];
    for part in parts {
        let end =
            part.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '.').unwrap_or(part.len());
        pieces.extend([Err(&part[..end]), Ok(&part[end..])]);
    }
    pieces
}

/// The resources of a type, each as its text.
#[must_use]
pub fn resources(of_type: &str) -> Vec<&'static str> {
    let (_, resources) = TEMPLATE.split_once("\nResources:\n").expect("resources");
    let (resources, _) = resources.split_once("\nOutputs:\n").expect("outputs");
    let is_type = |resource: &&str| resource.lines().any(|line| line == format!("    Type: {of_type}"));
    resources.split("\n\n").filter(is_type).collect()
}

/// How many metrics the alarms look at: one that is made of several is paid for by each of them.
#[must_use]
pub fn alarm_metrics() -> usize {
    let looked_at = |alarm: &str| alarm.matches("MetricStat:").count().max(1);
    resources("AWS::CloudWatch::Alarm").into_iter().map(looked_at).sum()
}

/// A parameter's default, where that is a number.
#[must_use]
pub fn default_of(parameter: &str) -> f64 {
    let (_, rest) = TEMPLATE.split_once(&format!("\n  {parameter}:\n")).expect("the parameter");
    number("Default", rest)
}

/// How many MB a function has.
#[must_use]
pub fn memory(function: &str) -> f64 {
    let (_, resource) = TEMPLATE.split_once(&format!("\n  {function}:\n")).expect("the function");
    let resource = resource.split("\n\n").next().unwrap_or_default();
    // What a function does not say itself is said of all, further up.
    number("MemorySize", if resource.contains(" MemorySize: ") { resource } else { TEMPLATE })
}

/// The number behind a name, where that occurs first.
fn number(name: &str, text: &str) -> f64 {
    let (_, rest) = text.split_once(&format!(" {name}: ")).expect("the name");
    rest.lines().next().and_then(|number| number.trim().parse().ok()).expect("a number")
}
