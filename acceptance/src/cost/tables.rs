//! The tables of `docs/cost.md`.

use std::fmt::Write;

use super::bill::{Bill, DAYS, GB, ITEMS, Till};
use super::fixed::{self, HOURS, Line};
use super::prices::Prices;
use super::requests::{self, Request};
use super::{Counted, float};
use crate::deployment::memory;

const MILLION: f64 = 1_000_000.0;
/// Lists for each command of a month.
const LISTS: f64 = 10.0;
/// Months of history that a month's bill keeps.
const MONTHS: f64 = 12.0;

/// A number without fractions, in groups of three digits.
pub(super) fn whole(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A Markdown table: its head, and the rows.
fn table(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = format!("| {} |\n| ---{} |\n", head.join(" | "), " | ---:".repeat(head.len() - 1));
    for row in rows {
        let _ = writeln!(table, "| {} |", row.join(" | "));
    }
    table
}

/// What each request takes.
pub(super) fn over(counted: &Counted) -> String {
    let head = [
        "request",
        "calls",
        "write units: table",
        "indexes",
        "read units",
        "log, bytes",
        "gateway's log",
        "answer",
    ];
    let row = |request: &Request| {
        let capacity = &request.capacity;
        vec![
            request.name.to_owned(),
            if request.calls.is_empty() { "none".to_owned() } else { request.calls.clone() },
            capacity.table_writes.to_string(),
            capacity.index_writes.to_string(),
            (float(capacity.half_reads) / 2.0).to_string(),
            request.function_log.to_string(),
            request.gateway_log.to_string(),
            request.answer.to_string(),
        ]
    };
    table(&head, counted.requests.iter().map(row))
}

/// What goes on behind them.
pub(super) fn behind(counted: &Counted) -> String {
    let behind = &counted.background;
    let mut rows = vec![
        vec!["an event on the bus, bytes".to_owned(), behind.entry.to_string()],
        vec!["the publisher's line about one event, bytes".to_owned(), behind.published_log.to_string()],
    ];
    for (of, exported) in
        [("an event, exported", behind.event), ("an hour without events, exported", behind.hour)]
    {
        for (what, many) in [
            ("write units", exported.writes),
            ("read units", exported.half_reads / 2.0),
            ("PUT", exported.puts),
            ("GET", exported.gets),
            ("bytes that stay in S3", exported.bytes),
        ] {
            rows.push(vec![format!("{of}: {what}"), trimmed(many)]);
        }
    }
    let swept = behind.swept_half_reads / 2.0;
    rows.push(vec!["a history, swept once a day: read units".to_owned(), trimmed(swept)]);
    table(&["behind requests", ""], rows)
}

/// With two digits behind the point, if there is anything behind it.
fn trimmed(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// What a million of each request costs.
pub(super) fn million(counted: &Counted, till: &Till<'_>) -> String {
    let mut head = vec!["a million of, in dollars"];
    head.extend(ITEMS);
    head.push("all");
    let row = |request: &Request| {
        let bill = till.request(request).times(MILLION);
        let items = bill.items().map(|(_, dollars)| format!("{dollars:.2}"));
        let name = std::iter::once(request.name.to_owned());
        name.chain(items).chain([format!("**{:.2}**", bill.total())]).collect()
    };
    table(&head, counted.requests.iter().map(row))
}

/// What a command costs in the mean: additions and removals, half of them with an idempotency key.
fn command(counted: &Counted, till: &Till<'_>) -> Bill {
    let kinds = [requests::ADD, requests::ADD_KEYED, requests::REMOVE, requests::REMOVE_KEYED];
    Bill::mean(&kinds.map(|name| till.request(counted.request(name))))
}

/// What dominates.
pub(super) fn dominates(counted: &Counted, till: &Till<'_>) -> String {
    let bill = command(counted, till).times(MILLION);
    let shares = bill.items().map(|(item, dollars)| (item, dollars / bill.total())).collect();
    let writes = bill.of("table writes") + bill.of("index writes");
    format!(
        "A million commands, additions and removals, half of them with an `Idempotency-Key`, cost **${:.2}**. Writing to the table and \
         its indexes is **{:.0} %** of it. In the order of their shares: {}.\n",
        bill.total(),
        100.0 * writes / bill.total(),
        in_order(shares),
    )
}

/// What stays, and what a million of it costs for a month.
pub(super) fn kept(counted: &Counted, prices: &Prices) -> String {
    let mut rows: Vec<_> = counted
        .kept
        .items
        .iter()
        .map(|item| {
            let entry = item.entry.map_or_else(|| "none".to_owned(), |bytes| bytes.to_string());
            let month = item.month(prices) * MILLION;
            vec![item.name.to_owned(), item.bytes.to_string(), entry, format!("{month:.2}")]
        })
        .collect();
    let files = counted.background.event.bytes;
    let month = files / GB * prices.of("S3 GB-month") * MILLION;
    rows.push(vec![
        "event in S3: its line and its texts".to_owned(),
        trimmed(files),
        String::new(),
        format!("{month:.2}"),
    ]);
    table(&["what stays", "bytes", "in an index", "a million of them a month, in dollars"], rows)
}

/// What so many commands' traces cost for a month, a year after the first.
fn storage(counted: &Counted, prices: &Prices, commands: f64) -> f64 {
    let month = |name: &str| counted.kept.item(name).month(prices);
    let files = counted.background.event.bytes / GB * prices.of("S3 GB-month");
    let event = f64::midpoint(month("event: added"), month("event: removed")) + files;
    let of_users = month("user") + month("mark") + month("physical key");
    commands * (MONTHS * event + of_users + month("request") / 2.0)
}

/// What a month costs, by how much is asked for.
pub(super) fn month(counted: &Counted, till: &Till<'_>) -> String {
    let idle: f64 = fixed::idle(till).iter().map(|(_, _, dollars)| dollars).sum();
    let (_, _, busy) = fixed::busy(counted, till);
    let command = command(counted, till);
    let list = till.request(counted.request(requests::LIST));
    let swept = DAYS * counted.background.swept_half_reads / 2.0 * till.prices.of("read unit");
    let row = |commands: f64| {
        let parts = [
            commands * command.total(),
            commands * LISTS * list.total(),
            storage(counted, till.prices, commands),
            commands * swept,
            idle,
            busy,
        ];
        let all: f64 = parts.iter().sum();
        let dollars =
            parts.map(|dollars| if dollars < 100.0 { format!("{dollars:.2}") } else { whole(dollars) });
        let sum = if all < 100.0 { format!("**{all:.2}**") } else { format!("**{}**", whole(all)) };
        std::iter::once(whole(commands)).chain(dollars).chain([sum]).collect()
    };
    let head = [
        "commands a month",
        "commands",
        "lists",
        "storage",
        "sweeps",
        "fixed",
        "metrics of requests",
        "all, in dollars",
    ];
    let mut told = table(&head, [10_000.0, MILLION, 100.0 * MILLION].map(row));
    let requests = command.and(&list.times(LISTS));
    let shares: Vec<_> = requests.items().map(|(item, dollars)| (item, dollars / requests.total())).collect();
    let _ = write!(
        told,
        "\nOf what the requests of such a month cost, lists and commands: {}.\n",
        in_order(shares)
    );
    told
}

/// Shares of a whole, the greatest first.
fn in_order(mut shares: Vec<(&str, f64)>) -> String {
    shares.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    let told = shares.iter().map(|(item, share)| format!("{item} {:.0} %", 100.0 * share));
    told.collect::<Vec<_>>().join(", ")
}

/// What is paid for while nothing happens.
pub(super) fn idle(counted: &Counted, till: &Till<'_>) -> String {
    let (lines, busy) = (fixed::idle(till), fixed::busy(counted, till));
    let all: f64 = lines.iter().map(|(_, _, dollars)| dollars).sum();
    let row = |(what, many, dollars): &Line| vec![(*what).to_owned(), many.clone(), format!("{dollars:.2}")];
    let sum = vec!["all of it".to_owned(), String::new(), format!("**{all:.2}**")];
    let rows = lines.iter().map(row).chain([sum, row(&busy)]);
    table(&["a month", "how many", "dollars"], rows)
}

/// What makes a request dearer, by a million.
pub(super) fn more(counted: &Counted, till: &Till<'_>) -> String {
    let total = |name: &str| till.request(counted.request(name)).times(MILLION).total();
    let add = total(requests::ADD);
    let write = till.prices.of("write unit") * MILLION;
    let read = till.prices.of("read unit") * MILLION;
    let capacity = &counted.request(requests::ADD).capacity;
    let race = float(capacity.table_writes) * write + float(capacity.half_reads) / 2.0 * read;
    let metric_hour = till.prices.of("metric") / HOURS;
    let event = counted.kept.item("event: added").bytes;
    let rows = [
        ("the user's first addition: a mark is put", total(requests::FIRST_ADD) - add),
        ("an `Idempotency-Key`: its item is read and put", total(requests::ADD_KEYED) - add),
        ("a note of 500 letters: a second KB of the event", total(requests::ADD_LONG) - add),
        ("an issuer whose URL has 69 letters, not 34: the same", total(requests::ADD_LONG_ISSUER) - add),
        ("a lost race: the table is read and written to once more", race),
        ("the head stays in its hour: its index entry does not move", total(requests::ADD_SOON) - add),
    ];
    let rows = rows.map(|(what, dollars)| vec![what.to_owned(), format!("{dollars:+.2}")]);
    let mut told = table(&["a million additions with", "dollars"], rows);
    let _ = write!(
        told,
        "\nThe event item of the addition here has {event} bytes, so {} are left to the 1,024 that one write unit takes. A code of a refusal that \
         occurs within an hour is a metric for that hour: ${metric_hour:.4}.\n",
        1024 - event,
    );
    told
}

/// What was assumed, and what it comes to.
pub(super) fn assumed(counted: &Counted, till: &Till<'_>) -> String {
    let mut told = till.prices.table_of_assumed();
    let function = counted.request(requests::ADD).function;
    let (memory, ten) = (memory(function), till.milliseconds(function, 10.0) * MILLION);
    let _ =
        write!(told, "\nAt {memory} MB, ten milliseconds more are ${ten:.2} for a million invocations.\n");
    told
}

/// What each member of a line costs, and each attribute of an event item.
pub(super) fn bytes(counted: &Counted, till: &Till<'_>) -> String {
    let line = counted.request(requests::ADD).line.as_object().expect("a line");
    // A quoted name, a colon, a comma.
    let mut members: Vec<_> =
        line.iter().map(|(name, value)| (name.clone(), name.len() + 4 + value.to_string().len())).collect();
    members.sort_by_key(|(name, bytes)| (std::cmp::Reverse(*bytes), name.clone()));
    let of_log = |bytes: usize| till.logged(bytes) * MILLION;
    let of_table = |bytes: usize| {
        let prices = till.prices;
        let month = prices.of("table GB-month") + prices.of("recovery GB-month");
        float(bytes) / GB * month * MILLION
    };
    let mut told = String::from("The line about an addition, member by member:\n\n");
    told += &listed(&members, &["member of the line", "bytes", "a million, in dollars"], of_log);
    told += "\nThe event item of an addition, attribute by attribute:\n\n";
    told += &listed(
        &counted.kept.event,
        &["attribute of the event", "bytes", "a million for a month, in dollars"],
        of_table,
    );
    let spared = counted.kept.not_listed;
    let _ = write!(
        told,
        "\nA projection of `IssuerIndex` by names would leave out `orgId`, which is its partition: {spared} bytes of an entry, ${:.3} for a million \
         of them and a month, and no write unit.\n",
        float(spared) / GB * till.prices.of("table GB-month") * MILLION,
    );
    told
}

fn listed(all: &[(String, usize)], head: &[&str], dollars: impl Fn(usize) -> f64) -> String {
    let row = |(name, bytes): &(String, usize)| {
        vec![format!("`{name}`"), bytes.to_string(), format!("{:.3}", dollars(*bytes))]
    };
    table(head, all.iter().map(row))
}
