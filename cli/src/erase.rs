//! `erase`: what was typed about a user's physical keys, taken out of everything that can be reached from here.

use std::time::{Duration, Instant};

use domain::history::HistoryId;
use domain::user::ErasureRefusal;
use domain::values::{Hour, KeyNumber, UserId};
use serde::Serialize;
use store::{Cleared, Erased, ErasureFault, HistoryKey, Operator};
use trail::archive::Archive;
use trail::calendar;
use trail::erase::TakenOut;

use crate::arguments::EraseArguments;
use crate::aws::open_archive;
use crate::organisations::open_operator;
use crate::output::{Failure, print_json, print_line};
use crate::table::spinner;

/// Until when the table may be used.
const LONGEST: Duration = Duration::from_hours(1);

/// Records the erasures, then carries them out: on the table first, and on files then, so that an export under way writes nothing that
/// was erased.
pub(crate) async fn erase(arguments: EraseArguments) -> Result<(), Failure> {
    let EraseArguments { user, number, reason, disclosures, operator, output } = arguments;
    let opened = match &disclosures {
        Some(url) => Some(open_archive(url, "The texts' place cannot be opened").await?),
        None => None,
    };
    let (store, operator) = open_operator(operator).await?;
    let recorded = store.table.record_erasures(&user, number, &reason, &operator).await;
    let erased = recorded.map_err(|fault| match fault {
        ErasureFault::Refused(ErasureRefusal::NeverIssued) => {
            Failure("No physical key with this number was ever issued to the user.".to_owned())
        }
        fault => Failure::because("The texts were not erased", fault),
    })?;
    let key = HistoryKey::from(&HistoryId::User(user.clone()));
    let cleared = store.table.clear_erased(&key, Instant::now() + LONGEST).await;
    let cleared = cleared.map_err(|fault| {
        Failure::because("Texts are left in the table; run the same command again", fault)
    })?;
    let taken_out = match &opened {
        Some(archive) => Some(take_out(archive, &user, &cleared, &operator).await?),
        None => None,
    };
    store.vacuum().await?;
    if output.json {
        print_json(&Report::of(&user, &erased, &cleared, taken_out.as_ref()))?;
    } else {
        say(&erased, &cleared, taken_out.as_ref())?;
    }
    if taken_out.is_none() {
        eprintln!("No --disclosures was given: what is disclosed beside an export was not looked at.");
    }
    eprintln!("docs/erasure.md says what an erasure does not reach.");
    store.close().await
}

/// Takes the texts out of the files that disclose them.
async fn take_out(
    archive: &Archive,
    user: &UserId,
    cleared: &Cleared,
    operator: &Operator,
) -> Result<TakenOut, Failure> {
    // An hour that is not over may have been exported, too.
    let end = Hour::of(operator.clock.now()).next();
    let spinner = spinner("{spinner} {msg}, {elapsed}");
    let progress = |hour| spinner.set_message(format!("looking at the texts of {}", calendar::text(hour)));
    let taken_out = trail::erase::erase(archive, user, &cleared.events, end, progress).await;
    spinner.finish_and_clear();
    taken_out.map_err(|fault| Failure::because("Texts are left in files; run the same command again", fault))
}

/// What was done, in JSON. Of files nothing is said where none were looked at.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    user_id: &'a UserId,
    recorded: &'a [KeyNumber],
    recorded_before: &'a [KeyNumber],
    items: u64,
    files: Option<u64>,
    disclosed_events: Option<u64>,
}

impl<'a> Report<'a> {
    fn of(
        user_id: &'a UserId,
        Erased { now, before }: &'a Erased,
        cleared: &Cleared,
        taken_out: Option<&TakenOut>,
    ) -> Self {
        Self {
            user_id,
            recorded: now,
            recorded_before: before,
            items: cleared.items,
            files: taken_out.map(|taken_out| taken_out.files),
            disclosed_events: taken_out.map(|taken_out| taken_out.events),
        }
    }
}

fn say(
    Erased { now, before }: &Erased,
    cleared: &Cleared,
    taken_out: Option<&TakenOut>,
) -> Result<(), Failure> {
    let listed =
        |numbers: &[KeyNumber]| numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if !now.is_empty() {
        print_line(format!("Recorded that the texts of these physical keys are erased: {}.", listed(now)))?;
    }
    if !before.is_empty() {
        print_line(format!("It was recorded before of these: {}.", listed(before)))?;
    }
    if now.is_empty() && before.is_empty() {
        print_line("Nothing was ever typed about these physical keys.")?;
    }
    let items = cleared.items;
    print_line(format!("Items of the table that had them: {items}."))?;
    match taken_out {
        Some(TakenOut { files, events }) => {
            print_line(format!("Events that files disclosed: {events}, of {files} files looked at."))
        }
        None => Ok(()),
    }
}
