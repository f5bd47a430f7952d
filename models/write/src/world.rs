//! All clients, the table and the network, and every step that one of them can take.

use std::hash::{Hash, Hasher};

use stateright::{Model, Property};

use crate::client::{Client, Phase};
use crate::configurations::Configuration;
use crate::faults::Fault;
use crate::packing;
use crate::place::Place;
use crate::properties;
use crate::reading::Item;
use crate::table::{CLIENTS, Table, Token};

/// Everything at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// The items.
    pub table: Table,
    /// The clients; those beyond the configuration's are not there.
    pub clients: [Option<Client>; CLIENTS],
}

impl Hash for State {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        packing::hash_at_once(&(self.table, self.clients), hasher);
    }
}

/// One step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A client reads an item.
    Read(usize, Item),
    /// The send for whose answer a client waits arrives and is answered.
    Arrives {
        /// The client.
        client: usize,
        /// The table has forgotten the token by now.
        forgotten: bool,
    },
    /// The send for whose answer a client waits is answered `TransactionConflict`, and not carried out.
    Conflicts(usize),
    /// A client hears no answer and gives its send up.
    GivesUp(usize),
    /// A client's deadline comes.
    Deadline(usize),
    /// A send that was given up arrives after all.
    ArrivesLate {
        /// The client.
        client: usize,
        /// Which of its attempts.
        attempt: usize,
        /// The table has forgotten the token by now.
        forgotten: bool,
    },
    /// A client puts REQUEST on its own: only a fault does this.
    PutsRequest(usize),
    /// The API key is revoked.
    Revoked,
}

/// What is asked of an exploration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// Whether all that must hold does in every state.
    DoesItHold,
    /// Whether each kind of answer is ever given, so that what must hold does not do so for want of answers.
    IsItReachable,
}

/// A configuration, explored.
#[derive(Debug, Clone, Copy)]
pub struct World {
    /// Who asks for what.
    pub configuration: Configuration,
    /// The rule that is left out.
    pub fault: Option<Fault>,
    /// What is asked.
    pub question: Question,
}

impl World {
    /// Where a client takes a step.
    fn place<'world>(&self, table: &'world Table, index: usize) -> Place<'world> {
        Place {
            index,
            request: self.configuration.requests[index],
            requests: self.configuration.requests,
            table,
            revocation: self.configuration.revocation,
            fault: self.fault,
        }
    }

    fn steps_of_client(&self, state: &State, index: usize, client: &Client, steps: &mut Vec<Step>) {
        let token = client.attempts.transaction(index, self.configuration.requests[index]);
        match client.phase {
            Phase::Batch(unread) => {
                let is_last = client.rounds >= self.configuration.rounds;
                steps.extend(unread.items().filter(|_| !is_last).map(|item| Step::Read(index, item)));
                steps.push(Step::Deadline(index));
            }
            Phase::GroundGone => steps.extend([Step::Read(index, Item::Event), Step::Deadline(index)]),
            Phase::Waiting => {
                let may_be_forgotten = token.is_some_and(|send| self.may_be_forgotten(state, send.token));
                steps.push(Step::Arrives { client: index, forgotten: false });
                if may_be_forgotten {
                    steps.push(Step::Arrives { client: index, forgotten: true });
                }
                steps.extend([Step::Conflicts(index), Step::GivesUp(index)]);
            }
            Phase::PuttingRequest => steps.push(Step::PutsRequest(index)),
            Phase::Look(_, unread) => {
                let next = Client::next_of_look(unread, self.fault);
                steps.extend(next.items().map(|item| Step::Read(index, item)));
            }
            Phase::Ended(_) => {}
        }
        for attempt in client.attempts.under_way() {
            steps.push(Step::ArrivesLate { client: index, attempt, forgotten: false });
            if self.may_be_forgotten(state, Token::new(index, attempt)) {
                steps.push(Step::ArrivesLate { client: index, attempt, forgotten: true });
            }
        }
    }

    /// A token's expiry matters when a send with it arrives, so it is left until then.
    fn may_be_forgotten(&self, state: &State, token: Token) -> bool {
        self.configuration.forgetting && state.table.remembers(token)
    }

    /// A step of a client's own, or of the send for whose answer it waits.
    fn advance(&self, table: &mut Table, index: usize, client: &mut Client, step: Step) {
        let before = *table;
        let place = self.place(&before, index);
        match (step, client.phase) {
            (Step::Read(_, item), Phase::Batch(unread)) => client.read_of_batch(unread, item, &place),
            (Step::Read(..), Phase::GroundGone) => client.ground_is_gone(client.read_event(&place), &place),
            (Step::Read(_, item), Phase::Look(refusal, unread)) => {
                client.read_of_look(refusal, unread, item, &place);
            }
            (Step::Deadline(_), _) => client.reach_deadline(&place),
            (Step::Arrives { forgotten, .. }, _) => {
                if let Some(transaction) = client.attempts.transaction(index, place.request) {
                    if forgotten {
                        table.forget(transaction.token);
                    }
                    let success = table.execute(transaction, self.fault);
                    let place = self.place(table, index);
                    if success { client.carried_out(&place) } else { client.not_carried_out(&place) }
                }
            }
            (Step::Conflicts(_), _) => client.not_carried_out(&place),
            (Step::GivesUp(_), _) => client.gave_up(self.configuration.duplicates, &place),
            (Step::ArrivesLate { attempt, forgotten, .. }, _) => {
                let transaction = client.attempts.transaction_of(attempt, index, place.request);
                if forgotten {
                    table.forget(transaction.token);
                }
                table.execute(transaction, self.fault);
                if !self.configuration.duplicates {
                    client.attempts.arrived(attempt);
                }
            }
            (Step::PutsRequest(_), _) => {
                if let Some(transaction) = client.attempts.transaction(index, place.request)
                    && let Some(key) = place.request.idempotency_key
                {
                    table.put_request(key, transaction.answer());
                    client.carried_out_and_kept(&place);
                }
            }
            (Step::Read(..) | Step::Revoked, _) => {}
        }
    }
}

impl Model for World {
    type State = State;
    type Action = Step;

    fn init_states(&self) -> Vec<State> {
        let table = Table::with_history(self.configuration.history);
        let mut clients = [None; CLIENTS];
        for (index, client) in clients.iter_mut().enumerate().take(self.configuration.requests.len()) {
            *client = Some(Client::new(&self.place(&table, index)));
        }
        vec![State { table, clients }]
    }

    fn actions(&self, state: &State, steps: &mut Vec<Step>) {
        for (index, client) in state.clients.iter().enumerate() {
            if let Some(client) = client {
                self.steps_of_client(state, index, client, steps);
            }
        }
        if self.configuration.revocation && !state.table.revoked {
            steps.push(Step::Revoked);
        }
    }

    fn next_state(&self, state: &State, step: Step) -> Option<State> {
        let mut next = *state;
        match step {
            Step::Revoked => next.table.revoked = true,
            Step::Read(client, _)
            | Step::Arrives { client, .. }
            | Step::Conflicts(client)
            | Step::GivesUp(client)
            | Step::Deadline(client)
            | Step::ArrivesLate { client, .. }
            | Step::PutsRequest(client) => {
                let moved = next.clients[client].as_mut()?;
                self.advance(&mut next.table, client, moved, step);
            }
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        match self.question {
            Question::DoesItHold => properties::always(),
            Question::IsItReachable => properties::reachable(&self.configuration),
        }
    }
}
