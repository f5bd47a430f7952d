//! One episode: an engine, a fleet, clients, and the judge afterwards.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use local_inventory::dynamodb::EmbeddedDynamoDb;
use tokio::task::JoinSet;

use super::client::{self, World};
use super::credentials::Credentials;
use super::fleet::Fleet;
use super::function::Deployment;
use super::history::History;
use super::invocation::Function;
use super::judge::{Violation, judge};
use super::proxy::Proxy;
use super::scan::Item;
use super::summary::Summary;
use super::weather::Weather;
use super::{chance, plan, scan};
use crate::message;

/// What is the same in all episodes of a run.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The main seed.
    pub seed: u64,
    /// Busy users in each episode.
    pub users: usize,
    /// Clients in each episode.
    pub clients: u64,
    /// The weather of every episode, instead of one that is drawn.
    pub weather: Option<Weather>,
    /// Where the functions' executables are, of each version that takes part.
    pub executables: Vec<PathBuf>,
    /// Where the functions' logs are kept, if anywhere.
    pub logs: Option<PathBuf>,
}

/// An episode that is over.
#[derive(Debug)]
pub struct Episode {
    /// Its weather's name.
    pub weather: &'static str,
    /// Its figures.
    pub summary: Summary,
    /// What the judge found.
    pub violations: Vec<Violation>,
}

/// What the parts of an episode derive their chance from.
#[derive(Debug, Clone, Copy)]
enum Part {
    Size,
    Weather,
    Plans,
    Proxy,
    Circumstances,
    Credentials,
}

impl Episode {
    /// How many commands an episode has.
    #[must_use]
    pub fn size(seed: u64, episode: u64) -> u64 {
        chance::at(seed, &[episode, Part::Size as u64]).u64(300..600)
    }

    /// Runs an episode with so many commands and judges it.
    pub async fn run(setting: &Setting, episode: u64, commands: u64) -> Self {
        let seed = |part: Part| chance::derived(setting.seed, &[episode, part as u64]);
        let drawn = Weather::draw(&mut chance::at(seed(Part::Weather), &[]));
        let weather = setting.weather.unwrap_or(drawn);
        let engine = EmbeddedDynamoDb::in_memory().await.expect("an embedded DynamoDB");
        let credentials =
            Credentials::on(&engine, plan::users(setting.users, commands), seed(Part::Credentials)).await;
        let authority = message::authority(&engine.access().endpoint).to_owned();
        let proxy = Proxy::start(authority, weather, seed(Part::Proxy)).await;
        let environment = credentials.environment(&engine, &proxy.address.to_string());
        let fleet = Fleet::start(deployments(setting, episode, &environment));
        let known = Mutex::default();
        let seed_of_circumstances = seed(Part::Circumstances);
        let world = World { episode, seed: seed_of_circumstances, weather, fleet, credentials, known };
        let world = Arc::new(world);

        let mut clients = JoinSet::new();
        for plan in plan::plans(seed(Part::Plans), setting.clients, commands, setting.users) {
            clients.spawn(client::carry_out(Arc::clone(&world), plan));
        }
        let carried_out = clients.join_all().await.into_iter().flatten().collect();
        let world = Arc::into_inner(world).expect("the clients have ended");
        let entries = world.fleet.end().await;
        let faults = proxy.end().await;
        let items = scan::items(&engine.access()).await;
        engine.stop().await.expect("the engine stops");

        let history = History { commands: carried_out, broken: entries.broken };
        let violations = judge(&history, &items);
        let mut summary = figures(&history, &items, &violations);
        summary.faults = faults;
        (summary.invocations, summary.kills, summary.cut_off) =
            (entries.invocations, entries.killed, entries.cut_off);
        Self { weather: weather.name, summary, violations }
    }
}

/// More processes for what is slow, fewer for lists; of several versions equally many.
fn deployments(
    setting: &Setting,
    episode: u64,
    environment: &[(&'static str, String)],
) -> Vec<(Function, Vec<Deployment>)> {
    let of = |function: Function| {
        let executable = function.executable();
        let processes = if function == Function::ListPhysicalKeys { 2 } else { 4 };
        let log = setting.logs.as_ref().map(|logs| logs.join(format!("{episode}-{executable}.log")));
        let deployment = |folder: &PathBuf| Deployment {
            executable: folder.join(executable),
            environment: environment.to_vec(),
            log: log.clone(),
        };
        (function, setting.executables.iter().cycle().take(processes).map(deployment).collect())
    };
    Function::ALL.map(of).into()
}

fn figures(history: &History, items: &[Item], violations: &[Violation]) -> Summary {
    let is_event = |item: &&Item| item["sk"].as_str().is_some_and(|sk| sk.starts_with("EVENT#"));
    let mut summary = Summary {
        commands: history.commands.len() as u64,
        events: items.iter().filter(is_event).count() as u64,
        ..Summary::default()
    };
    for (_, answer) in history.commands.iter().flat_map(super::history::Command::answers) {
        *summary.answers.entry(answer.status).or_default() += 1;
    }
    let mut by_rule = BTreeMap::new();
    for violation in violations {
        *by_rule.entry(violation.rule).or_default() += 1;
    }
    summary.violations = by_rule;
    summary
}
