//! Which table each hour comes from. A log goes on from another table once that one has claimed it: in a file, which keeps every
//! other table's export out, and by an event of the log's own history, which is signed with the first hour of that table.

use domain::audit_log::LogClaimed;
use domain::values::{Hour, TableId};

use crate::fault::{Fault, Place, Tampering};
use crate::log::TableOwner;

/// The tables of a log, as its hours go on from one to the next and never back.
#[derive(Debug)]
pub(crate) struct Tables {
    owners: Vec<TableOwner>,
    /// The place of the one that the last hour came from; none before a part's first hour.
    current: Option<usize>,
    /// Whether this hour is the first one of its table.
    is_first: bool,
    /// The table that the log's history named last.
    claimed: Option<TableId>,
}

impl Tables {
    /// Those of a log from its beginning.
    pub(crate) const fn new(owners: Vec<TableOwner>) -> Self {
        Self { owners, current: Some(0), is_first: false, claimed: None }
    }

    /// Those of a part of a log: which of them its first hour comes from was told before it.
    pub(crate) fn of_part(self) -> Self {
        Self { current: None, ..self }
    }

    /// That an hour may come from a table: the one before's, or one that has claimed the log from that hour or an earlier one on. The
    /// table before may have finished an hour meanwhile.
    pub(crate) fn check(&mut self, hour: Hour, table_id: &str) -> Result<(), Fault> {
        let from = self.current.unwrap_or_default();
        let mut places = self.owners.iter().zip(0..).skip(from);
        let found = places.find(|(owner, _)| owner.table_id == table_id && owner.from_hour <= hour);
        let Some((_, place)) = found else {
            let shows = "it is of another table than the one that the log says";
            return Err(Fault::new(Place::Manifest(hour), Tampering::Forked, shows));
        };
        self.is_first = self.current.replace(place).is_some_and(|before| before != place);
        Ok(())
    }

    /// An event of the log's history says which table goes on with it.
    pub(crate) fn claim(&mut self, place: Place, claimed: &LogClaimed) -> Result<(), Fault> {
        let table_id = &claimed.table_id;
        self.claimed = Some(table_id.clone());
        if self.owners.iter().any(|owner| owner.table_id == table_id.as_str()) {
            return Ok(());
        }
        let shows = format!("table {table_id} claims the log, and no file in log/table/ says so");
        Err(Fault::new(place, Tampering::Removed, shows))
    }

    /// After an hour: the first one of a table has the event that claims the log for it, so that it is signed which tables a log comes
    /// from.
    pub(crate) fn end_hour(&mut self, hour: Hour) -> Result<(), Fault> {
        if !std::mem::take(&mut self.is_first) {
            return Ok(());
        }
        let owner = self.current.and_then(|current| self.owners.get(current));
        let claimed = self.claimed.as_ref().map(TableId::as_str);
        match owner.filter(|owner| claimed != Some(owner.table_id.as_str())) {
            None => Ok(()),
            Some(owner) => {
                let table_id = owner.table_id.escape_debug();
                let shows =
                    format!("it is the first one of table {table_id}, and no event claims the log for it");
                Err(Fault::new(Place::Manifest(hour), Tampering::Forked, shows))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::values::EpochMillis;

    use super::*;
    use crate::manifest::FORMAT;

    /// Owners from an hour on; then hours, by the table that each comes from and the one that is claimed in it.
    fn check(owners: &[(&str, u64)], hours: &[(&str, Option<&str>)]) -> Result<(), (u64, String)> {
        let owners = owners.iter().map(|(table_id, from)| TableOwner {
            format: FORMAT,
            from_hour: Hour::new(*from),
            table_id: (*table_id).to_owned(),
        });
        let mut tables = Tables::new(owners.collect());
        for (hour, (table_id, claims)) in (0..).zip(hours) {
            let at = Hour::new(hour);
            let mut all = tables.check(at, table_id);
            if let Some(claims) = claims {
                let table_id = TableId::try_from((*claims).to_owned()).unwrap();
                let (origin, claimed_at) = ("log".parse().unwrap(), EpochMillis::new(0));
                let claimed = LogClaimed { origin, table_id, claimed_at };
                all = all.and(tables.claim(Place::line(at, 1), &claimed));
            }
            all.and(tables.end_hour(at)).map_err(|fault| (hour, fault.shows))?;
        }
        Ok(())
    }

    const TWO: [(&str, u64); 2] = [("one", 0), ("two", 2)];

    #[test]
    fn a_log_goes_on_from_another_table_once_and_by_an_event() {
        assert_eq!(check(&TWO, &[("one", None), ("one", None), ("two", Some("two")), ("two", None)]), Ok(()));
        let late = [("one", None), ("one", None), ("one", None), ("two", Some("two"))];
        assert_eq!(check(&TWO, &late), Ok(()), "the table before finished an hour meanwhile");
        let skipped = [("one", 0), ("two", 1), ("three", 1)];
        assert_eq!(
            check(&skipped, &[("one", None), ("three", Some("three"))]),
            Ok(()),
            "one that exported nothing"
        );
    }

    #[test]
    fn nobody_else_goes_on_with_it_and_nobody_goes_back() {
        let other = |hour| Err((hour, "it is of another table than the one that the log says".to_owned()));
        assert_eq!(check(&TWO, &[("three", None)]), other(0));
        assert_eq!(check(&TWO, &[("one", None), ("two", Some("two"))]), other(1), "too early");
        let back = [("one", None), ("one", None), ("two", Some("two")), ("one", None)];
        assert_eq!(check(&TWO, &back), other(3));
    }

    #[test]
    fn a_claim_is_in_a_file_and_in_an_event() {
        let no_event = "it is the first one of table two, and no event claims the log for it";
        assert_eq!(
            check(&TWO, &[("one", None), ("one", None), ("two", None)]),
            Err((2, no_event.to_owned()))
        );
        let no_file = "table three claims the log, and no file in log/table/ says so";
        assert_eq!(check(&TWO, &[("one", Some("three"))]), Err((0, no_file.to_owned())));
    }
}
