//! `export`: the physical keys of a user or of an organisation, read through the API to the end.

use std::fs::File;
use std::io::{BufWriter, Write};

use domain::values::EpochMillis;
use serde_json::{Value, json};

use crate::api_client::ApiClient;
use crate::arguments::{ExportArguments, ExportFormat};
use crate::output::Failure;
use crate::spreadsheet::cell;

const COLUMNS: [&str; 6] = ["userId", "number", "orgId", "orgName", "note", "addedAt"];

/// Exports to a file, or to standard output. Nothing is written before the first page is there.
pub(crate) async fn export(arguments: ExportArguments) -> Result<(), Failure> {
    let client = ApiClient::open(&arguments.api)?;
    let mut pages = Pages::of(&client, &arguments)?;
    let first = pages.next().await?;
    let output: Box<dyn Write> = match &arguments.output {
        Some(path) => Box::new(File::create(path).map_err(|error| cannot_write(&error))?),
        None => Box::new(std::io::stdout()),
    };
    let mut output =
        Output::begin(arguments.format, BufWriter::new(output)).map_err(|error| cannot_write(&error))?;
    let mut page = first;
    while let Some(keys) = page {
        for key in &keys {
            output.write(key).map_err(|error| cannot_write(&error))?;
        }
        page = pages.next().await?;
    }
    output.end().map_err(|error| cannot_write(&error))
}

fn cannot_write(error: &dyn std::fmt::Display) -> Failure {
    Failure::because("The export cannot be written", error)
}

/// A list, page after page. Each physical key is completed by what all of its list have in common.
struct Pages<'a> {
    client: &'a ApiClient,
    path: [&'a str; 3],
    common: (&'static str, Value),
    place: Place,
}

/// Where a list is to be read next.
enum Place {
    Beginning,
    Cursor(String),
    End,
}

impl<'a> Pages<'a> {
    fn of(client: &'a ApiClient, arguments: &'a ExportArguments) -> Result<Self, Failure> {
        let (path, common) = match (&arguments.user, &arguments.org) {
            (Some(user), _) => (["users", user.as_str(), "PhysicalKeys"], ("userId", json!(user))),
            (None, Some(org)) => (["orgs", org.as_str(), "PhysicalKeys"], ("orgId", json!(org))),
            (None, None) => return Err(Failure("Say what to export: --user or --org.".to_owned())),
        };
        Ok(Self { client, path, common, place: Place::Beginning })
    }

    async fn next(&mut self) -> Result<Option<Vec<Value>>, Failure> {
        let mut page = match &self.place {
            Place::Beginning => self.client.get(&self.path, &[]).await?,
            Place::Cursor(cursor) => self.client.get(&self.path, &[("cursor", cursor)]).await?,
            Place::End => return Ok(None),
        };
        self.place = match page["nextCursor"].take() {
            Value::String(cursor) => Place::Cursor(cursor),
            _ => Place::End,
        };
        let Value::Array(mut keys) = page["keys"].take() else {
            return Err(Failure("The API's answer has no keys.".to_owned()));
        };
        let (name, value) = &self.common;
        for key in &mut keys {
            key[name] = value.clone();
        }
        Ok(Some(keys))
    }
}

/// What is written, in one format.
enum Output<W: Write> {
    Csv(Box<csv::Writer<W>>),
    Ndjson(W),
}

impl<W: Write> Output<W> {
    fn begin(format: ExportFormat, output: W) -> std::io::Result<Self> {
        match format {
            ExportFormat::Csv => {
                let mut writer = csv::Writer::from_writer(output);
                writer.write_record(COLUMNS)?;
                Ok(Self::Csv(Box::new(writer)))
            }
            ExportFormat::Ndjson => Ok(Self::Ndjson(output)),
        }
    }

    fn write(&mut self, key: &Value) -> std::io::Result<()> {
        match self {
            Self::Csv(writer) => Ok(writer.write_record(COLUMNS.map(|name| text(key, name)))?),
            Self::Ndjson(output) => writeln!(output, "{key}"),
        }
    }

    fn end(self) -> std::io::Result<()> {
        match self {
            Self::Csv(mut writer) => writer.flush(),
            Self::Ndjson(mut output) => output.flush(),
        }
    }
}

/// A member as a cell; moments as people and spreadsheets read them.
fn text(key: &Value, name: &str) -> String {
    match &key[name] {
        Value::String(text) => cell(text),
        Value::Number(number) if name == "addedAt" => {
            EpochMillis::new(number.as_u64().unwrap_or_default()).to_rfc3339()
        }
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// A field of a physical key that the API has and the export has not would be lost in a spreadsheet.
    #[test]
    fn there_is_a_column_for_every_member_of_a_physical_key() {
        let document: Value = serde_json::from_str(&api_reference::json()).unwrap();
        let members: BTreeSet<_> = ["PhysicalKey", "IssuedPhysicalKey"]
            .into_iter()
            .flat_map(|schema| {
                document["components"]["schemas"][schema]["properties"].as_object().unwrap().keys()
            })
            .map(String::as_str)
            .collect();
        assert_eq!(BTreeSet::from(COLUMNS), members);
    }
}
