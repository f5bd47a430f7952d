//! What a browser says in its console: nothing, or something is wrong with the page.

use super::Browser;

/// Checks that nothing was said since the window was opened, or since the last look: no violation of a policy, no error, no
/// warning. Refusals that a test asks for are said there too, and are let pass by a part of their text.
pub(super) async fn assert_console_is_empty(browser: &Browser, expected: &[&str]) {
    let said = browser.session.console().await;
    let said: Vec<_> =
        said.iter().filter(|message| !expected.iter().any(|part| message.contains(part))).collect();
    assert!(said.is_empty(), "{said:#?}");
}
