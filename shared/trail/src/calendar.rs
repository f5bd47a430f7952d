//! Hours as they are written down: `2026-11-23T12:00:00Z` in manifests, `date=2026-11-23/hour=12` as folders, which is
//! how query engines such as Athena and Spark expect partitions.

use domain::values::{EpochMillis, Hour};

/// The last hour that a date of four digits has: none of this program's clocks goes further.
const LAST: EpochMillis = EpochMillis::new(253_402_297_200_000);

/// The hour's beginning by RFC 3339.
#[must_use]
pub fn text(hour: Hour) -> String {
    hour.start().min(LAST).to_rfc3339_seconds()
}

/// The hour that [`text`] gives this for.
#[must_use]
pub fn parse(text: &str) -> Option<Hour> {
    let hour = Hour::of(EpochMillis::parse_rfc3339(text)?);
    (self::text(hour) == text).then_some(hour)
}

/// The folder of an hour's files.
#[must_use]
pub fn folder(hour: Hour) -> String {
    let text = text(hour);
    let (date, time) = text.split_once('T').unwrap_or_default();
    format!("date={date}/hour={}", time.get(..2).unwrap_or_default())
}

/// The hour that a folder is for.
#[must_use]
pub fn of_folder(folder: &str) -> Option<Hour> {
    let (date, hour) = folder.strip_prefix("date=")?.split_once("/hour=")?;
    let hour = parse(&format!("{date}T{hour}:00:00Z"))?;
    (self::folder(hour) == folder).then_some(hour)
}

/// Hours in JSON.
pub(crate) mod hour_text {
    use domain::values::Hour;
    use serde::{Deserialize, Deserializer, Serializer, de};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "This is how serde calls it.")]
    pub(crate) fn serialize<S: Serializer>(hour: &Hour, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::text(*hour))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Hour, D::Error> {
        let text = String::deserialize(deserializer)?;
        super::parse(&text).ok_or_else(|| de::Error::custom("not the beginning of an hour"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_written_in_one_way_and_read_in_no_other() {
        let hour = parse("2026-11-23T12:00:00Z").unwrap();
        assert_eq!(hour.start(), EpochMillis::new(1_795_435_200_000));
        assert_eq!(folder(hour), "date=2026-11-23/hour=12");
        assert_eq!(of_folder(&folder(hour)), Some(hour));
        for text in [
            "2026-11-23T12:00:01Z",
            "2026-11-23T12:30:00Z",
            "2026-11-23 12:00:00Z",
            "",
            "1969-12-31T23:00:00Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        for folder in
            ["date=2026-11-23/hour=24", "date=2026-11-23/hour=1", "date=2026-02-30/hour=01", "hour=12"]
        {
            assert_eq!(of_folder(folder), None, "{folder}");
        }
    }
}
