//! What `docs/cost.md` says is what is counted, and not from anybody's memory.

use acceptance::cost::requests::{
    ADD, ADD_KEYED, ADD_LONG, ADD_LONG_ISSUER, ADD_SOON, FIRST_ADD, LIST, NO_SUCH_ROUTE, REMOVE,
    REMOVE_KEYED, REPLAY,
};
use acceptance::cost::{Counted, document};

#[tokio::test]
async fn the_document_has_the_figures_that_are_counted() {
    let counted = Box::pin(Counted::now()).await;
    let units = |name: &str| {
        let capacity = counted.request(name).capacity;
        (capacity.table_writes, capacity.index_writes, capacity.half_reads)
    };
    // Head, physical key and event, each twice for the transaction; the entry of the key, and the head's, which moves. Read are the
    // API key, the organisation, the head and the mark, or the physical key in its place.
    assert_eq!(units(ADD), (6, 3, 8));
    assert_eq!(units(REMOVE), (6, 3, 8));
    // And the request's item.
    assert_eq!((units(ADD_KEYED), units(REMOVE_KEYED)), ((8, 3, 10), (8, 3, 10)));
    // The head's entry stays where it is; and where there was none, it is put and not moved, and the mark is put.
    assert_eq!((units(ADD_SOON), units(FIRST_ADD)), ((6, 1, 8), (8, 2, 8)));
    // A second KB of the event, and of nothing else.
    assert_eq!((units(ADD_LONG), units(ADD_LONG_ISSUER)), ((8, 3, 8), (8, 3, 8)));
    assert_eq!(units(REPLAY), (0, 0, 10), "a replay writes nothing");
    assert_eq!(units(LIST).0, 0);
    for name in ["refused: 401, no credentials", "refused: 400", NO_SUCH_ROUTE] {
        assert_eq!(units(name), (0, 0, 0), "{name} reads nothing");
    }
    let behind = &counted.background;
    assert!((behind.event.writes - 1.0).abs() < 1e-9, "the history's cursor: {:?}", behind.event);

    let written = include_str!("../../../docs/cost.md");
    let filled = document::filled(written, &counted);
    assert!(written == filled, "run `cargo run -q -p acceptance --bin cost`; counted was\n{filled}");
}
