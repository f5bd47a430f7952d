//! A table that is not of this machine: the one in AWS, or in any other DynamoDB.

use store::{AuditShards, StoreFault, Stream, Table};

use crate::aws::{Aws, aws};
use crate::output::Failure;

/// A table by its name, and the region in which it is looked for.
#[derive(Debug)]
pub(super) struct Elsewhere {
    pub(super) table: Table,
    region: &'static str,
}

impl Elsewhere {
    /// The table of this name. Nothing of it is looked at, but there are credentials and a region.
    pub(super) async fn named(name: String) -> Result<Self, Failure> {
        let Aws { environment, region, .. } = aws().await?;
        Ok(Self { table: Table::over(environment, name, AuditShards::DEFAULT), region })
    }

    /// Finds out whether it can be used.
    pub(super) async fn look(&self) -> Result<(), Failure> {
        self.table.is_there().await.map_err(|fault| self.unusable(&fault))
    }

    /// Creates it, and says what became of it.
    pub(super) async fn create(&self) -> Result<String, Failure> {
        let is_new = self.table.create(Stream::NewImages).await.map_err(|fault| self.unusable(&fault))?;
        let said = if is_new { "is created" } else { "is there" };
        Ok(format!("The table {} {said}.", self.table.name()))
    }

    /// Nobody answers: perhaps because a variable says where to ask.
    fn unreachable(&self, cause: &str) -> Failure {
        let named = ["AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL"]
            .into_iter()
            .find_map(|name| std::env::var(name).ok().map(|url| format!("at {url} ({name})")));
        let place = named.unwrap_or_else(|| format!("in {}", self.region));
        if cause.contains("Connection refused") {
            return Failure(format!("DynamoDB cannot be reached {place}: nothing listens there."));
        }
        Failure::because(format!("DynamoDB cannot be reached {place}"), cause)
    }

    /// Why it cannot be used, in words for whoever can mend it.
    fn unusable(&self, fault: &StoreFault) -> Failure {
        let at = format!("{} in {}", self.table.name(), self.region);
        let code = match fault {
            StoreFault::Unexpected(code) => code.as_str(),
            StoreFault::Unreachable(cause) => return self.unreachable(cause),
            _ => "",
        };
        match code {
            "ResourceNotFoundException" => Failure(format!(
                "There is no table {at} of this account: TABLE_NAME and AWS_REGION, or the profile, name another one."
            )),
            "AccessDeniedException" => {
                Failure::because(format!("The credentials may not use the table {at}"), code)
            }
            "ExpiredTokenException" => {
                Failure::because(format!("The credentials for the table {at} have expired"), code)
            }
            "UnrecognizedClientException"
            | "InvalidSignatureException"
            | "MissingAuthenticationTokenException" => {
                Failure::because(format!("AWS does not know the credentials for the table {at}"), code)
            }
            _ => Failure::because(format!("The table {at} cannot be used"), fault),
        }
    }
}
