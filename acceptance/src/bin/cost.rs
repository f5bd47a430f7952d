//! Counts what requests take, and writes it into `docs/cost.md`.

use std::path::Path;

use acceptance::cost::{Counted, document};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/cost.md");
    let written = std::fs::read_to_string(&path)?;
    let counted = Box::pin(Counted::now()).await;
    std::fs::write(&path, document::filled(&written, &counted))
}
