//! `docs/cost.md`: its text is written by hand, and what is between two marks is what was counted.

use std::fmt::Write;

use super::Counted;
use super::bill::Till;
use super::prices::Prices;
use super::tables;

/// What begins and ends what was counted, in the document.
const BEGIN: &str = "<!-- counted: ";
const CLOSE: &str = " -->\n";
const END: &str = "<!-- end -->\n";

/// The document with everything in it that was counted.
#[must_use]
pub fn filled(document: &str, counted: &Counted) -> String {
    let mut parts = document.split(BEGIN);
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once(CLOSE).expect("the end of a mark");
        let (_, rest) = rest.split_once(END).expect("the end of what was counted");
        let _ = write!(filled, "{BEGIN}{name}{CLOSE}\n{}\n{END}{rest}", told(name, counted));
    }
    filled
}

/// What was counted, under its name.
fn told(name: &str, counted: &Counted) -> String {
    let prices = Prices::read();
    let till = Till { prices: &prices, background: &counted.background };
    match name {
        "dominates" => tables::dominates(counted, &till),
        "million" => tables::million(counted, &till),
        "month" => tables::month(counted, &till),
        "idle" => tables::idle(counted, &till),
        "kept" => tables::kept(counted, &prices),
        "more" => tables::more(counted, &till),
        "over" => tables::over(counted),
        "behind" => tables::behind(counted),
        "bytes" => tables::bytes(counted, &till),
        "prices" => prices.table(),
        "assumed" => tables::assumed(counted, &till),
        other => panic!("nothing was counted under {other}"),
    }
}
