//! What certainly never left this process. Pure.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use hyper_util::client::legacy;

use super::causes;

/// Why nothing of a request was sent, if that is certain of its last attempt: there were no credentials to sign it with, or no
/// connection to send it on (its name could not be resolved, its host refused, TLS was not agreed on).
///
/// Whatever breaks on a connection that was there is not certain, whatever it is called: an error of input and output, a time-out, a
/// connection that was closed. Neither is what is not known here.
#[must_use]
pub fn never_sent<E, R>(error: &SdkError<E, R>) -> Option<String> {
    let SdkError::DispatchFailure(failure) = error else { return None };
    let connector = failure.as_connector_error()?;
    let mut causes = causes(connector);
    let what = causes.find_map(|cause| {
        if cause.is::<CredentialsError>() {
            Some("no credentials")
        } else {
            is_without_connection(cause).then_some("no connection")
        }
    })?;
    Some(match causes.last() {
        Some(deepest) => format!("{what}: {deepest}"),
        None => what.to_owned(),
    })
}

/// Whether a connector failed because there was no connection to send the request by.
pub(super) fn had_no_connection(error: &ConnectorError) -> bool {
    causes(error).any(is_without_connection)
}

fn is_without_connection(cause: &(dyn Error + 'static)) -> bool {
    cause.downcast_ref::<legacy::Error>().is_some_and(legacy::Error::is_connect)
}
