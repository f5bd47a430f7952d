//! A folder of this machine. Its files and folders are their owner's alone, and on the disk when they are said to be written.

use std::ffi::OsStr;
use std::fs::{DirBuilder, DirEntry, File, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use tempfile::NamedTempFile;
use tokio::task::spawn_blocking;

use super::ArchiveFault;

/// The folders that an export makes, by name and by how the names of hours begin: what else is there is named, and not entered.
const OWN_FOLDERS: [&str; 4] = ["events", "log", "table", "tile"];
const OF_HOURS: [&str; 2] = ["date=", "hour="];
/// What a file is called before it has its name. Query engines pass over names that begin with a dot.
const UNFINISHED: (&str, &str) = (".", ".unfinished");

/// A folder that files are written to once.
#[derive(Debug, Clone)]
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) const fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Writes a file unless it is there. Gives whether it was written.
    pub(super) async fn create(&self, path: &str, bytes: Bytes) -> Result<bool, ArchiveFault> {
        let (file, name) = (self.0.join(path), path.to_owned());
        blocking(move || create(&file, &bytes).map_err(|error| ArchiveFault::File(name, error))).await
    }

    /// The bytes of a file, at most so many, if it is there.
    pub(super) async fn read(&self, path: &str, most: u64) -> Result<Option<Bytes>, ArchiveFault> {
        let (file, name) = (self.0.join(path), path.to_owned());
        blocking(move || read(&file, name, most)).await
    }

    /// Puts bytes in the place of a file that still has these. Gives whether it had.
    pub(super) async fn replace(&self, path: &str, were: Bytes, bytes: Bytes) -> Result<bool, ArchiveFault> {
        let (file, name) = (self.0.join(path), path.to_owned());
        blocking(move || replace(&file, &name, &were, &bytes)).await
    }

    /// Every file, by its path below the folder; a foreign folder by its own, which ends with a slash.
    pub(super) async fn list(&self) -> Result<Vec<String>, ArchiveFault> {
        let root = self.0.clone();
        blocking(move || {
            let mut found = Vec::new();
            let faulty = |error| ArchiveFault::File(root.display().to_string(), error);
            match list(&root, "", &mut found) {
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
                listed => listed.map(|()| found).map_err(faulty),
            }
        })
        .await
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ArchiveFault> + Send + 'static,
) -> Result<T, ArchiveFault> {
    let ended = |error| ArchiveFault::File("the folder".to_owned(), std::io::Error::other(error));
    spawn_blocking(work).await.map_err(ended)?
}

fn create(path: &Path, bytes: &[u8]) -> std::io::Result<bool> {
    if path.symlink_metadata().is_ok() {
        return Ok(false);
    }
    let folder = path.parent().unwrap_or(path);
    make(folder)?;
    match unfinished(folder, bytes)?.persist_noclobber(path) {
        Ok(_) => sync(folder).map(|()| true),
        Err(failed) if failed.error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(failed) => Err(without_a_name(failed.error)),
    }
}

/// A file without its name yet, for its owner only, whose bytes are on the disk. What killed runs left in its folder is removed first.
fn unfinished(folder: &Path, bytes: &[u8]) -> std::io::Result<NamedTempFile> {
    remove_leftovers(folder);
    let (before, after) = UNFINISHED;
    let mut file = loop {
        let file = tempfile::Builder::new().prefix(before).suffix(after).tempfile_in(folder)?;
        if is_ours(&file) {
            break file;
        }
    };
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Whether a file that was just made is ours to write. It is locked from now on until it has its name or is gone: the lock ends with
/// the process, so that one without a lock is nobody's.
///
/// Between the file's making and its lock, somebody may have found it to be nobody's. They have it locked then, or have removed it
/// already; what we have locked and still find under its name, nobody removes any more. Where a file system has no locks, nobody gets
/// one, and nothing is removed.
fn is_ours(file: &NamedTempFile) -> bool {
    match file.as_file().try_lock() {
        Ok(()) => file.path().symlink_metadata().is_ok(),
        Err(TryLockError::WouldBlock) => false,
        Err(TryLockError::Error(_)) => true,
    }
}

/// Removes what is nobody's: files without a name yet that can be locked. It stays locked until it is removed, so that whoever made it a
/// moment ago sees that it is gone ([`is_ours`]). One that got its name meanwhile has no other, and there is nothing to be removed; and
/// no other file gets its name from before, which is one of fifty thousand million. If anything fails, it is left for the next time.
#[expect(clippy::disallowed_methods, reason = "It is called where blocking is allowed.")]
fn remove_leftovers(folder: &Path) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    // A pipe would be waited for, and a link leads out of the folder.
    let is_file = |entry: &DirEntry| entry.file_type().is_ok_and(|kind| kind.is_file());
    for entry in entries.filter(|entry| is_unfinished(entry) && is_file(entry)) {
        if let Ok(file) = File::open(entry.path())
            && file.try_lock().is_ok()
        {
            drop(std::fs::remove_file(entry.path()));
        }
    }
}

/// Whoever replaces a file has its folder locked: of several at once, one finds it as it was.
#[expect(clippy::disallowed_methods, reason = "It is called where blocking is allowed.")]
fn replace(path: &Path, name: &str, were: &[u8], bytes: &[u8]) -> Result<bool, ArchiveFault> {
    let faulty = |error| ArchiveFault::File(name.to_owned(), error);
    let folder = path.parent().unwrap_or(path);
    let locked = File::open(folder).map_err(faulty)?;
    locked.lock().map_err(faulty)?;
    if read(path, name.to_owned(), were.len() as u64)?.as_deref() != Some(were) {
        return Ok(false);
    }
    let file = unfinished(folder, bytes).map_err(faulty)?;
    file.persist(path).map_err(|failed| faulty(failed.error))?;
    sync(folder).map_err(faulty)?;
    Ok(true)
}

/// A file gets its name without taking the place of another by a rename that does not replace, or else by a hard link.
fn without_a_name(error: std::io::Error) -> std::io::Error {
    match error.kind() {
        ErrorKind::Unsupported | ErrorKind::InvalidInput | ErrorKind::PermissionDenied => {
            std::io::Error::new(
                error.kind(),
                format!(
                    "{error}; its file system has to know hard links, or renames that replace nothing: without them two \
                     exports at the same time could overwrite each other"
                ),
            )
        }
        _ => error,
    }
}

/// Makes a folder and those that it is in, for their owner only, each synced with the one that it is in.
fn make(folder: &Path) -> std::io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent {
        make(parent)?;
    }
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(folder) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        Err(error) => Err(error),
        Ok(()) => parent.map_or(Ok(()), sync),
    }
}

#[expect(clippy::disallowed_methods, reason = "It is called where blocking is allowed.")]
fn sync(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

#[expect(clippy::disallowed_methods, reason = "It is called where blocking is allowed.")]
fn read(path: &Path, name: String, most: u64) -> Result<Option<Bytes>, ArchiveFault> {
    match path.symlink_metadata() {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(ArchiveFault::File(name, error)),
        // A pipe would be waited for, and a link leads out of the folder.
        Ok(metadata) if !metadata.is_file() => return Err(ArchiveFault::NotAFile(name)),
        Ok(metadata) if metadata.len() > most => return Err(ArchiveFault::TooLarge(name, most)),
        Ok(_) => {}
    }
    let mut bytes = Vec::new();
    let reading = File::open(path).and_then(|file| file.take(most + 1).read_to_end(&mut bytes));
    match reading {
        Err(error) => Err(ArchiveFault::File(name, error)),
        Ok(_) if bytes.len() as u64 > most => Err(ArchiveFault::TooLarge(name, most)),
        Ok(_) => Ok(Some(bytes.into())),
    }
}

fn list(folder: &Path, below: &str, found: &mut Vec<String>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = format!("{below}{}", entry.file_name().display());
        match entry.file_type()? {
            kind if kind.is_dir() && is_own(&entry.file_name()) => list(&entry.path(), &(path + "/"), found)?,
            kind if kind.is_dir() => found.push(path + "/"),
            // One that is being written, or that a run left behind which was killed.
            _ if is_unfinished(&entry) => {}
            _ => found.push(path),
        }
    }
    Ok(())
}

fn is_own(folder: &OsStr) -> bool {
    folder.to_str().is_some_and(|name| {
        OWN_FOLDERS.contains(&name)
            || OF_HOURS.iter().any(|begin| name.starts_with(begin))
            || is_of_tiles(name)
    })
}

/// Whether a folder may be one of tiles: a level or a part of a number, `3`, `x001` or `067.p`.
fn is_of_tiles(folder: &str) -> bool {
    let digits = folder.strip_prefix('x').unwrap_or(folder);
    let digits = digits.strip_suffix(".p").unwrap_or(digits);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_unfinished(entry: &DirEntry) -> bool {
    let (before, after) = UNFINISHED;
    entry.file_name().to_str().is_some_and(|name| name.starts_with(before) && name.ends_with(after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let name = |entry: std::io::Result<DirEntry>| entry.unwrap().file_name().into_string().unwrap();
        let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(name).collect();
        names.sort_unstable();
        names
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "Nobody waits for a test.")]
    fn what_a_killed_run_left_is_removed_and_what_somebody_writes_is_not() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("log");
        std::fs::create_dir_all(folder.join(".folder.unfinished")).unwrap();
        for name in [".left.unfinished", ".written.unfinished", ".hidden", "named.unfinished"] {
            std::fs::write(folder.join(name), "begun").unwrap();
        }
        let written = File::open(folder.join(".written.unfinished")).unwrap();
        written.lock().unwrap();
        let all_but_left =
            [".folder.unfinished", ".hidden", ".written.unfinished", "checkpoint", "named.unfinished"];
        assert!(create(&folder.join("checkpoint"), b"1").unwrap());
        assert_eq!(names(&folder), all_but_left);
        let mut listed = Vec::new();
        list(root.path(), "", &mut listed).unwrap();
        listed.sort_unstable();
        assert_eq!(
            listed,
            ["log/.folder.unfinished/", "log/.hidden", "log/checkpoint", "log/named.unfinished"]
        );
        drop(written);
        assert!(replace(&folder.join("checkpoint"), "checkpoint", b"1", b"2").unwrap());
        assert_eq!(names(&folder), [".folder.unfinished", ".hidden", "checkpoint", "named.unfinished"]);
    }

    #[test]
    fn of_many_who_write_at_once_nobody_loses_a_file() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path();
        std::thread::scope(|scope| {
            for writer in 0..8 {
                scope.spawn(move || {
                    for number in 0..100 {
                        let (path, bytes) = (folder.join(format!("{writer}-{number}")), [writer; 9]);
                        assert!(create(&path, &bytes).unwrap(), "{}", path.display());
                    }
                });
            }
        });
        assert_eq!(names(folder).len(), 800);
        for writer in 0..8 {
            let read = |number| read(&folder.join(format!("{writer}-{number}")), String::new(), 9).unwrap();
            assert!((0..100).all(|number| read(number).as_deref() == Some(&[writer; 9])));
        }
    }
}
