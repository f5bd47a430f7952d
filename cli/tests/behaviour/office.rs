//! A server, a folder to work in, and the credentials of a service of the demo organisation.

use std::path::Path;
use std::process::{Child, Stdio};

use tempfile::TempDir;

use crate::program::{Run, Server, folder, program, run, start};

pub(crate) struct Office {
    pub(crate) server: Server,
    folder: TempDir,
    pub(crate) environment: Vec<(&'static str, String)>,
}

impl Office {
    pub(crate) fn open() -> Self {
        let folder = folder();
        let server = Server::start(&["--port", "0"], folder.path());
        let token = run(&["token", "--org", "demo-org"], folder.path(), &[]).stdout;
        let environment = vec![
            ("PHYSICAL_KEYS_API", server.address()),
            ("PHYSICAL_KEYS_TOKEN", token.trim_end().to_owned()),
            ("PHYSICAL_KEYS_API_KEY", server.api_key()),
        ];
        Self { server, folder, environment }
    }

    /// The same, but what is sent to this address.
    pub(crate) fn through(&self, address: &str) -> Vec<(&'static str, String)> {
        let mut environment = self.environment.clone();
        address.clone_into(&mut environment[0].1);
        environment
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    /// A file of so many rows for seven users, `Key 0`, `Key 1`, …
    pub(crate) fn write_rows(&self, name: &str, rows: usize) {
        let rows: Vec<_> = (0..rows).map(|row| format!("user-{},Key {row}\n", row % 7)).collect();
        self.write(name, format!("user,note\n{}", rows.concat()));
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap()
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        run(arguments, self.path(), &self.environment)
    }

    pub(crate) fn import(&self, arguments: &[&str]) -> Run {
        self.run(&[&["import", "--org", "demo-org"], arguments].concat())
    }

    /// An import that is left running.
    pub(crate) fn start_import(&self, arguments: &[&str]) -> Child {
        start(&[&["import", "--org", "demo-org"], arguments].concat(), self.path(), &self.environment)
    }

    /// The same, and what it says can be read.
    pub(crate) fn import_with_words(&self, arguments: &[&str]) -> Child {
        let mut import = program(&[&["import", "--org", "demo-org"], arguments].concat(), self.path());
        import.envs(self.environment.iter().cloned()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// All that the demo organisation has out, a line each.
    pub(crate) fn exported(&self) -> Vec<String> {
        let exported = self.run(&["export", "--org", "demo-org", "--format", "ndjson"]);
        assert_eq!(exported.code, Some(0), "{}", exported.stderr);
        exported.stdout.lines().map(str::to_owned).collect()
    }

    /// Takes a physical key back.
    pub(crate) fn remove(&self, user: &str, number: u64) {
        let headers = [
            &format!("Authorization: Bearer {}", self.environment[1].1),
            &format!("X-API-Key: {}", self.environment[2].1),
            "Content-Type: application/json",
        ];
        let path = format!("users/{user}/RemovePhysicalKey");
        let reply = self.server.send(&path, &headers, &format!("{{\"number\":{number}}}"));
        assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    }
}

/// What is said last, without the file of the results.
pub(crate) fn last_line(run: &Run) -> &str {
    let last = run.stderr.lines().last().unwrap_or_default();
    last.split_once("; see ").map_or(last, |(counts, _)| counts)
}
