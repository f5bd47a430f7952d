//! Where containers reach this machine: the address of Docker's bridge, or Docker Desktop's name for it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use tokio::net::TcpListener;
use tokio::process::Command;

use crate::output::Failure;

/// Docker Desktop runs containers in a machine of its own, and gives this name to the one it runs on.
const DESKTOP: &str = "host.docker.internal";

/// How containers reach this machine.
#[derive(Debug)]
pub(crate) enum Bridge {
    /// By an address of this machine.
    Address(IpAddr),
    /// By a name for its loopback address.
    Name(&'static str),
}

impl Bridge {
    /// The one that is given, or the one that Docker says.
    pub(crate) async fn find(given: Option<IpAddr>) -> Result<Self, Failure> {
        let address = match given {
            Some(address) => address,
            None => gateway().await?,
        };
        // An address of Docker Desktop's own machine is none of this one's.
        match TcpListener::bind((address, 0)).await {
            Ok(_) => Ok(Self::Address(address)),
            Err(_) if given.is_none() => Ok(Self::Name(DESKTOP)),
            Err(error) => Err(Failure::because(format!("{address} cannot be listened on"), error)),
        }
    }

    pub(crate) const fn address(&self) -> Option<IpAddr> {
        match self {
            Self::Address(address) => Some(*address),
            Self::Name(_) => None,
        }
    }

    pub(crate) fn name(&self) -> Option<String> {
        match self {
            Self::Address(_) => None,
            Self::Name(name) => Some((*name).to_owned()),
        }
    }

    /// The URL of a server of this machine, as containers see it.
    pub(crate) fn endpoint(&self, port: u16) -> String {
        match self {
            Self::Address(address) => format!("http://{}", SocketAddr::new(*address, port)),
            Self::Name(name) => format!("http://{name}:{port}"),
        }
    }
}

/// The address of Docker's default bridge, which SAM's containers are on.
async fn gateway() -> Result<IpAddr, Failure> {
    let unknown = |why: String| {
        Failure(format!(
            "Docker does not say where containers reach this machine; say --bridge ADDRESS: {why}"
        ))
    };
    let asked = Command::new("docker")
        .args([
            "network",
            "inspect",
            "bridge",
            "--format",
            "{{range .IPAM.Config}}{{.Gateway}} {{.Subnet}} {{end}}",
        ])
        .output()
        .await
        .map_err(|error| unknown(format!("`docker` cannot be run: {error}.")))?;
    let said = String::from_utf8_lossy(&asked.stdout);
    gateway_of(&said).ok_or_else(|| unknown(String::from_utf8_lossy(&asked.stderr).trim().to_owned()))
}

/// The gateway among what Docker says. Older ones name the default bridge's subnet only; its first address is the gateway.
fn gateway_of(said: &str) -> Option<IpAddr> {
    let mut words = said.split_whitespace();
    let named = words.clone().find_map(|word| word.parse().ok());
    named.or_else(|| {
        let subnet = words.find_map(|word| word.split_once('/')?.0.parse::<Ipv4Addr>().ok())?;
        Some(Ipv4Addr::from_bits(subnet.to_bits() + 1).into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(said: &str, expected: Option<&str>) {
        assert_eq!(gateway_of(said), expected.map(|address| address.parse().unwrap()), "{said:?}");
    }

    #[test]
    fn the_gateway_is_what_docker_names_or_the_first_address_of_the_subnet() {
        check("172.17.0.1 172.17.0.0/16 \n", Some("172.17.0.1"));
        check(" 172.17.0.0/16 \n", Some("172.17.0.1"));
        check("fd00::1 fd00::/64 172.17.0.1 172.17.0.0/16", Some("fd00::1"));
        check("\n", None);
        check("default via", None);
    }
}
