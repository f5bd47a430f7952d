//! Files and folders for their owner's eyes only, also where they were there before with wider permissions.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Makes a folder that only its owner can use, or closes one that is there to everybody else.
pub fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)?;
    restrict(path, 0o700)
}

/// Closes the files of a folder to everybody but its owner.
pub fn close_files(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        // A file that another process has just deleted, SQLite's log say, has nothing to be closed.
        match entry.file_type()?.is_file().then(|| restrict(&entry.path(), 0o600)) {
            Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Writes a file that only its owner can read. What was there before is replaced.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = options().write(true).create(true).truncate(true).open(path)?;
    restrict(path, 0o600)?;
    file.write_all(bytes)
}

/// The bytes of a file, which is made of `new` if it is not there.
pub fn read_or_create<E: From<io::Error>>(
    path: &Path,
    new: impl FnOnce() -> Result<Vec<u8>, E>,
) -> Result<Vec<u8>, E> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let bytes = new()?;
            options().write(true).create_new(true).open(path)?.write_all(&bytes)?;
            Ok(bytes)
        }
        Err(error) => Err(error.into()),
    }
}

/// Makes an empty file if there is none, so that whoever opens it by its name finds one that only its owner can read.
pub fn ensure(path: &Path) -> io::Result<()> {
    options().append(true).create(true).open(path)?;
    restrict(path, 0o600)
}

/// How files are opened: one that is new has the mode from its first moment.
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(unix)]
fn restrict(path: &Path, mode: u32) -> io::Result<()> {
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode))
}

#[cfg(not(unix))]
fn restrict(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}
