//! Events as rows: of a spreadsheet, or of a table on a terminal.

use std::io::Write;

use domain::history::{Actor, ChainedRecord, EventRecord};
use domain::user::{Event, PhysicalKeyAdded, PhysicalKeyRemoved};
use domain::values::{Note, OrgId, OrgName, Subject};
use spreadsheet::guarded;
use trail::select::Selected;

use crate::output::visible;

/// The columns of a spreadsheet.
pub(super) const NAMES: [&str; 14] = [
    "recordedAt",
    "userId",
    "version",
    "type",
    "number",
    "orgId",
    "orgName",
    "note",
    "actorType",
    "actorId",
    "actorOrgId",
    "actorApiKeyId",
    "requestId",
    "hash",
];
/// The columns of a table on a terminal, by their place in the spreadsheet's.
const ON_TERMINAL: [(&str, usize); 8] = [
    ("RECORDED AT", 0),
    ("USER", 1),
    ("VERSION", 2),
    ("EVENT", 3),
    ("NUMBER", 4),
    ("ORGANISATION", 5),
    ("BY", 9),
    ("NOTE", 7),
];
/// Rows that are looked at for the columns' widths; what comes later and is wider sticks out.
const MEASURED: usize = 1_000;
/// The widest that a column is made.
const WIDEST: usize = 40;

/// One event, a text for each of [`NAMES`].
pub(super) struct Columns([String; 14]);

impl Columns {
    pub(super) fn of(selected: &Selected) -> Self {
        // Every field is named: one that is new has to be thought about here.
        let Selected { event: ChainedRecord { record, previous_hash: _, hash }, issuer, line: _ } = selected;
        let EventRecord { format: _, user_id, version, event, recorded_at, actor, request_id } = record;
        let Actor { kind: actor_kind, iss: _, id: actor_id, org_id: actor_org_id, api_key_id } = actor;
        let (number, org_name, note) = match event {
            Event::PhysicalKeyAdded(added) => {
                let PhysicalKeyAdded { user_id: _, number, org_id: _, org_name, note, added_at: _ } = added;
                (number, org_name.as_ref(), note.as_ref())
            }
            Event::PhysicalKeyRemoved(PhysicalKeyRemoved { user_id: _, number, removed_at: _ }) => {
                (number, None, None)
            }
        };
        Self([
            recorded_at.to_rfc3339(),
            user_id.to_string(),
            version.to_string(),
            event.name().to_owned(),
            number.to_string(),
            issuer.as_ref().map(OrgId::to_string).unwrap_or_default(),
            org_name.map(OrgName::to_string).unwrap_or_default(),
            note.map(Note::to_string).unwrap_or_default(),
            actor_kind.as_str().to_owned(),
            actor_id.as_ref().map(Subject::to_string).unwrap_or_default(),
            actor_org_id.as_ref().map(OrgId::to_string).unwrap_or_default(),
            api_key_id.clone().unwrap_or_default(),
            request_id.clone(),
            hash.to_string(),
        ])
    }

    /// As cells that no spreadsheet takes for formulas.
    pub(super) fn cells(&self) -> [String; 14] {
        self.0.each_ref().map(|text| guarded(text).into_owned())
    }

    /// As columns on a terminal. Control characters, which could move its cursor, and invisible ones are escaped.
    fn on_terminal(&self) -> [String; 8] {
        ON_TERMINAL.map(|(_, place)| {
            let text = match (place, self.0.as_slice()) {
                // Whoever did it: a person or a service by id, an organisation by its own.
                (9, [.., kind, id, org, _, _, _]) => {
                    format!("{kind} {}", if id.is_empty() { org } else { id })
                }
                (_, texts) => texts.get(place).cloned().unwrap_or_default(),
            };
            visible(&text)
        })
    }
}

/// Rows of a table, in columns as wide as the first rows need.
pub(super) struct TableRows<W: Write> {
    output: W,
    held: Vec<[String; 8]>,
    widths: Option<[usize; 8]>,
}

impl<W: Write> TableRows<W> {
    pub(super) const fn new(output: W) -> Self {
        Self { output, held: Vec::new(), widths: None }
    }

    pub(super) fn write(&mut self, columns: &Columns) -> std::io::Result<()> {
        let row = columns.on_terminal();
        if let Some(widths) = &self.widths {
            return write_row(&mut self.output, widths, &row);
        }
        self.held.push(row);
        if self.held.len() == MEASURED { self.begin() } else { Ok(()) }
    }

    /// Writes the header and the rows that were held back.
    fn begin(&mut self) -> std::io::Result<()> {
        let header = ON_TERMINAL.map(|(name, _)| name.to_owned());
        let mut widths = [0; 8];
        for row in self.held.iter().chain([&header]) {
            for (width, text) in widths.iter_mut().zip(row) {
                *width = (*width).max(text.chars().count()).min(WIDEST);
            }
        }
        write_row(&mut self.output, &widths, &header)?;
        for row in std::mem::take(&mut self.held) {
            write_row(&mut self.output, &widths, &row)?;
        }
        self.widths = Some(widths);
        Ok(())
    }

    pub(super) fn end(mut self) -> std::io::Result<()> {
        if self.widths.is_none() {
            self.begin()?;
        }
        self.output.flush()
    }
}

fn write_row(output: &mut impl Write, widths: &[usize; 8], row: &[String; 8]) -> std::io::Result<()> {
    let cells = row.iter().zip(widths).map(|(text, width)| format!("{text:width$}"));
    let line = cells.collect::<Vec<_>>().join("  ");
    writeln!(output, "{}", line.trim_end())
}
