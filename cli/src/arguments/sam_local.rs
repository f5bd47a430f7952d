//! The command line of `sam-local`.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;

use super::DataArguments;

/// Nothing has to be edited or exported by hand: SAM's variables, the sample events with credentials filled in, and
/// curl's headers are written into `sam-local/` of the folder, and a database that containers reach runs as long as
/// the command does.
#[derive(Debug, Args)]
pub(crate) struct SamLocalArguments {
    #[command(flatten)]
    pub(crate) data: DataArguments,
    /// The folder of the sample events.
    #[arg(long, value_name = "DIR", default_value = "events")]
    pub(crate) events: PathBuf,
    /// The address of this machine that containers reach; Docker is asked unless it is given.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) bridge: Option<IpAddr>,
    /// Where `ExportAuditFunction` exports to, and the texts to the same with `-disclosures` behind it. A container has no folder that
    /// stays.
    #[arg(long, value_name = "URL", default_value = "file:///tmp/audit")]
    pub(crate) audit_export_url: String,
    /// The URL, as containers see it, of what stands in for S3.
    #[arg(long, value_name = "URL")]
    pub(crate) s3_endpoint: Option<String>,
    /// The command to run, such as `sam local invoke …`; without one, everything is ready until Ctrl-C.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) command: Vec<String>,
}
