//! `audit show`: exported events, for eyes, for spreadsheets, or as they are.

mod columns;

use std::io::{BufWriter, ErrorKind, Write};

use futures_util::TryStreamExt;
use trail::manifest::events_path;
use trail::reading::{self, FileRead};
use trail::select::{Found, Selected, Selection};

use self::columns::{Columns, NAMES, ON_TERMINAL};
use super::{cannot_read, listing, not_as_written, open};
use crate::arguments::audit::{ShowArguments, ShowFormat};
use crate::columns::TableRows;
use crate::output::{Failure, tell};

/// Shows the events that are asked for, in the order of the files: by hour, history and version.
pub(super) async fn show(arguments: ShowArguments) -> Result<(), Failure> {
    let ShowArguments { archive: place, user, org, from, to, format, json } = arguments;
    let format = if json { ShowFormat::Ndjson } else { format };
    let archive = open(&place).await?;
    let listing = listing(&archive, &place).await?;
    let selection = Selection { user, org, from, to };
    let mut output =
        Output::begin(format, BufWriter::new(std::io::stdout())).map_err(|error| cannot_write(&error))?;
    let mut unreadable = 0_u64;
    let mut hours = std::pin::pin!(reading::hours(&archive, &listing));
    while let Some((hour, files)) = hours.try_next().await.map_err(|fault| cannot_read(&fault))? {
        // Whatever was recorded when: an event that is late is in a later hour's file.
        if let FileRead::Unusable(why) = &files.events {
            unreadable += 1;
            tell(format!("{}: {why}.", events_path(hour)));
        }
        let Some(events) = files.events.bytes() else { continue };
        let read = selection.read(hour, events, |found| match found {
            Found::Event(selected) => output.write(&selected),
            Found::Unreadable(fault) => {
                unreadable += 1;
                tell(format!("{fault}."));
                Ok(())
            }
        });
        match read {
            // The reader has seen enough.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(()),
            written => written.map_err(|error| cannot_write(&error))?,
        }
    }
    match output.end() {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(cannot_write(&error)),
        _ if unreadable > 0 => Err(not_as_written(unreadable)),
        _ => Ok(()),
    }
}

fn cannot_write(error: &dyn std::fmt::Display) -> Failure {
    Failure::because("The events cannot be written", error)
}

/// What is written, in one format.
enum Output<W: Write> {
    Table(TableRows<W, { ON_TERMINAL.len() }>),
    Csv(Box<csv::Writer<W>>),
    Ndjson(W),
}

impl<W: Write> Output<W> {
    fn begin(format: ShowFormat, output: W) -> std::io::Result<Self> {
        match format {
            ShowFormat::Table => {
                let header = ON_TERMINAL.map(|(name, _)| name);
                Ok(Self::Table(TableRows::new(output, header)))
            }
            ShowFormat::Csv => {
                let mut writer = csv::Writer::from_writer(output);
                writer.write_record(NAMES)?;
                Ok(Self::Csv(Box::new(writer)))
            }
            ShowFormat::Ndjson => Ok(Self::Ndjson(output)),
        }
    }

    fn write(&mut self, selected: &Selected) -> std::io::Result<()> {
        match self {
            Self::Table(rows) => rows.write(&Columns::of(selected).on_terminal()),
            Self::Csv(writer) => Ok(writer.write_record(Columns::of(selected).cells())?),
            Self::Ndjson(output) => writeln!(output, "{}", selected.line),
        }
    }

    fn end(self) -> std::io::Result<()> {
        match self {
            Self::Table(rows) => rows.end(),
            Self::Csv(mut writer) => writer.flush(),
            Self::Ndjson(mut output) => output.flush(),
        }
    }
}
