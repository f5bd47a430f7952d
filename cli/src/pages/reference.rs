//! The interactive reference: its files, and the policy under which they are served.

use super::{ICON, SCRIPT, STYLE};

const INDEX: &str = include_str!("../../../pages/reference/index.html");
/// Where the page is told that there are a demo's credentials.
const DEMO: &str = r#"name="demo-credentials" content="demo-credentials.json""#;

/// Its own files, and requests to this server alone: what is typed for a base URL may be mistyped, and credentials would go there.
pub(super) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

page_files! {
    "reference":
    ICON "icon.svg", STYLE "reference.css", STYLE "fields.css", STYLE "shapes.css",
    SCRIPT "answer.js", SCRIPT "body.js", SCRIPT "curl.js", SCRIPT "document.js", SCRIPT "elements.js", SCRIPT "faults.js",
    SCRIPT "field.js", SCRIPT "form.js", SCRIPT "memory.js", SCRIPT "operation.js", SCRIPT "overview.js", SCRIPT "preview.js",
    SCRIPT "prose.js", SCRIPT "python.js", SCRIPT "reference.js", SCRIPT "request.js", SCRIPT "responses.js", SCRIPT "rust.js",
    SCRIPT "samples.js", SCRIPT "schema.js", SCRIPT "send.js", SCRIPT "shapes.js", SCRIPT "typescript.js",
}

/// The page. It asks for the demo's credentials where there is a demo, and for nothing that is not there.
pub(super) fn html(has_demo: bool) -> String {
    if has_demo { INDEX.to_owned() } else { INDEX.replace(DEMO, r#"name="demo-credentials" content="""#) }
}
