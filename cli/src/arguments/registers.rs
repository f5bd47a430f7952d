//! The arguments of `import` and `export`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use domain::values::{OrgId, UserId};
use spreadsheet::{Encoding, can_delimit};

use super::json::JsonArguments;
use super::{ApiArguments, org_id, user_id};
use crate::api_client::MOST_AT_ONCE;

#[derive(Debug, Args)]
pub(crate) struct ImportArguments {
    /// A CSV file, an Excel workbook or NDJSON, with a header; `-` is standard input.
    pub(crate) file: PathBuf,
    /// The organisation that issues the physical keys.
    #[arg(long, value_parser = org_id)]
    pub(crate) org: OrgId,
    #[command(flatten)]
    pub(crate) columns: ColumnArguments,
    /// Check the file, name everything that is wrong with it, and send nothing. It needs no network.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// With --dry-run: read from the API which rows are out already or were taken back since, too.
    #[arg(long, requires = "dry_run")]
    pub(crate) compare: bool,
    #[command(flatten)]
    pub(crate) answers: AnswerArguments,
    /// Where to write what became of each row; beside the file unless given. A file that is there is not written again: the
    /// next one has a number.
    #[arg(long, value_name = "FILE")]
    pub(crate) results: Option<PathBuf>,
    /// How many users' rows are sent at once; fewer after the API says that it is too much.
    #[arg(long, default_value_t = 16, value_parser = concurrency)]
    pub(crate) concurrency: usize,
    #[command(flatten)]
    pub(crate) api: ApiArguments,
    #[command(flatten)]
    pub(crate) output: JsonArguments,
}

/// Answers to what only a person knows.
#[derive(Debug, Args)]
pub(crate) struct AnswerArguments {
    /// Rows that are out already, or were taken back since, are further physical keys: send all.
    #[arg(long, conflicts_with = "only_new")]
    pub(crate) again: bool,
    /// They are the same physical keys: send the others.
    #[arg(long)]
    pub(crate) only_new: bool,
    /// Users whose ids look alike are different persons.
    #[arg(long)]
    pub(crate) similar_users: bool,
}

/// How a register is to be read.
#[derive(Debug, Args)]
pub(crate) struct ColumnArguments {
    /// The column of the users' ids; `user` or `userId` unless given.
    #[arg(long, value_name = "NAME")]
    pub(crate) user_column: Option<String>,
    /// The column of the organisation's display name; `orgName` unless given.
    #[arg(long, value_name = "NAME")]
    pub(crate) org_name_column: Option<String>,
    /// The column of the notes; `note` unless given.
    #[arg(long, value_name = "NAME")]
    pub(crate) note_column: Option<String>,
    /// A column that is not looked at. May be given several times.
    #[arg(long, value_name = "NAME")]
    pub(crate) ignore_column: Vec<String>,
    /// What is between cells: a comma unless given, or unless the file begins with `sep=`.
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter)]
    pub(crate) delimiter: Option<u8>,
    /// What the text is encoded in, where the file does not say so; `utf-8` unless given.
    #[arg(long, value_name = "NAME", value_parser = encoding)]
    pub(crate) encoding: Option<Encoding>,
    /// The sheet of a workbook; the only one that holds anything unless given.
    #[arg(long, value_name = "NAME")]
    pub(crate) sheet: Option<String>,
}

#[derive(Debug, Args)]
#[group(id = "whose", required = true, multiple = false, args = ["user", "org"])]
pub(crate) struct ExportArguments {
    /// The physical keys that this user holds.
    #[arg(long, value_name = "ID", value_parser = user_id)]
    pub(crate) user: Option<UserId>,
    /// The physical keys that this organisation has out.
    #[arg(long, value_name = "ID", value_parser = org_id)]
    pub(crate) org: Option<OrgId>,
    /// CSV and XLSX are for spreadsheets: what would be a formula gets an apostrophe in front. NDJSON is exact.
    #[arg(long, value_enum, default_value_t = ExportFormat::Csv)]
    pub(crate) format: ExportFormat,
    /// Begin CSV with a byte order mark, without which Excel does not take it for UTF-8.
    #[arg(long)]
    pub(crate) bom: bool,
    /// The file to write; standard output unless given.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) api: ApiArguments,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    Csv,
    Ndjson,
    Xlsx,
}

fn concurrency(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (1..=MOST_AT_ONCE).contains(number));
    number.ok_or_else(|| format!("must be a number from 1 to {MOST_AT_ONCE}"))
}

fn encoding(text: &str) -> Result<Encoding, String> {
    Encoding::named(text)
        .ok_or_else(|| "must be an encoding such as `utf-8`, `utf-16le` or `windows-1252`".to_owned())
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        [byte] if can_delimit(*byte) => Ok(*byte),
        _ if text == "\\t" => Ok(b'\t'),
        _ => Err("must be one ASCII character, or `\\t`; neither a quotation mark nor the end of a line"
            .to_owned()),
    }
}
