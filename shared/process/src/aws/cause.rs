//! Why a call failed, for the log. Pure.

use std::error::Error;

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::never_sent;

/// The cause in words. Of a service's own errors it is the code: their messages may quote what they were sent. Of what was never sent it
/// is what was lacking.
#[must_use]
pub fn cause<E, R>(error: &SdkError<E, R>) -> String
where
    E: ProvideErrorMetadata + Error + 'static,
    R: std::fmt::Debug,
{
    if let SdkError::ServiceError(service) = error {
        return service.err().code().unwrap_or("an answer that names no error").to_owned();
    }
    if let Some(words) = never_sent(error) {
        return words;
    }
    let beneath = error.source().into_iter().flat_map(causes).map(ToString::to_string);
    std::iter::once(error.to_string()).chain(beneath).collect::<Vec<_>>().join(": ")
}

/// An error, and what is beneath it, down to the deepest.
pub fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |cause| (*cause).source())
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::error::ErrorMetadata;

    use super::*;

    /// An error of some service.
    #[derive(Debug)]
    struct OfService(ErrorMetadata);

    impl std::fmt::Display for OfService {
        fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            std::fmt::Display::fmt(&self.0, formatter)
        }
    }

    impl Error for OfService {}

    impl ProvideErrorMetadata for OfService {
        fn meta(&self) -> &ErrorMetadata {
            &self.0
        }
    }

    #[test]
    fn a_services_error_is_its_code_and_not_what_it_quotes() {
        let metadata = ErrorMetadata::builder().code("ValidationException").message("the value 'Front door'");
        let error = SdkError::service_error(OfService(metadata.build()), ());
        assert_eq!(cause(&error), "ValidationException");
        let nameless = SdkError::service_error(OfService(ErrorMetadata::builder().build()), ());
        assert_eq!(cause(&nameless), "an answer that names no error");
    }

    #[test]
    fn another_error_is_told_down_to_its_source() {
        let refused = std::io::Error::other("connection refused");
        let error: SdkError<OfService, ()> = SdkError::timeout_error(refused);
        assert_eq!(cause(&error), "request has timed out: connection refused");
    }
}
