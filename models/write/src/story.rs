//! A counterexample, told step by step.

use std::fmt::Write;

use stateright::Path;

use crate::attempt::Sight;
use crate::client::{Client, Phase};
use crate::reading::Item;
use crate::request::Request;
use crate::table::Table;
use crate::world::{State, Step, World};

/// Tells a path: who does what, what each item read is, what the table becomes and what is answered.
#[must_use]
pub fn tell(world: &World, path: Path<State, Step>) -> String {
    let mut story = String::new();
    let mut steps = path.into_vec().into_iter().peekable();
    if let Some((first, _)) = steps.peek() {
        for (index, request) in world.configuration.requests.iter().enumerate() {
            line(&mut story, &format!("      client {}: {request}", index + 1));
        }
        line(&mut story, &format!("      table: {}", first.table));
    }
    let mut number = 0;
    while let Some((before, step)) = steps.next() {
        let (Some(step), Some((after, _))) = (step, steps.peek()) else { break };
        number += 1;
        line(&mut story, &format!("{number:>4}. {}", sentence(world, &before, step)));
        if before.table != after.table {
            line(&mut story, &format!("      table: {}", after.table));
        }
        for (index, client) in after.clients.iter().flatten().enumerate() {
            if before.clients[index].is_some_and(|earlier| earlier.phase != client.phase)
                && let Some(consequence) = consequence(client, index, world.configuration.requests[index])
            {
                line(&mut story, &format!("      client {} {consequence}", index + 1));
            }
        }
    }
    story
}

/// What a client comes to with a step.
fn consequence(client: &Client, index: usize, request: Request) -> Option<String> {
    match client.phase {
        Phase::Ended(reply) => Some(format!("is answered {reply}")),
        Phase::Waiting => {
            let sent = client.attempts.transaction(index, request)?;
            let (token, before, after) = (sent.token, sent.before, sent.after.version);
            Some(format!(
                "sends attempt {}: {:?}, from version {before} to {after}",
                token.attempt() + 1,
                sent.deed
            ))
        }
        _ => None,
    }
}

fn line(story: &mut String, text: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(story, "{text}");
}

fn sentence(world: &World, before: &State, step: Step) -> String {
    let request = |client: usize| world.configuration.requests[client];
    match step {
        Step::Read(client, item) => match &before.clients[client] {
            Some(reader) => read(reader, client, item, request(client), &before.table),
            None => String::new(),
        },
        Step::Arrives { client, forgotten } => {
            format!("client {}'s send arrives and is answered{}", client + 1, and_forgotten(forgotten))
        }
        Step::Conflicts(client) => format!("client {}'s send is answered TransactionConflict", client + 1),
        Step::GivesUp(client) => format!("client {} hears no answer to its send", client + 1),
        Step::Deadline(client) => format!("client {}'s deadline comes", client + 1),
        Step::ArrivesLate { client, attempt, forgotten } => format!(
            "a late send of client {}'s attempt {} arrives{}",
            client + 1,
            attempt + 1,
            and_forgotten(forgotten)
        ),
        Step::PutsRequest(client) => format!("client {} puts REQUEST", client + 1),
        Step::Revoked => "the API key is revoked".to_owned(),
    }
}

const fn and_forgotten(forgotten: bool) -> &'static str {
    if forgotten { ", its token forgotten" } else { "" }
}

fn read(reader: &Client, client: usize, item: Item, request: Request, table: &Table) -> String {
    let presence = |is_there: bool| if is_there { "there" } else { "absent" };
    let what = match item {
        Item::User => format!("USER: version {}, last number {}", table.user.version, table.user.last_number),
        Item::Key => {
            let number = request.number().unwrap_or_default();
            format!("KEY({number}): {}", presence(table.holds(number)))
        }
        Item::Request => {
            let key = request.idempotency_key.unwrap_or_default();
            format!("REQUEST({key}): {}", presence(table.request(key).is_some()))
        }
        Item::ApiKey => format!("APIKEY: {}", if table.revoked { "revoked" } else { "good" }),
        Item::Event => {
            let version = reader.attempts.version_before().unwrap_or_default() + 1;
            let sight = match reader.attempts.sight(table.event(version), client) {
                Sight::Absent => "absent",
                Sight::Ours => "its own token",
                Sight::Anothers => "another's token",
            };
            format!("EVENT({version}): {sight}")
        }
    };
    let occasion = if matches!(reader.phase, Phase::Look(..)) { "looks at" } else { "reads" };
    format!("client {} {occasion} {what}", client + 1)
}
