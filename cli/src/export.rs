//! `export`: the physical keys of a user or of an organisation, read through the API to the end.

use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write};

use serde_json::{Value, json};
use spreadsheet::{ExportedKey, Writer};

use crate::api_client::{ApiClient, Pages};
use crate::arguments::registers::{ExportArguments, ExportFormat};
use crate::output::Failure;

/// Exports to a file, or to standard output. Nothing is written before the first page is there. Whoever reads no further, such
/// as `head`, has what was wanted.
pub(crate) async fn export(arguments: ExportArguments) -> Result<(), Failure> {
    let format = format(&arguments)?;
    let client = ApiClient::open(&arguments.api)?;
    let (path, name, value) = match (&arguments.user, &arguments.org) {
        (Some(user), _) => (["users", user.as_str(), "PhysicalKeys"], "userId", json!(user)),
        (None, Some(org)) => (["orgs", org.as_str(), "PhysicalKeys"], "orgId", json!(org)),
        (None, None) => return Err(Failure("Say what to export: --user or --org.".to_owned())),
    };
    let mut pages = Pages::of(&client, path, "keys");
    let mut page = pages.next().await?;
    let output: Box<dyn Write> = match &arguments.output {
        Some(path) => Box::new(File::create(path).map_err(cannot_write)?),
        None => Box::new(io::stdout()),
    };
    let mut output = match Writer::begin(format, BufWriter::new(output)) {
        Err(error) => return ended(error),
        Ok(output) => output,
    };
    while let Some(keys) = page {
        for mut key in keys {
            // What all of a list have in common is not said of each.
            key[name] = value.clone();
            if let Err(error) = output.write(&exported(key)?) {
                return ended(error);
            }
        }
        page = pages.next().await?;
    }
    output.end().map(drop).or_else(ended)
}

fn format(arguments: &ExportArguments) -> Result<spreadsheet::ExportFormat, Failure> {
    match (arguments.format, arguments.bom) {
        (ExportFormat::Csv, mark) => Ok(spreadsheet::ExportFormat::Csv { mark }),
        (_, true) => Err(Failure("--bom is for CSV only.".to_owned())),
        (ExportFormat::Ndjson, false) => Ok(spreadsheet::ExportFormat::Ndjson),
        (ExportFormat::Xlsx, false) => Ok(spreadsheet::ExportFormat::Xlsx),
    }
}

fn exported(key: Value) -> Result<ExportedKey, Failure> {
    serde_json::from_value(key).map_err(|_| Failure("The API's answer is not a physical key.".to_owned()))
}

fn ended(error: io::Error) -> Result<(), Failure> {
    if error.kind() == ErrorKind::BrokenPipe { Ok(()) } else { Err(cannot_write(error)) }
}

fn cannot_write(error: io::Error) -> Failure {
    Failure::because("The export cannot be written", error)
}
