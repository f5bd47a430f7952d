//! Runs the functions under random faults and judges what became of it; see [`acceptance::random_faults`].
//!
//! Build the functions first, or use `.ci/random-faults`:
//! `cargo build -p add-physical-key -p remove-physical-key -p list-physical-keys`

#![expect(clippy::print_stdout, reason = "It prints its figures.")]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use acceptance::random_faults::{Episode, Setting, Summary, Weather};
use clap::Parser;

/// Runs the functions under random faults and judges what became of it.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many commands, lists among them.
    #[arg(long, default_value_t = 3_000)]
    commands: u64,
    /// The seed of an earlier run, for the same commands and the same draws.
    #[arg(long)]
    seed: Option<u64>,
    /// Busy users in each episode.
    #[arg(long, default_value_t = 5)]
    users: usize,
    /// Clients in each episode.
    #[arg(long, default_value_t = 24)]
    clients: u64,
    /// The weather of every episode: clear, torn, calm, late or storm; drawn unless given.
    #[arg(long, value_parser = Weather::named)]
    weather: Option<Weather>,
    /// Only this episode.
    #[arg(long)]
    episode: Option<u64>,
    /// Where the functions' executables are, unless beside this one. Given several times, as many versions work on one table.
    #[arg(long)]
    executables: Vec<PathBuf>,
    /// A folder for the functions' logs of faults; they are not kept unless it is given.
    #[arg(long)]
    logs: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut executables = arguments.executables;
    if executables.is_empty() {
        executables.extend(std::env::current_exe().ok().and_then(|path| path.parent().map(PathBuf::from)));
    }
    if executables.is_empty() {
        eprintln!("It is not known where the functions' executables are; say --executables.");
        return ExitCode::FAILURE;
    }
    let setting = Setting {
        seed: arguments.seed.unwrap_or_else(|| fastrand::Rng::new().u64(..)),
        users: arguments.users.max(1),
        clients: arguments.clients.max(1),
        weather: arguments.weather,
        executables,
        logs: arguments.logs,
    };
    if let Some(logs) = &setting.logs
        && let Err(fault) = std::fs::create_dir_all(logs)
    {
        eprintln!("The folder for the logs cannot be made: {fault}.");
        return ExitCode::FAILURE;
    }
    println!("seed {}", setting.seed);
    let began = Instant::now();
    let summary = match arguments.episode {
        Some(episode) => run(&setting, episode, Episode::size(setting.seed, episode)).await,
        None => run_all(&setting, arguments.commands).await,
    };
    println!("{summary}");
    println!("seconds:     {}", began.elapsed().as_secs());
    let Setting { seed, users, clients, .. } = setting;
    println!(
        "replay:      --commands {} --users {users} --clients {clients} --seed {seed}",
        arguments.commands
    );
    println!("             and --episode N for one of the episodes");
    if summary.violations() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn run_all(setting: &Setting, commands: u64) -> Summary {
    let mut summary = Summary::default();
    for episode in 0.. {
        let left = commands - summary.commands;
        if left == 0 {
            break;
        }
        summary += run(setting, episode, Episode::size(setting.seed, episode).min(left)).await;
    }
    summary
}

/// Runs one episode and prints what is wrong.
async fn run(setting: &Setting, number: u64, commands: u64) -> Summary {
    let began = Instant::now();
    let episode = Episode::run(setting, number, commands).await;
    for violation in &episode.violations {
        println!("violation: episode {number}, seed {}: {violation}", setting.seed);
    }
    println!(
        "episode {number}: {}, {} commands, {} events, {} violations, {:.1} s",
        episode.weather,
        episode.summary.commands,
        episode.summary.events,
        episode.summary.violations(),
        began.elapsed().as_secs_f64(),
    );
    episode.summary
}
