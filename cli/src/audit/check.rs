//! `audit check`: proofs of single events, each by itself, with nothing else at hand but verifier keys.

mod sentences;

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

use trail::proof::{MOST_BYTES, Proof};

use self::sentences::{NOT_PROVEN, sentences};
use crate::arguments::audit::CheckArguments;
use crate::output::{Failure, NOT_ANSWERED, print_line, tell, visible};

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
            Ok(sentences(&proof, key))
        });
        match checked {
            Ok(sentences) => {
                good += 1;
                print_line(format!("{name}: good."))?;
                for sentence in sentences {
                    print_line(format!("  {}", visible(&sentence)))?;
                }
            }
            Err(why) => {
                wrong += 1;
                print_line(visible(&format!("{name}: wrong: {why}.")))?;
            }
        }
    }
    if good > 0 {
        print_line(NOT_PROVEN)?;
    }
    Ok(match (wrong, unread) {
        (0, 0) => ExitCode::SUCCESS,
        (0, _) => ExitCode::from(NOT_ANSWERED),
        _ => ExitCode::FAILURE,
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
