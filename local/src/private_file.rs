//! Files for their owner's eyes only, also where they were there before with wider permissions.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Writes a file that only its owner can read. What was there before is replaced.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    let mut file = open(options, path)?;
    restrict(&file)?;
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
            let mut options = OpenOptions::new();
            options.write(true).create_new(true);
            open(options, path)?.write_all(&bytes)?;
            Ok(bytes)
        }
        Err(error) => Err(error.into()),
    }
}

/// Makes an empty file if there is none, so that whoever opens it by its name finds one that only its owner can read.
pub fn ensure(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    restrict(&open(options, path)?)
}

#[cfg(unix)]
fn open(mut options: OpenOptions, path: &Path) -> io::Result<File> {
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(not(unix))]
fn open(options: OpenOptions, path: &Path) -> io::Result<File> {
    options.open(path)
}

/// The mode of `open` is for new files only.
#[cfg(unix)]
fn restrict(file: &File) -> io::Result<()> {
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))
}

#[cfg(not(unix))]
fn restrict(_: &File) -> io::Result<()> {
    Ok(())
}
