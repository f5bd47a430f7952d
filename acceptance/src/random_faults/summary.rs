//! The figures of a run.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::AddAssign;

/// What happened, counted.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// Commands and lists, each counted once however often it was sent.
    pub commands: u64,
    /// Requests that reached a function.
    pub invocations: u64,
    /// Answers by status.
    pub answers: BTreeMap<u16, u64>,
    /// Faults by kind.
    pub faults: BTreeMap<String, u64>,
    /// Processes that were killed.
    pub kills: u64,
    /// Invocations that were cut off at their deadline.
    pub cut_off: u64,
    /// Events in the table.
    pub events: u64,
    /// Violations by rule.
    pub violations: BTreeMap<&'static str, u64>,
}

impl AddAssign for Summary {
    fn add_assign(&mut self, other: Self) {
        self.commands += other.commands;
        self.invocations += other.invocations;
        self.kills += other.kills;
        self.cut_off += other.cut_off;
        self.events += other.events;
        merge(&mut self.answers, other.answers);
        merge(&mut self.faults, other.faults);
        merge(&mut self.violations, other.violations);
    }
}

fn merge<K: Ord>(into: &mut BTreeMap<K, u64>, from: BTreeMap<K, u64>) {
    for (key, count) in from {
        *into.entry(key).or_default() += count;
    }
}

impl Summary {
    /// How many violations there are in all.
    #[must_use]
    pub fn violations(&self) -> u64 {
        self.violations.values().sum()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "commands:    {}", self.commands)?;
        writeln!(formatter, "invocations: {}", self.invocations)?;
        writeln!(formatter, "answers:     {}", listed(&self.answers))?;
        writeln!(formatter, "faults:      {}", listed(&self.faults))?;
        writeln!(formatter, "kills:       {}, and {} cut off at the deadline", self.kills, self.cut_off)?;
        writeln!(formatter, "events:      {}", self.events)?;
        write!(formatter, "violations:  {}", self.violations())?;
        if self.violations.is_empty() { Ok(()) } else { write!(formatter, " ({})", listed(&self.violations)) }
    }
}

fn listed<K: fmt::Display>(counts: &BTreeMap<K, u64>) -> String {
    let each: Vec<_> = counts.iter().map(|(key, count)| format!("{key} {count}")).collect();
    each.join(", ")
}
