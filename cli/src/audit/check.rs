//! `audit check`: proofs of single events, each by itself, with nothing else at hand but verifier keys.

mod sentences;

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

use serde_json::{Value, json};
use trail::event_file::line;
use trail::proof::{MOST_BYTES, Proof};

use self::sentences::{NOT_PROVEN, sentences};
use crate::arguments::audit::CheckArguments;
use crate::output::{Failure, NOT_ANSWERED, print_json, print_line, tell, visible};

/// Standard input, among files.
const STDIN: &str = "-";

/// Checks, and prints what each proof says. 0: all are good; 1: one is wrong; 2: one could not be read.
pub(super) fn check(arguments: &CheckArguments) -> Result<ExitCode, Failure> {
    let (mut good, mut wrong, mut unread) = (0_u64, 0_u64, 0_u64);
    for file in &arguments.files {
        let name = visible(&file.display().to_string());
        let bytes = match read(file) {
            Ok(bytes) => bytes,
            Err(error) => {
                unread += 1;
                tell(Failure::because(format!("{name} cannot be read"), error));
                continue;
            }
        };
        let checked = Proof::parse(&bytes).map_err(|why| why.to_string()).and_then(|proof| {
            let key = proof.check(&arguments.verifier_keys).map_err(|fault| fault.to_string())?;
            Ok((sentences(&proof, key), line(proof.event())))
        });
        *if checked.is_ok() { &mut good } else { &mut wrong } += 1;
        if arguments.output.json { print_in_json(file, checked) } else { say(&name, checked) }?;
    }
    if good > 0 && !arguments.output.json {
        print_line(NOT_PROVEN)?;
    }
    Ok(match (wrong, unread) {
        (0, 0) => ExitCode::SUCCESS,
        (0, _) => ExitCode::from(NOT_ANSWERED),
        _ => ExitCode::FAILURE,
    })
}

/// What a proof shows in sentences, and the event's line; or why it is wrong.
type Checked = Result<(Vec<String>, String), String>;

fn say(name: &str, checked: Checked) -> Result<(), Failure> {
    match checked {
        Ok((sentences, _)) => {
            print_line(format!("{name}: good."))?;
            sentences.iter().try_for_each(|sentence| print_line(format!("  {}", visible(sentence))))
        }
        Err(why) => print_line(visible(&format!("{name}: wrong: {why}."))),
    }
}

fn print_in_json(file: &Path, checked: Checked) -> Result<(), Failure> {
    let file = file.display().to_string();
    print_json(&match checked {
        Ok((says, line)) => {
            let event: Value = serde_json::from_str(&line).unwrap_or_default();
            json!({"file": file, "good": true, "says": says, "event": event})
        }
        Err(why) => json!({"file": file, "good": false, "why": why}),
    })
}

/// The bytes of a file; of one that is longer than any proof, enough to tell.
fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if file == Path::new(STDIN) {
        std::io::stdin().lock().take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    } else {
        File::open(file)?.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}
