//! How long the page for key managers takes with 10,000 physical keys. It prints, and asserts no time: what docs/page.md says is from
//! `cargo test --workspace --test behaviour -- --ignored --nocapture ten_thousand`.

use std::time::Instant;

use crate::browser::Browser;
use crate::program::{Server, folder, run};

const ROWS: usize = 10_000;
/// Types a letter, or a word, and says how long the browser was busy with it and until it had drawn.
const FINDING: &str = "return (async () => { \
    const query = document.getElementById('query'); \
    const told = []; \
    for (const text of ['l', 'lo', 'locker 9', 'locker 99', '', 'person-299', '#3']) { \
        const began = performance.now(); \
        query.value = text; \
        query.dispatchEvent(new Event('input')); \
        const busy = Math.round(performance.now() - began); \
        await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn))); \
        told.push([text, busy, Math.round(performance.now() - began), document.getElementById('organisation-count').textContent]); \
    } \
    return told; \
})()";

#[tokio::test]
#[ignore = "needs Chromium and its driver, and takes a minute"]
async fn ten_thousand_physical_keys_in_the_page() {
    let folder = folder();
    let server = Server::start(&["--port", "0"], folder.path());
    let rows: Vec<_> = (0..ROWS).map(|row| format!("person-{},Locker {row}", row % 3_000)).collect();
    std::fs::write(folder.path().join("register.csv"), format!("user,note\n{}\n", rows.join("\n"))).unwrap();
    let token = ["token", "--user", "mia", "--org", "demo-org", "--key-manager"];
    let token = run(&token, folder.path(), &[]).stdout.trim().to_owned();
    let environment = [("PHYSICAL_KEYS_TOKEN", token), ("PHYSICAL_KEYS_API", server.address())];
    let import = ["import", "--org", "demo-org", "--similar-users", "register.csv"];
    assert_eq!(run(&import, folder.path(), &environment).code, Some(0));

    let browser = Browser::open(1_280).await;
    let began = Instant::now();
    browser.session.goto(&format!("{}/keys/", server.address())).await;
    browser.reads("#out tbody", "Locker").await;
    println!("the first rows: {:?}", began.elapsed());
    let whole = browser.session.wait(std::time::Duration::from_mins(1), async || {
        let count =
            browser.session.run("return document.getElementById('organisation-count').textContent").await;
        if count == "10,000 physical keys" { Ok(()) } else { Err(count.to_string()) }
    });
    whole.await.unwrap();
    println!("all of them: {:?}", began.elapsed());
    println!("typed, busy ms, drawn ms, found: {}", browser.session.run(FINDING).await);
    browser.session.close().await;
    server.interrupt();
}
