//! Which keys sign an export of this machine, and `audit key`.

use std::path::{Path, PathBuf};

use aws_config::SdkConfig;
use data_encoding::HEXLOWER;
use domain::values::{Origin, VerifierKey};
use export_audit::signing::{KeyFile, KmsKey, SigningKey, SigningKeys};
use local_inventory::kms::LocalKms;
use process::chance::Chance;
use store::Done;

use crate::arguments::audit::{
    ExportArguments, KeyArguments, KeyCommand, SigningArguments, VerifierKeyArguments,
};
use crate::arguments::{OperatorArguments, StoreArguments};
use crate::aws::aws;
use crate::folder::Folder;
use crate::organisations::open_operator;
use crate::output::{Failure, print_line};
use crate::store::{Store, local_folder};

/// The file of the signing key in the folder of a local inventory.
const AUDIT_SIGNING_KEY: &str = "audit-signing-key";

/// `audit key` and what follows it.
pub(super) async fn key(arguments: KeyArguments) -> Result<(), Failure> {
    match arguments.command {
        None => print(&arguments.signing, &arguments.data).await,
        Some(KeyCommand::Rotate { verifier_key, operator }) => rotate(&verifier_key, operator).await,
        Some(KeyCommand::Replace { verifier_key, data }) => replace(&verifier_key, &data).await,
    }
}

/// The keys that an export of this machine is signed by.
pub(super) async fn signing_keys(arguments: &ExportArguments) -> Result<SigningKeys, Failure> {
    let ExportArguments { signing, verifier_key, next_signing_key, next_verifier_key, data, .. } = arguments;
    let place = place(signing, data)?;
    // A file that was named is there, or was mistyped.
    if signing.signing_key.is_none() {
        key_file(Path::new(&place), signing.origin.as_ref())?;
    }
    let first = open(&place, verifier_key.as_deref()).await?;
    let next = match next_signing_key {
        Some(place) => Some(open(place, next_verifier_key.as_deref()).await?),
        None => None,
    };
    SigningKeys::new(first, next).map_err(|fault| unusable(&fault))
}

/// Prints the verifier key of a signing key.
async fn print(arguments: &SigningArguments, data: &StoreArguments) -> Result<(), Failure> {
    let place = place(arguments, data)?;
    let verifier_key = match (KmsKey::is_named(&place), &arguments.origin) {
        (false, origin) => key_file(Path::new(&place), origin.as_ref())?.verifier_key().clone(),
        (true, Some(origin)) => {
            let public_key = KmsKey::over(&aws().await?.environment, &place).verifier_key(origin).await;
            public_key.map_err(|fault| unusable(&fault))?
        }
        (true, None) => {
            return Err(Failure(
                "A signing key in KMS has no name of its own: say the log's with --origin.".to_owned(),
            ));
        }
    };
    print_line(verifier_key.to_string())
}

/// Records in the log's own history that another key is to sign it.
async fn rotate(
    VerifierKeyArguments { verifier_key }: &VerifierKeyArguments,
    arguments: OperatorArguments,
) -> Result<(), Failure> {
    let (store, operator) = open_operator(arguments).await?;
    let origin = origin(&store).await?;
    let done = store.table.change_signing_key(&origin, verifier_key, &operator).await;
    let key = verifier_key.short();
    match done.map_err(|fault| Failure::because("The signing key was not changed", fault))? {
        Done::Now => {
            eprintln!(
                "{key} signs the hours after this one. Until this hour is exported, the export needs both signing keys."
            );
        }
        Done::Before => eprintln!("{key} was to sign the log already."),
    }
    store.close().await
}

/// Notes that another key signs from the next hour on, because the one before is lost.
async fn replace(
    VerifierKeyArguments { verifier_key }: &VerifierKeyArguments,
    data: &StoreArguments,
) -> Result<(), Failure> {
    let store = Store::open(data).await?;
    let origin = origin(&store).await?;
    let done = store.table.replace_signing_key(&origin, verifier_key).await;
    let key = verifier_key.short();
    match done.map_err(|fault| Failure::because("The signing key was not replaced", fault))? {
        Some(Done::Now) => eprintln!(
            "{key} signs from the next hour on. No event says so, because the lost key cannot sign one: whoever verifies has to be \
             told the new verifier key by you."
        ),
        Some(Done::Before) => eprintln!("{key} signs the next hour already."),
        None => {
            return Err(Failure(
                "No hour was exported yet: configure the export with the new signing key.".to_owned(),
            ));
        }
    }
    store.close().await
}

/// What stands in for KMS under `sam local`: it signs with the key of the local inventory's folder.
pub(crate) fn local_kms(folder: &Folder) -> Result<(VerifierKey, LocalKms), Failure> {
    let file = key_file(&folder.path().join(AUDIT_SIGNING_KEY), None)?;
    let verifier_key = file.verifier_key().clone();
    let kms = LocalKms::new(*verifier_key.public_key(), move |message| file.sign(message));
    Ok((verifier_key, kms))
}

async fn origin(store: &Store) -> Result<Origin, Failure> {
    let origin = store.table.origin().await;
    let origin = origin.map_err(|fault| Failure::because("The log's name cannot be read", fault))?;
    let none = || Failure("This inventory was never exported: it has no log yet.".to_owned());
    origin.ok_or_else(none)
}

async fn open(place: &str, verifier_key: Option<&str>) -> Result<SigningKey, Failure> {
    let nothing = SdkConfig::builder().build();
    let environment = if KmsKey::is_named(place) { &aws().await?.environment } else { &nothing };
    SigningKey::open(place, verifier_key, environment).map_err(|fault| unusable(&fault))
}

/// The signing key in a file, which is made if it is not there.
fn key_file(path: &Path, origin: Option<&Origin>) -> Result<KeyFile, Failure> {
    let chance = Chance::system();
    let new = format!("local/{}", HEXLOWER.encode(&chance.bytes::<8>()));
    let new = match origin {
        Some(origin) => origin.clone(),
        None => new.parse().map_err(|fault| unusable(&fault))?,
    };
    let file = KeyFile::read_or_create(path, &new, chance.bytes()).map_err(|fault| unusable(&fault))?;
    match origin.filter(|origin| *origin != file.verifier_key().name()) {
        None => Ok(file),
        Some(origin) => Err(Failure(format!(
            "The signing key in {} is of {}, and not of {origin}.",
            path.display(),
            file.verifier_key().name()
        ))),
    }
}

/// Where the signing key is: as it is given, or in the folder of the local inventory.
fn place(arguments: &SigningArguments, data: &StoreArguments) -> Result<String, Failure> {
    if let Some(place) = &arguments.signing_key {
        return Ok(place.clone());
    }
    let none = || Failure("Say where the signing key is, with --signing-key.".to_owned());
    let folder: PathBuf = local_folder(data)?.ok_or_else(none)?;
    Folder::there(&folder)?;
    Ok(folder.join(AUDIT_SIGNING_KEY).display().to_string())
}

fn unusable(fault: &dyn std::fmt::Display) -> Failure {
    Failure::because("The signing key cannot be used", fault)
}
