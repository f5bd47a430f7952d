//! `page`: the page for key managers, as files for a host of static files.

use std::path::Path;

use process::environment::of_process;

use crate::arguments::page::PageArguments;
use crate::output::{Failure, print_line};
use crate::pages::keys::{Configuration, FILES, KeysPage};

/// Writes the page, and prints the header that its host should send with every file.
pub(crate) fn page(arguments: PageArguments) -> Result<(), Failure> {
    let configuration = Configuration::read(arguments.api, &arguments.sign_in, of_process)?;
    let page = KeysPage::of(&configuration)?;
    let texts = FILES.iter().map(|(_, name, text)| (*name, *text));
    for (name, text) in std::iter::once(("index.html", page.html.as_str())).chain(texts) {
        write(&arguments.folder.join(name), text)?;
    }
    eprintln!(
        "The page is in {}. Its host should send this header with each file:",
        arguments.folder.display()
    );
    print_line(format!("Content-Security-Policy: {}", page.policy.to_str().unwrap_or_default()))
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let folder = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    folder
        .and_then(|()| std::fs::write(path, text))
        .map_err(|error| Failure::because(format!("{} cannot be written", path.display()), error))
}
