//! Rows of a table on a terminal, in columns.

use std::io::Write;

use crate::output::visible;

/// Rows that are looked at for the columns' widths; what comes later and is wider sticks out.
const MEASURED: usize = 1_000;
/// The widest that a column is made.
const WIDEST: usize = 40;

/// Rows of a table, in columns as wide as the first rows need. Control characters, which could move the terminal's cursor, and
/// invisible ones are escaped.
pub(crate) struct TableRows<W: Write, const N: usize> {
    output: W,
    header: [&'static str; N],
    held: Vec<[String; N]>,
    widths: Option<[usize; N]>,
}

impl<W: Write, const N: usize> TableRows<W, N> {
    pub(crate) const fn new(output: W, header: [&'static str; N]) -> Self {
        Self { output, header, held: Vec::new(), widths: None }
    }

    pub(crate) fn write(&mut self, row: &[String; N]) -> std::io::Result<()> {
        let row = row.each_ref().map(|text| visible(text));
        if let Some(widths) = &self.widths {
            return write_row(&mut self.output, widths, &row);
        }
        self.held.push(row);
        if self.held.len() == MEASURED { self.begin() } else { Ok(()) }
    }

    /// Writes the header and the rows that were held back.
    fn begin(&mut self) -> std::io::Result<()> {
        let header = self.header.map(str::to_owned);
        let mut widths = [0; N];
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

    pub(crate) fn end(mut self) -> std::io::Result<()> {
        if self.widths.is_none() {
            self.begin()?;
        }
        self.output.flush()
    }
}

fn write_row<const N: usize>(
    output: &mut impl Write,
    widths: &[usize; N],
    row: &[String; N],
) -> std::io::Result<()> {
    let cells = row.iter().zip(widths).map(|(text, width)| format!("{text:width$}"));
    let line = cells.collect::<Vec<_>>().join("  ");
    writeln!(output, "{}", line.trim_end())
}
