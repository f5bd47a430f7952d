//! `list` and `who`: physical keys as rows, page after page, as far as they are wanted.

use std::io::{BufWriter, ErrorKind, Stdout, Write};

use domain::values::{EpochMillis, Note, OrgName};
use spreadsheet::ExportedKey;

use super::{client, physical_key};
use crate::api_client::Pages;
use crate::arguments::physical_keys::{ListArguments, ListingArguments, WhoArguments};
use crate::columns::TableRows;
use crate::output::{Failure, json, tell};

/// Most entries of a page.
const MOST_OF_A_PAGE: u64 = 100;

/// Lists what a user holds.
pub(crate) async fn list(arguments: ListArguments) -> Result<(), Failure> {
    let ListArguments { user, org, org_name, search, listing } = arguments;
    let client = client(&listing.api)?;
    let filters = [
        org.map(|org| ("orgId", org.to_string())),
        org_name.map(|name| ("orgName", name.as_str().to_owned())),
        search.map(|text| ("q", text)),
    ];
    let is_filtered = filters.iter().any(Option::is_some);
    let path = ["users", user.as_str(), "PhysicalKeys"];
    let pages = Pages::of(&client, path, "keys").with(filters.into_iter().flatten().collect());
    let header = ["NUMBER", "ORGANISATION", "ORG NAME", "NOTE", "SINCE"];
    let rows = Rows::new(&listing, header, |key: &ExportedKey| {
        let ExportedKey { user_id: _, number, org_id, org_name, note, added_at } = key;
        [
            number.to_string(),
            org_id.to_string(),
            name(org_name.as_ref()),
            text(note.as_ref()),
            since(*added_at),
        ]
    });
    let listed = rows.write(pages, &listing, ("userId", user.as_str())).await?;
    let such = if is_filtered { " such" } else { "" };
    listed.tell(&format!("{user} holds no{such} physical keys."));
    Ok(())
}

/// Lists who holds what an organisation has out.
pub(crate) async fn who(arguments: WhoArguments) -> Result<(), Failure> {
    let WhoArguments { org, listing } = arguments;
    let client = client(&listing.api)?;
    let org = client.organisation(org)?;
    let pages = Pages::of(&client, ["orgs", org.as_str(), "PhysicalKeys"], "keys");
    let rows = Rows::new(&listing, ["USER", "NUMBER", "ORG NAME", "NOTE", "SINCE"], |key: &ExportedKey| {
        let ExportedKey { user_id, number, org_id: _, org_name, note, added_at } = key;
        [
            user_id.to_string(),
            number.to_string(),
            name(org_name.as_ref()),
            text(note.as_ref()),
            since(*added_at),
        ]
    });
    let listed = rows.write(pages, &listing, ("orgId", org.as_str())).await?;
    listed.tell(&format!("{org} has no physical keys out."));
    Ok(())
}

fn name(name: Option<&OrgName>) -> String {
    name.map(|name| name.as_str().to_owned()).unwrap_or_default()
}

fn text(note: Option<&Note>) -> String {
    note.map(|note| note.as_str().to_owned()).unwrap_or_default()
}

fn since(moment: EpochMillis) -> String {
    moment.to_rfc3339_seconds()
}

/// How much was listed.
struct Listed {
    rows: u64,
    total: Option<u64>,
    is_cut: bool,
}

impl Listed {
    /// Tells a person what the rows do not say.
    fn tell(&self, none: &str) {
        match (self.rows, self.total) {
            (0, _) => tell(none),
            (rows, Some(total)) if self.is_cut => tell(format!("{rows} of {total}; --limit takes more.")),
            (rows, None) if self.is_cut => {
                tell(format!("There are more than these {rows}; --limit takes more."));
            }
            _ => {}
        }
    }
}

/// Where rows are written: as a table, or as JSON.
struct Rows<F> {
    output: Output,
    row: F,
}

enum Output {
    Table(TableRows<BufWriter<Stdout>, 5>),
    Json(BufWriter<Stdout>),
}

impl<F: Fn(&ExportedKey) -> [String; 5]> Rows<F> {
    fn new(listing: &ListingArguments, header: [&'static str; 5], row: F) -> Self {
        let stdout = BufWriter::new(std::io::stdout());
        let output = if listing.output.json {
            Output::Json(stdout)
        } else {
            Output::Table(TableRows::new(stdout, header))
        };
        Self { output, row }
    }

    /// Writes all that is wanted. Whoever reads no further, such as `head`, has what was wanted.
    async fn write(
        mut self,
        pages: Pages<'_>,
        listing: &ListingArguments,
        more: (&'static str, &str),
    ) -> Result<Listed, Failure> {
        let mut listed = Listed { rows: 0, total: None, is_cut: false };
        let limit = listing.limit.unwrap_or(u64::MAX);
        let mut pages = pages.with_limit(limit.min(MOST_OF_A_PAGE));
        'pages: while let Some(keys) = pages.next().await? {
            listed.total = pages.total();
            for key in keys {
                if listed.rows == limit {
                    listed.is_cut = true;
                    break 'pages;
                }
                let key = physical_key(key, more)?;
                listed.rows += 1;
                if self.is_closed(&key)? {
                    return Ok(listed);
                }
            }
            if listed.rows == limit {
                listed.is_cut = !pages.is_at_end();
                break;
            }
        }
        let ended = match self.output {
            Output::Table(_) if listed.rows == 0 => Ok(()),
            Output::Table(rows) => rows.end(),
            Output::Json(mut output) => output.flush(),
        };
        is_closed(ended)?;
        Ok(listed)
    }

    /// Writes one, and says whether nobody reads any more.
    fn is_closed(&mut self, key: &ExportedKey) -> Result<bool, Failure> {
        is_closed(match &mut self.output {
            Output::Table(rows) => rows.write(&(self.row)(key)),
            Output::Json(output) => writeln!(output, "{}", json(key)?),
        })
    }
}

fn is_closed(written: std::io::Result<()>) -> Result<bool, Failure> {
    match written {
        Ok(()) => Ok(false),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(true),
        Err(error) => Err(Failure::because("Standard output cannot be written", error)),
    }
}
