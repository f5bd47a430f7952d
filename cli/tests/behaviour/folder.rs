//! The folder of a local inventory is its owner's alone.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::program::{Server, folder, run};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn open_to_all(path: &Path) {
    let mode = if path.is_dir() { 0o755 } else { 0o644 };
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[track_caller]
fn check_closed(folder: &Path) {
    assert_eq!(mode(folder), 0o700, "{}", folder.display());
    for file in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let expected = if file.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode(&file), expected, "{}", file.display());
    }
}

#[test]
fn a_new_folder_and_its_files_are_their_owners_alone() {
    let folder = folder();
    let inventory = folder.path().join(".physical-keys");
    let server = Server::start(&["serve", "--port", "0"], folder.path());
    for file in ["inventory.sqlite", "signing-key", "access-key-id", "demo-api-key", "endpoint"] {
        assert!(inventory.join(file).is_file(), "{file}");
    }
    check_closed(&inventory);
    server.interrupt();
}

#[test]
fn a_folder_that_was_open_to_others_is_closed() {
    let folder = folder();
    let inventory = folder.path().join(".physical-keys");
    Server::start(&["serve", "--port", "0"], folder.path()).interrupt();
    for file in fs::read_dir(&inventory).unwrap().map(|entry| entry.unwrap().path()) {
        open_to_all(&file);
    }
    open_to_all(&inventory);

    let server = Server::start(&["serve", "--port", "0"], folder.path());
    check_closed(&inventory);
    server.interrupt();
}

#[test]
fn a_folder_that_another_process_is_just_making_is_an_inventorys() {
    let folder = folder();
    fs::write(folder.path().join(".gitignore"), "*\n").unwrap();
    let ran = run(&["table", "create", "--data", folder.path().to_str().unwrap()], folder.path(), &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    check_closed(folder.path());
}

#[test]
fn a_folder_of_other_things_is_left_as_it_is() {
    let folder = folder();
    fs::write(folder.path().join("letter.txt"), "Dear").unwrap();
    open_to_all(folder.path());
    let data = folder.path().to_str().unwrap();
    for command in
        [&["token", "--user", "alice"][..], &["org", "register", "acme"], &["serve", "--port", "0"]]
    {
        let arguments: Vec<_> = command.iter().chain(&["--data", data]).copied().collect();
        let ran = run(&arguments, folder.path(), &[]);
        assert_eq!(ran.code, Some(1), "{command:?}");
        let expected = format!(
            "The folder {data} holds other things than an inventory; choose another one with --data.\n"
        );
        assert_eq!(ran.stderr, expected);
    }
    assert_eq!(mode(folder.path()), 0o755);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
