//! `/llms.txt` (llmstxt.org): what this API is and where to read on, for programs that read rather than look; and the documents that it
//! leads to, as they stand in the repository.

use std::fmt::Write;

use api::http::routes::Route;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Response};
use clap::CommandFactory;
use serde_json::Value;

use crate::arguments::Arguments;

/// The documents by name, and what each is about.
const DOCUMENTS: [(&str, &str, &str); 4] = [
    ("api.md", "routes, headers and refusals on one page", include_str!("../../../docs/api.md")),
    (
        "recompute.md",
        "how a client computes the hashes of a history again, in Python and JavaScript",
        include_str!("../../../docs/recompute.md"),
    ),
    (
        "command-line.md",
        "the program `physical-keys` and its commands",
        include_str!("../../../docs/command-line.md"),
    ),
    (
        "operating.md",
        "configuration, whose token is whose, organisations and API keys",
        include_str!("../../../docs/operating.md"),
    ),
];

/// `/llms.txt`.
pub(super) async fn index() -> Response {
    text("text/plain; charset=utf-8", written())
}

/// One of the documents.
pub(super) async fn document(Path(name): Path<String>) -> Response {
    match DOCUMENTS.iter().find(|(known, ..)| *known == name) {
        Some((_, _, document)) => text("text/markdown; charset=utf-8", (*document).to_owned()),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn text(media_type: &'static str, text: String) -> Response {
    let headers =
        [(CONTENT_TYPE, media_type), (X_CONTENT_TYPE_OPTIONS, "nosniff"), (CACHE_CONTROL, "no-cache")];
    (headers, text).into_response()
}

/// The page: its title, introduction and operations are the OpenAPI document's, its commands the program's own.
fn written() -> String {
    let document: Value = serde_json::from_str(&api_reference::json()).unwrap_or_default();
    let told = |place: &Value| place.as_str().unwrap_or_default().to_owned();
    let description = told(&document["info"]["description"]);
    let (about, more) = description.split_once("\n\n").unwrap_or((&description, ""));
    let mut page = format!("# {}\n\n> {about}\n\n{}\n", told(&document["info"]["title"]), more.trim_end());
    page.push_str(
        "\n## API\n\n\
         - [OpenAPI 3.1](/openapi.json): every route, schema, refusal and example, and the events of the bus\n\
         - [Interactive reference](/): the same for people\n",
    );
    page.push_str("\n## Operations\n\n");
    for route in Route::ALL {
        let (name, path, method) = (route.name(), route.path(), route.method());
        let summary = told(&document["paths"][path][method.as_str().to_lowercase()]["summary"]);
        // Writing to a text cannot fail.
        let _ = writeln!(page, "- [{name}](/openapi.json): `{method} {path}`: {summary}");
    }
    page.push_str("\n## Documentation\n\n");
    for (name, about, _) in DOCUMENTS {
        let _ = writeln!(page, "- [{name}](/docs/{name}): {about}");
    }
    page.push_str("\n## Commands\n\n");
    for command in Arguments::command().get_subcommands().filter(|command| !command.is_hide_set()) {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(page, "- [physical-keys {}](/docs/command-line.md): {about}", command.get_name());
    }
    page
}
