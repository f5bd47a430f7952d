//! The judge: holds what is in the table against itself, and against every answer that was given.
//!
//! It shares no code with what is judged. It reads plain JSON, folds it in its own way and hashes its own canonical
//! form; what it knows of the product is what the documents promise.

mod canonical;
mod inventory;
mod lists;
mod outcomes;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;

use self::inventory::Inventory;
use super::history::{Command, History};
use super::scan::Item;

/// A promise that was not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which promise.
    pub rule: &'static str,
    /// Whose inventory it is about; empty if it is about no one's.
    pub user: String,
    /// The requests that it is about.
    pub request_ids: Vec<String>,
    /// What was found.
    pub detail: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, user, request_ids, detail } = self;
        write!(formatter, "{rule}: user {user}, requests [{}]: {detail}", request_ids.join(" "))
    }
}

/// Takes down what is found about one inventory.
#[derive(Debug)]
struct Findings<'a> {
    user: &'a str,
    violations: &'a mut Vec<Violation>,
}

impl Findings<'_> {
    /// Takes down a violation about these requests.
    fn add(&mut self, rule: &'static str, request_ids: &[&str], detail: impl Into<String>) {
        let request_ids = request_ids.iter().map(ToString::to_string).collect();
        let violation = Violation { rule, user: self.user.to_owned(), request_ids, detail: detail.into() };
        self.violations.push(violation);
    }

    /// Takes down a violation by a command, about all of its requests.
    fn add_of(&mut self, rule: &'static str, command: &Command, detail: impl Into<String>) {
        let ids: Vec<_> = command.sendings.iter().map(|sending| sending.request_id.as_str()).collect();
        self.add(rule, &ids, detail);
    }
}

/// Judges an episode by what was asked and answered, and by the items that are in the table in the end.
pub(crate) fn judge(history: &History, items: &[Item]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for how in &history.broken {
        Findings { user: "", violations: &mut violations }.add("function-ended", &[], how);
    }
    let mut inventories = Inventory::of_users(items);
    let mut commands = BTreeMap::<&str, Vec<&Command>>::new();
    for command in &history.commands {
        commands.entry(&command.user).or_default().push(command);
        inventories.entry(command.user.clone()).or_default();
    }
    for (user, inventory) in &inventories {
        let commands = commands.get(user.as_str()).map_or(&[][..], Vec::as_slice);
        let mut findings = Findings { user, violations: &mut violations };
        inventory.check(user, &mut findings);
        outcomes::check(commands, inventory, &mut findings);
        lists::check(commands, inventory, &mut findings);
    }
    violations
}
