//! `shell-files`: completions that a shell can use, and a page for every command.

use std::path::Path;
use std::process::Command;

use crate::program::{folder, run};

/// The commands that `--help` names, below these.
fn commands(above: &[&str]) -> Vec<String> {
    let help = run(&[above, &["--help"]].concat(), Path::new("."), &[]).stdout;
    let Some((_, listed)) = help.split_once("\nCommands:\n") else { return Vec::new() };
    let names = listed.lines().take_while(|line| !line.is_empty());
    let names = names.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next().map(str::to_owned));
    names.filter(|name| name != "help").collect()
}

/// What bash offers after these words, the last of which is being typed.
fn offered(script: &Path, words: &[&str]) -> Vec<String> {
    let quoted: Vec<_> = words.iter().map(|word| format!("'{word}'")).collect();
    let [.., before, last] = words else { panic!("{words:?}") };
    let bash = format!(
        "source '{}'\nCOMP_WORDS=({})\nCOMP_CWORD={}\n_physical__keys physical-keys '{last}' '{before}'\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"",
        script.display(),
        quoted.join(" "),
        words.len() - 1
    );
    let output = Command::new("bash").args(["--norc", "-c", &bash]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_options_and_values() {
    let folder = folder();
    let written = run(&["shell-files", "share"], folder.path(), &[]);
    let said = "Completions of bash, zsh and fish and the man pages are below share.\n";
    assert_eq!((written.code, written.stdout.as_str(), written.stderr.as_str()), (Some(0), "", said));
    let script = folder.path().join("share/bash-completion/completions/physical-keys");
    assert_eq!(offered(&script, &["physical-keys", "take"]), ["take-back"]);
    assert_eq!(offered(&script, &["physical-keys", "audit", "ver"]), ["verify"]);
    assert_eq!(offered(&script, &["physical-keys", "take-back", "--nu"]), ["--number"]);
    assert_eq!(
        offered(&script, &["physical-keys", "serve", "--required-credentials", ""]),
        ["both", "either"]
    );
    for file in ["zsh/site-functions/_physical-keys", "fish/vendor_completions.d/physical-keys.fish"] {
        let text = std::fs::read_to_string(folder.path().join("share").join(file)).unwrap();
        for name in ["take-back", "shell-files", "idempotency-key"] {
            assert!(text.contains(name), "{file}: {name}");
        }
    }
    assert_eq!(
        run(&["shell-files", "share"], folder.path(), &[]).code,
        Some(0),
        "once more over what is there"
    );
}

#[test]
fn every_command_has_a_page() {
    let folder = folder();
    assert_eq!(run(&["shell-files", "."], folder.path(), &[]).code, Some(0));
    let pages = folder.path().join("man/man1");
    let mut expected = vec!["physical-keys.1".to_owned()];
    for name in commands(&[]) {
        expected.push(format!("physical-keys-{name}.1"));
        for below in commands(&[&name]) {
            expected.push(format!("physical-keys-{name}-{below}.1"));
            expected.extend(
                commands(&[&name, &below])
                    .iter()
                    .map(|last| format!("physical-keys-{name}-{below}-{last}.1")),
            );
        }
    }
    assert!(expected.len() > 35, "{expected:?}");
    for page in &expected {
        let text =
            std::fs::read_to_string(pages.join(page)).unwrap_or_else(|error| panic!("{page}: {error}"));
        for part in [".TH physical-keys", ".SH NAME", ".SH SYNOPSIS", ".SH DESCRIPTION"] {
            assert!(text.contains(part), "{page}: {part}");
        }
    }
}
