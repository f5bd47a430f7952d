//! The profile of the AWS configuration that credentials and region come from, and what it says where they do not.

use std::error::Error;

use aws_config::profile::ProfileSet;
use aws_credential_types::provider::error::CredentialsError;
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_sdk_sso::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sso::operation::get_role_credentials::GetRoleCredentialsError;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_sdk_sts::operation::assume_role_with_web_identity::AssumeRoleWithWebIdentityError;
use aws_types::os_shim_internal::{Env, Fs};
use process::aws::{cause, causes};

use crate::output::Failure;

/// What the library says before what an external program said.
const OF_PROGRAMS: [&str; 3] = [
    "Error retrieving credentials from external process: ",
    "Error retrieving credentials from external process, ",
    "Error retrieving credentials: ",
];
/// A longer chain of profiles is a circle.
const MOST_SOURCES: usize = 10;

/// The profile that was chosen, by `AWS_PROFILE` or by nobody.
#[derive(Debug)]
pub(super) struct Profile {
    name: String,
    all: ProfileSet,
}

impl Profile {
    /// Reads the configuration. A profile that was named and is not there was mistyped.
    pub(super) async fn load() -> Result<Self, Failure> {
        let (env, files) = (Env::real(), EnvConfigFiles::default());
        let all = aws_config::profile::load(&Fs::real(), &env, &files, None).await;
        let all =
            all.map_err(|fault| Failure::because("The AWS configuration cannot be read", deepest(&fault)))?;
        let name = all.selected_profile().to_owned();
        if all.get_profile(&name).is_none() && env.get("AWS_PROFILE").is_ok() {
            return Err(Failure(format!("There is no profile {name} in the AWS configuration.")));
        }
        Ok(Self { name, all })
    }

    pub(super) fn no_region(&self) -> Failure {
        Failure(format!(
            "It is not known which AWS region to use: neither AWS_REGION nor the profile {} says it.",
            self.name
        ))
    }

    /// Why there are no credentials, and what mends it.
    pub(super) fn no_credentials(&self, fault: &CredentialsError) -> Failure {
        let name = &self.name;
        if let Some(failure) = self.refused_by_sso(fault).or_else(|| refused_by_sts(fault)) {
            return failure;
        }
        if matches!(fault, CredentialsError::CredentialsNotLoaded(_)) {
            return Failure(format!(
                "There are no AWS credentials: not in variables, not in the profile {name}, not on this machine. Choose another profile \
                 with AWS_PROFILE, or sign in."
            ));
        }
        if self.has("sso_session") || self.has("sso_start_url") {
            return self.signed_out();
        }
        if self.has("login_session") {
            return Failure(format!(
                "The profile {name} signs in with `aws login`, which is not known here: choose one whose credential_process is `aws configure \
                 export-credentials --profile {name} --format process`."
            ));
        }
        let mut why = deepest(fault);
        if self.all.get_profile(name).is_none() {
            return Failure::because("There are no AWS credentials", why);
        }
        if self.has("credential_process") {
            for prefix in OF_PROGRAMS {
                why = why.strip_prefix(prefix).map(ToOwned::to_owned).unwrap_or(why);
            }
            return Failure::because(
                format!("The credential_process of the profile {name} gave no credentials"),
                why,
            );
        }
        Failure::because(format!("The profile {name} gives no AWS credentials"), why)
    }

    fn signed_out(&self) -> Failure {
        let name = &self.name;
        let of_profile = if name == "default" { String::new() } else { format!(" --profile {name}") };
        Failure(format!(
            "The profile {name} is signed in with SSO no longer: `aws sso login{of_profile}` signs it in."
        ))
    }

    /// What the portal of SSO answered, if it was asked.
    fn refused_by_sso(&self, fault: &CredentialsError) -> Option<Failure> {
        let error = find::<SdkError<GetRoleCredentialsError>>(fault)?;
        let name = &self.name;
        Some(match error.as_service_error() {
            Some(refusal) if refusal.is_unauthorized_exception() => self.signed_out(),
            Some(refusal) => {
                Failure::because(format!("SSO gives the profile {name} no credentials"), said(refusal))
            }
            None => Failure::because(
                format!("SSO cannot be asked for the credentials of the profile {name}"),
                cause(error),
            ),
        })
    }

    /// Whether the profile, or one that it takes its credentials from, has a property.
    fn has(&self, property: &str) -> bool {
        let next = |profile: &&str| self.all.get_profile(profile)?.get("source_profile");
        let mut profiles = std::iter::successors(Some(self.name.as_str()), next).take(MOST_SOURCES);
        profiles.any(|name| self.all.get_profile(name).is_some_and(|profile| profile.get(property).is_some()))
    }
}

/// What STS answered, if it was asked.
fn refused_by_sts(fault: &CredentialsError) -> Option<Failure> {
    let role = find::<SdkError<AssumeRoleError>>(fault)
        .map(|error| error.as_service_error().map_or_else(|| cause(error), said));
    let role = role.or_else(|| {
        let error = find::<SdkError<AssumeRoleWithWebIdentityError>>(fault)?;
        Some(error.as_service_error().map_or_else(|| cause(error), said))
    });
    role.map(|why| Failure::because("STS does not give the role's credentials", why))
}

/// What a service said, which is to the operator and about the operator.
fn said(refusal: &impl ProvideErrorMetadata) -> String {
    let code = refusal.code().unwrap_or("an answer that names no error");
    match refusal.message() {
        Some(message) => format!("{code}, {}", one_line(message)),
        None => code.to_owned(),
    }
}

/// The error of this type that led to another one.
fn find<E: Error + 'static>(fault: &CredentialsError) -> Option<&E> {
    causes(fault).find_map(|cause| cause.downcast_ref())
}

/// The last cause, in one line.
fn deepest(fault: &(dyn Error + 'static)) -> String {
    one_line(&causes(fault).last().unwrap_or(fault).to_string())
}

fn one_line(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    text.trim_end_matches('.').to_owned()
}
