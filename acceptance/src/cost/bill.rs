//! What was counted, priced.

use super::background::{Background, Exported, PUBLISHER};
use super::float;
use super::prices::Prices;
use super::requests::Request;
use crate::deployment::{default_of, memory};

/// A GB, as AWS bills it.
pub(super) const GB: f64 = 1_073_741_824.0;
/// Days of a month.
pub(super) const DAYS: f64 = 30.0;
/// The most of an event on the bus that is one event on the bill.
const BUS_CHUNK: usize = 64 * 1024;
/// What a bill is made of, in the order of its columns.
pub(super) const ITEMS: [&str; 9] =
    ["table writes", "index writes", "reads", "API Gateway", "Lambda", "logs", "sent", "bus", "export"];

/// Dollars, by what they are for.
#[derive(Debug, Clone, Default)]
pub(super) struct Bill([f64; ITEMS.len()]);

impl Bill {
    fn add(&mut self, item: &str, dollars: f64) {
        let place = ITEMS.iter().position(|of| *of == item).expect("an item of the bill");
        self.0[place] += dollars;
    }

    /// What one item comes to.
    pub(super) fn of(&self, item: &str) -> f64 {
        self.items().find(|(of, _)| *of == item).expect("an item of the bill").1
    }

    pub(super) fn items(&self) -> impl Iterator<Item = (&'static str, f64)> {
        ITEMS.into_iter().zip(self.0)
    }

    pub(super) fn total(&self) -> f64 {
        self.0.iter().sum()
    }

    pub(super) fn times(&self, many: f64) -> Self {
        Self(self.0.map(|dollars| dollars * many))
    }

    pub(super) fn and(&self, other: &Self) -> Self {
        let mut both = self.clone();
        both.0.iter_mut().zip(other.0).for_each(|(one, other)| *one += other);
        both
    }

    /// The mean of bills.
    pub(super) fn mean(bills: &[Self]) -> Self {
        let sum = bills.iter().fold(Self::default(), |sum, bill| sum.and(bill));
        sum.times(1.0 / float(bills.len()))
    }
}

/// What prices things.
#[derive(Debug)]
pub(super) struct Till<'a> {
    pub(super) prices: &'a Prices,
    pub(super) background: &'a Background,
}

impl Till<'_> {
    /// What one request costs, and what it leads to.
    pub(super) fn request(&self, request: &Request) -> Bill {
        let prices = self.prices;
        let mut bill = Bill::default();
        let capacity = &request.capacity;
        bill.add("table writes", float(capacity.table_writes) * prices.of("write unit"));
        bill.add("index writes", float(capacity.index_writes) * prices.of("write unit"));
        bill.add("reads", float(capacity.half_reads) / 2.0 * prices.of("read unit"));
        bill.add("API Gateway", prices.of("API request"));
        let milliseconds = match (request.is_written(), capacity.half_reads) {
            (true, _) => "command ms",
            (false, 0) => "refusal ms",
            (false, _) => "query ms",
        };
        bill.add("Lambda", self.invocation(request.function, milliseconds));
        bill.add("logs", self.logged(request.function_log + request.gateway_log));
        bill.add("sent", float(request.answer) / GB * prices.of("sent GB"));
        if request.is_written() {
            bill.add("Lambda", self.invocation(PUBLISHER, "publishing ms"));
            bill.add("logs", self.logged(self.background.published_log));
            let chunks = self.background.entry.div_ceil(BUS_CHUNK);
            bill.add("bus", float(chunks) * prices.of("bus event"));
            bill.add("export", self.export(self.background.event));
        }
        bill
    }

    /// What an invocation of a function costs that takes so long.
    pub(super) fn invocation(&self, function: &str, milliseconds: &str) -> f64 {
        self.prices.of("invocation") + self.milliseconds(function, self.prices.assumed(milliseconds))
    }

    /// What so many milliseconds of a function cost.
    pub(super) fn milliseconds(&self, function: &str, many: f64) -> f64 {
        many / 1000.0 * memory(function) / 1024.0 * self.prices.of("GB-second")
    }

    /// What lines cost: to be taken in, and kept for as long as the template says, uncompressed at the most.
    pub(super) fn logged(&self, bytes: usize) -> f64 {
        let months = default_of("LogRetentionDays") / DAYS;
        float(bytes) / GB * (self.prices.of("log GB") + months * self.prices.of("log GB-month"))
    }

    /// What an export costs, without what stays of it.
    pub(super) fn export(&self, exported: Exported) -> f64 {
        let Exported { writes, half_reads, puts, gets, .. } = exported;
        writes * self.prices.of("write unit")
            + half_reads / 2.0 * self.prices.of("read unit")
            + puts * self.prices.of("S3 put")
            + gets * self.prices.of("S3 get")
    }
}
