//! What a workbook claims of itself. The crate that reads it makes room for as many texts as it says that it has, before there is
//! one: a claim that nobody could keep would end the program.

use std::io::{BufReader, Cursor, Read};

use quick_xml::Reader;
use quick_xml::events::Event;
use zip::ZipArchive;

use crate::fault::Unreadable;
use crate::records::MOST_CELLS;

/// The part of the archive that has the texts, wherever it lies, in lower case.
const TEXTS: &str = "sharedstrings.xml";

/// Refuses a workbook that claims more texts than it may have cells.
pub(super) fn check(bytes: &[u8]) -> Result<(), Unreadable> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| Unreadable::NoWorkbook)?;
    for place in 0..archive.len() {
        // Of a part that cannot be read nothing is made room for.
        let Ok(part) = archive.by_index(place) else { continue };
        let is_texts = part.name().is_ok_and(|name| name.to_lowercase().ends_with(TEXTS));
        if is_texts && claims_too_many(part) {
            return Err(Unreadable::Broken("it claims to have more texts than it may have cells".to_owned()));
        }
    }
    Ok(())
}

/// Whether the first `sst` element has a count that is too large. It is looked for as `calamine` does.
fn claims_too_many(part: impl Read) -> bool {
    let mut xml = Reader::from_reader(BufReader::new(part));
    let config = xml.config_mut();
    (config.check_end_names, config.check_comments, config.expand_empty_elements) = (false, false, true);
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match xml.read_event_into(&mut buffer) {
            Ok(Event::Start(element)) if element.local_name().as_ref() == "sst" => {
                let most = u64::try_from(MOST_CELLS).unwrap_or(u64::MAX);
                let mut attributes = element.attributes();
                return attributes.with_checks(false).flatten().any(|attribute| {
                    attribute.key.as_ref() == "uniqueCount"
                        && attribute.value.trim().parse().is_ok_and(|count: u64| count > most)
                });
            }
            Ok(Event::Eof) | Err(_) => return false,
            Ok(_) => {}
        }
    }
}
