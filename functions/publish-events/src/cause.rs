//! Why a call failed, for the log. Pure.

use std::error::Error;

use aws_sdk_eventbridge::error::{ProvideErrorMetadata, SdkError};

/// The cause in words. Of a service's own errors it is the code: their messages may quote what they were sent.
pub(crate) fn cause<E, R>(error: &SdkError<E, R>) -> String
where
    E: ProvideErrorMetadata + Error + 'static,
    R: std::fmt::Debug,
{
    if let SdkError::ServiceError(service) = error {
        return service.err().code().unwrap_or("an answer that names no error").to_owned();
    }
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(deeper) = source {
        words = format!("{words}: {deeper}");
        source = deeper.source();
    }
    words
}

#[cfg(test)]
mod tests {
    use aws_sdk_eventbridge::error::ErrorMetadata;
    use aws_sdk_eventbridge::operation::put_events::PutEventsError;

    use super::*;

    #[test]
    fn a_services_error_is_its_code_and_not_what_it_quotes() {
        let metadata = ErrorMetadata::builder().code("ValidationException").message("the value 'Front door'");
        let error = SdkError::service_error(PutEventsError::generic(metadata.build()), ());
        assert_eq!(cause(&error), "ValidationException");
        let nameless = SdkError::service_error(PutEventsError::generic(ErrorMetadata::builder().build()), ());
        assert_eq!(cause(&nameless), "an answer that names no error");
    }

    #[test]
    fn another_error_is_told_down_to_its_source() {
        let refused = std::io::Error::other("connection refused");
        let error: SdkError<PutEventsError, ()> = SdkError::timeout_error(refused);
        assert_eq!(cause(&error), "request has timed out: connection refused");
    }
}
