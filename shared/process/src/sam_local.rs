//! What takes the place of AWS and of the token issuer in a container of `sam local`, which reaches neither.
//!
//! SAM hands over only variables that the template declares, so they are declared, empty, for every function. They are
//! obeyed only where `AWS_SAM_LOCAL` is set, as it is in SAM's containers: in AWS they mean nothing, whatever they say.

use crate::environment::{of_process, optional};

/// The stand-ins of a function under `sam local`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StandIns {
    /// `LOCAL_JWT_JWKS`: the key set of the local issuer, instead of the one at `JWT_JWKS_URL`.
    pub key_set: Option<String>,
    /// `LOCAL_AWS_ENDPOINT`: the URL of what stands in for DynamoDB, EventBridge and SQS.
    pub aws_endpoint: Option<String>,
    /// `LOCAL_AWS_ACCESS_KEY_ID`: what the stand-ins let in. SAM would hand over the credentials of the shell.
    pub access_key_id: Option<String>,
    /// `LOCAL_S3_ENDPOINT`: the URL of what stands in for S3.
    pub s3_endpoint: Option<String>,
}

impl StandIns {
    /// Reads the stand-ins by looking up variables; there are none outside of `sam local`.
    #[must_use]
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let variable = |name: &str| optional(&lookup, name);
        if variable("AWS_SAM_LOCAL").is_none() {
            return Self::default();
        }
        Self {
            key_set: variable("LOCAL_JWT_JWKS"),
            aws_endpoint: variable("LOCAL_AWS_ENDPOINT"),
            access_key_id: variable("LOCAL_AWS_ACCESS_KEY_ID"),
            s3_endpoint: variable("LOCAL_S3_ENDPOINT"),
        }
    }

    /// The stand-ins of this process.
    #[must_use]
    pub fn of_process() -> Self {
        Self::read(of_process)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(sam_local: &str, value: &str) -> StandIns {
        StandIns::read(|name| Some(if name == "AWS_SAM_LOCAL" { sam_local } else { value }.to_owned()))
    }

    #[test]
    fn stand_ins_are_obeyed_under_sam_local_only() {
        let url = Some("http://172.17.0.1:1".to_owned());
        let all = StandIns {
            key_set: url.clone(),
            aws_endpoint: url.clone(),
            access_key_id: url.clone(),
            s3_endpoint: url,
        };
        assert_eq!(read("true", "http://172.17.0.1:1"), all);
        assert_eq!(read("", "http://172.17.0.1:1"), StandIns::default());
    }

    #[test]
    fn empty_variables_are_none() {
        assert_eq!(read("true", ""), StandIns::default());
    }
}
