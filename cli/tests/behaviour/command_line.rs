//! The program as its users run it: the server from start to end, and the operator's commands.

use crate::program::{Server, folder, inventory, run};

#[test]
fn the_printed_curl_lines_work_when_pasted() {
    let folder = folder();
    let server = Server::start(&["--port", "0"], folder.path());
    let added = server.paste(0);
    assert!(added.starts_with("HTTP/1.1 200"), "{added}");
    assert!(added.contains(r#""success":true,"aggregateId":"demo-user","version":1"#), "{added}");
    let removed = server.paste(1);
    assert!(removed.contains(r#""type":"PhysicalKeyRemoved""#), "{removed}");
    let again = server.paste(1);
    assert!(again.starts_with("HTTP/1.1 404"), "{again}");
    server.interrupt();
}

#[test]
fn a_second_start_keeps_the_data_and_the_credentials() {
    let folder = folder();
    let first = Server::start(&["--port", "0"], folder.path());
    assert!(first.paste(0).contains(r#""number":1"#));
    let api_key = first.api_key();
    first.interrupt();

    let second = Server::start(&["serve", "--port", "0"], folder.path());
    assert_eq!(second.api_key(), api_key);
    assert!(second.paste(0).contains(r#""number":2"#));
    assert!(second.paste(1).starts_with("HTTP/1.1 200"), "the line names the number that was added last");
    second.interrupt();
}

#[test]
fn an_inventory_in_memory_leaves_nothing_behind() {
    let folder = folder();
    let server = Server::start(&["--port", "0", "--memory"], folder.path());
    assert!(server.paste(0).contains(r#""number":1"#));
    server.interrupt();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_second_server_on_the_same_folder_is_one_sentence() {
    let folder = folder();
    let server = Server::start(&["--port", "0"], folder.path());
    let second = run(&["--port", "0"], folder.path(), &[]);
    assert_eq!(second.code, Some(1));
    let sentence =
        "Another process is using the folder .physical-keys; stop it or choose another folder with --data.\n";
    assert_eq!((second.stdout.as_str(), second.stderr.as_str()), ("", sentence));
    server.interrupt();
}

#[test]
fn a_port_in_use_is_one_sentence() {
    let folder = folder();
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let refused = run(&["--port", &port], folder.path(), &[]);
    assert_eq!(refused.code, Some(1));
    assert_eq!(
        refused.stderr,
        format!("Port {port} on 127.0.0.1 is in use; choose another one with --port.\n")
    );
}

#[test]
fn a_folder_that_cannot_be_written_is_one_sentence() {
    let folder = folder();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let refused = run(&["--port", "0", "--data", "file/inventory"], folder.path(), &[]);
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.stderr.starts_with("The folder file/inventory cannot be written: "),
        "{}",
        refused.stderr
    );
    assert_eq!(refused.stderr.lines().count(), 1);
}

#[test]
fn organisations_and_api_keys_are_kept_while_no_server_runs() {
    let folder = inventory();
    keep_an_organisation(folder.path());
}

#[test]
fn organisations_and_api_keys_are_kept_while_a_server_runs() {
    let folder = folder();
    let server = Server::start(&["--port", "0"], folder.path());
    keep_an_organisation(folder.path());
    server.interrupt();
}

/// Registers an organisation, issues an API key, lists and revokes it.
fn keep_an_organisation(folder: &std::path::Path) {
    let unregistered = run(&["api-key", "issue", "acme"], folder, &[]);
    assert_eq!(unregistered.code, Some(1));
    assert!(
        unregistered.stderr.contains("`physical-keys org register acme` registers it"),
        "{unregistered:?}"
    );

    let registered = run(&["org", "register", "acme", "--name", "Acme Ltd"], folder, &[]);
    assert_eq!((registered.code, registered.stdout.as_str()), (Some(0), ""));
    let again = run(&["org", "register", "acme"], folder, &[]);
    assert_eq!(
        (again.code, again.stderr.as_str()),
        (Some(0), "The organisation acme was registered already.\n")
    );

    let issued = run(&["api-key", "issue", "acme", "--expires", "90d"], folder, &[]);
    assert_eq!(issued.code, Some(0), "{issued:?}");
    let id = issued.stdout.trim_end().strip_prefix("pki_").unwrap().split('_').next().unwrap().to_owned();
    assert_eq!(issued.stdout.lines().count(), 1, "the API key is alone on standard output");

    let listed = run(&["api-key", "list", "acme"], folder, &[]).stdout;
    assert!(listed.starts_with(&format!("{id}\tactive\t")), "{listed}");
    assert!(!listed.contains(issued.stdout.trim_end()), "the secret is not shown again");
    assert_eq!(run(&["api-key", "revoke", &id], folder, &[]).code, Some(0));
    let listed = run(&["api-key", "list", "acme"], folder, &[]).stdout;
    assert!(listed.starts_with(&format!("{id}\trevoked\t")), "{listed}");
    let unknown = run(&["api-key", "revoke", &"0".repeat(32)], folder, &[]);
    assert_eq!(unknown.code, Some(1));
    close_the_organisation(folder);
}

/// Closes it: nothing is issued to it any more, and it is not opened again.
fn close_the_organisation(folder: &std::path::Path) {
    for said in [
        "The organisation acme is closed from the next request on.\n",
        "The organisation acme was closed already.\n",
    ] {
        let closed = run(&["org", "close", "acme"], folder, &[]);
        assert_eq!((closed.code, closed.stdout.as_str(), closed.stderr.as_str()), (Some(0), "", said));
    }
    let refused =
        "The organisation acme was closed, and stays closed: all its API keys would be good again.\n";
    let registered = run(&["org", "register", "acme"], folder, &[]);
    assert_eq!((registered.code, registered.stderr.as_str()), (Some(1), refused));
    assert_eq!(run(&["api-key", "issue", "acme"], folder, &[]).code, Some(1));
    let unknown = run(&["org", "close", "umbrella"], folder, &[]);
    assert_eq!(
        (unknown.code, unknown.stderr.as_str()),
        (Some(1), "There is no organisation umbrella here.\n")
    );
}

/// Nothing shows an organisation's history yet, so it is looked for where it is kept.
#[test]
fn who_runs_an_operators_command_is_recorded() {
    let folder = folder();
    let register = ["org", "register", "acme", "--actor", "Ada Lovelace"];
    assert_eq!(run(&register, folder.path(), &[]).code, Some(0));
    assert_eq!(
        run(&["org", "close", "acme"], folder.path(), &[("PHYSICAL_KEYS_ACTOR", "bob".to_owned())]).code,
        Some(0)
    );
    let database = std::fs::read(folder.path().join(".physical-keys/inventory.sqlite")).unwrap();
    let database = String::from_utf8_lossy(&database);
    for id in ["Ada Lovelace", "bob"] {
        let actor = format!(r#"{{\"actor\":{{\"id\":\"{id}\",\"type\":\"operator\"}}"#);
        assert!(database.contains(&actor), "{id}");
    }
    assert_eq!(run(&["org", "register", "acme", "--actor", " "], folder.path(), &[]).code, Some(2));
}

#[test]
fn an_api_key_is_issued_for_subjects_and_listed_with_them() {
    let folder = folder();
    run(&["org", "register", "acme"], folder.path(), &[]);
    let issue = ["api-key", "issue", "acme", "--for", "job", "--for", "münchen/1"];
    assert_eq!(run(&issue, folder.path(), &[]).code, Some(0));
    let listed = run(&["api-key", "list", "acme"], folder.path(), &[]);
    assert!(listed.stderr.starts_with("id\tstate\tissued\texpires\trevoked\tfor\n"), "{listed:?}");
    assert!(listed.stdout.ends_with("\tjob, münchen/1\n"), "{listed:?}");
    let nobody = run(&["api-key", "issue", "acme", "--for", " job"], folder.path(), &[]);
    assert_eq!(nobody.code, Some(2));
}

#[test]
fn an_api_key_and_a_token_from_the_command_line_open_the_running_server() {
    let folder = folder();
    let server = Server::start(&["--port", "0"], folder.path());
    run(&["org", "register", "acme"], folder.path(), &[]);
    let api_key = run(&["api-key", "issue", "acme"], folder.path(), &[]).stdout;
    for whose in [&["--user", "alice"][..], &["--user", "alice", "--org", "acme"], &["--org", "acme"]] {
        let subject = [&["token"], whose].concat();
        let token = run(&subject, folder.path(), &[]).stdout;
        let reply = server.add("alice", token.trim_end(), api_key.trim_end(), r#"{"orgId":"acme"}"#);
        assert!(reply.starts_with("HTTP/1.1 200"), "{subject:?}: {reply}");
    }
    let manager = ["token", "--user", "bob", "--org", "acme", "--key-manager"];
    let token = run(&manager, folder.path(), &[]).stdout;
    let reply = server.add_without_api_key("alice", token.trim_end(), r#"{"orgId":"acme"}"#);
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    let id = api_key.strip_prefix("pki_").unwrap().split('_').next().unwrap();
    run(&["api-key", "revoke", id], folder.path(), &[]);
    let token = run(&["token", "--user", "alice", "--ttl", "5m"], folder.path(), &[]).stdout;
    let reply = server.add("alice", token.trim_end(), api_key.trim_end(), r#"{"orgId":"acme"}"#);
    assert!(reply.starts_with("HTTP/1.1 401") && reply.contains("revoked"), "{reply}");
    server.interrupt();
}

#[test]
fn the_operators_commands_work_on_another_dynamodb() {
    let elsewhere = crate::program::DynamoDb::start();
    let folder = folder();
    let environment = elsewhere.environment();
    let created = run(&["table", "create"], folder.path(), &environment);
    assert_eq!((created.code, created.stderr.as_str()), (Some(0), "The table inventory is created.\n"));
    let again = run(&["table", "create"], folder.path(), &environment);
    assert_eq!((again.code, again.stderr.as_str()), (Some(0), "The table inventory is there.\n"));
    assert_eq!(run(&["org", "register", "acme"], folder.path(), &environment).code, Some(0));
    let issued = run(&["api-key", "issue", "acme"], folder.path(), &environment);
    assert!(issued.stdout.starts_with("pki_"), "{issued:?}");
    assert!(!folder.path().join(".physical-keys").exists(), "nothing is kept on this machine");
}

#[test]
fn the_key_set_is_that_of_the_tokens() {
    let folder = inventory();
    let key_set = run(&["jwks"], folder.path(), &[]);
    assert!(key_set.stdout.contains(r#""crv":"Ed25519""#), "{key_set:?}");
    assert_eq!(run(&["jwks"], folder.path(), &[]).stdout, key_set.stdout, "the key is kept");
}

#[test]
fn what_is_mistyped_is_explained() {
    let folder = folder();
    for (arguments, words) in [
        (&["token"][..], "--user"),
        (&["token", "--user", " "], "white space"),
        (&["api-key", "revoke", "nonsense"], "32 lower-case letters"),
        (&["api-key", "issue", "acme", "--expires", "soon"], "--expires"),
        (&["serve", "--memory", "--data", "x"], "cannot be used with"),
        (&["unknown"], "unrecognized subcommand"),
    ] {
        let refused = run(arguments, folder.path(), &[]);
        assert_eq!(refused.code, Some(2), "{arguments:?}");
        assert!(refused.stderr.contains(words), "{arguments:?}: {}", refused.stderr);
    }
}
