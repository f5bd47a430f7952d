//! Prices, and what was assumed where nothing could be counted: `docs/prices.json`.

use std::fmt::Write;

use serde_json::Value;

/// The prices of one region.
#[derive(Debug)]
pub(super) struct Prices(Value);

impl Prices {
    pub(super) fn read() -> Self {
        Self(serde_json::from_str(include_str!("../../../docs/prices.json")).expect("JSON"))
    }

    /// What one of something costs.
    pub(super) fn of(&self, id: &str) -> f64 {
        let price = self.all("prices").find(|price| price["id"] == id).unwrap_or_else(|| panic!("no {id}"));
        number(&price["price"]) / number(&price["per"])
    }

    /// What was assumed.
    pub(super) fn assumed(&self, id: &str) -> f64 {
        let assumed = self.all("assumed").find(|assumed| assumed["id"] == id);
        number(&assumed.unwrap_or_else(|| panic!("no {id}"))["value"])
    }

    /// All of them, as a table.
    pub(super) fn table(&self) -> String {
        let mut table = format!(
            "| what, in {} | price, {} | for | as of | from | page |\n| --- | ---: | --- | --- | --- | --- |\n",
            text(&self.0["region"]),
            text(&self.0["currency"]),
        );
        for price in self.all("prices") {
            let [service, unit, as_of, from, page] =
                ["service", "unit", "asOf", "from", "page"].map(|member| text(&price[member]));
            let many = match number(&price["per"]) {
                1.0 => String::new(),
                many => format!("{} ", super::tables::whole(many)),
            };
            let figure = &price["price"];
            let _ = writeln!(table, "| {service} | {figure} | {many}{unit} | {as_of} | {from} | <{page}> |");
        }
        table
    }

    /// What was assumed, as a table.
    pub(super) fn table_of_assumed(&self) -> String {
        let rows = self.all("assumed").map(|one| format!("| {} | {} |\n", text(&one["of"]), one["value"]));
        format!("| assumed | |\n| --- | ---: |\n{}", rows.collect::<String>())
    }

    fn all(&self, of: &str) -> impl Iterator<Item = &Value> {
        self.0[of].as_array().expect("a list").iter()
    }
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}
