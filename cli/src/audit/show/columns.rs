//! Events as rows: of a spreadsheet, or of a table on a terminal.

use std::io::Write;

use domain::history::{Actor, EventRecord, Happening};
use domain::user::RecordedEvent;
use domain::values::{KeyNumber, OrgId, Subject};
use spreadsheet::guarded;
use trail::select::Selected;

use crate::output::visible;

/// The columns of a spreadsheet. Texts that people typed are not in an export: it has their digests.
pub(super) const NAMES: [&str; 14] = [
    "recordedAt",
    "aggregateType",
    "aggregateId",
    "version",
    "type",
    "number",
    "issuer",
    "actorType",
    "actorIss",
    "actorId",
    "actorOrgId",
    "actorApiKeyId",
    "requestId",
    "hash",
];
/// The columns of a table on a terminal, by their place in the spreadsheet's.
const ON_TERMINAL: [(&str, usize); 7] =
    [("RECORDED AT", 0), ("OF", 2), ("VERSION", 3), ("EVENT", 4), ("NUMBER", 5), ("ISSUER", 6), ("BY", BY)];
/// The place of whoever did it, which a table spells by itself.
const BY: usize = 9;
/// Rows that are looked at for the columns' widths; what comes later and is wider sticks out.
const MEASURED: usize = 1_000;
/// The widest that a column is made.
const WIDEST: usize = 40;

/// One event, a text for each of [`NAMES`].
pub(super) struct Columns([String; 14]);

impl Columns {
    pub(super) fn of(selected: &Selected) -> Self {
        // Every field is named: one that is new has to be thought about here.
        let EventRecord { happening, version, issuer, recorded_at, actor, request_id } =
            selected.event.record();
        let Actor { kind: actor_kind, iss, id: actor_id, org_id: actor_org_id, api_key_id } = actor;
        let number = match happening {
            Happening::User(RecordedEvent::PhysicalKeyAdded(added)) => Some(added.number),
            Happening::User(RecordedEvent::PhysicalKeyRemoved(removed)) => Some(removed.number),
            Happening::User(RecordedEvent::PhysicalKeyTextsErased(erased)) => Some(erased.number),
            Happening::Organisation(_) | Happening::AuditLog(_) => None,
        };
        let history = happening.history();
        Self([
            recorded_at.to_rfc3339(),
            history.aggregate_type().to_owned(),
            history.aggregate_id().to_owned(),
            version.to_string(),
            happening.name().to_owned(),
            number.as_ref().map(KeyNumber::to_string).unwrap_or_default(),
            issuer.as_ref().map(OrgId::to_string).unwrap_or_default(),
            actor_kind.as_str().to_owned(),
            iss.clone().unwrap_or_default(),
            actor_id.as_ref().map(Subject::to_string).unwrap_or_default(),
            actor_org_id.as_ref().map(OrgId::to_string).unwrap_or_default(),
            api_key_id.clone().unwrap_or_default(),
            request_id.clone(),
            selected.event.hash().to_string(),
        ])
    }

    /// As cells that no spreadsheet takes for formulas.
    pub(super) fn cells(&self) -> [String; 14] {
        self.0.each_ref().map(|text| guarded(text).into_owned())
    }

    /// As columns on a terminal. Control characters, which could move its cursor, and invisible ones are escaped.
    fn on_terminal(&self) -> [String; 7] {
        ON_TERMINAL.map(|(_, place)| {
            let text = match (place, self.0.as_slice()) {
                // Whoever did it: a person or a service by id, an organisation by its own.
                (BY, [.., kind, _, id, org, _, _, _]) => {
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
    held: Vec<[String; 7]>,
    widths: Option<[usize; 7]>,
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
        let mut widths = [0; 7];
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

fn write_row(output: &mut impl Write, widths: &[usize; 7], row: &[String; 7]) -> std::io::Result<()> {
    let cells = row.iter().zip(widths).map(|(text, width)| format!("{text:width$}"));
    let line = cells.collect::<Vec<_>>().join("  ");
    writeln!(output, "{}", line.trim_end())
}
