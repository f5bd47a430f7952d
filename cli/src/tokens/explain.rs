//! `token explain`: what the rules of a deployment, or of the local server, make of a token. It is verified by the functions' own code.

use std::io::{IsTerminal, Read};
use std::path::Path;
use std::process::ExitCode;

use api::auth::RequiredCredentials;
use api::auth::signing_keys::SigningKeys;
use api::backend::token_verifier;
use api::config::{SigningKeyConfig, TokenConfig, required_credentials};
use process::aws::Https;
use process::clock::Clock;
use process::environment::{ConfigFault, of_process};

use super::are_configured;
use super::in_json::{in_json, refused};
use super::telling::{Telling, Verdict};
use crate::api_client::TOKEN;
use crate::arguments::token::ExplainArguments;
use crate::folder::Folder;
use crate::output::{Failure, NOT_ANSWERED, print_json, print_line, tell, visible};
use crate::serve::log_to_standard_error;
use crate::store::DEFAULT_FOLDER;

/// More than any token that is read further, in bytes.
const MOST_READ: u64 = 64 * 1_024;

/// What tokens are held against, and in words where it is from.
struct Rules {
    tokens: TokenConfig,
    required: RequiredCredentials,
    source: String,
    /// Where the key set is from.
    keys: String,
}

/// Explains a token. Whatever kept it from being held against the rules is not a refusal.
pub(crate) async fn explain(arguments: ExplainArguments) -> ExitCode {
    match explained(arguments).await {
        Ok(Verdict::Accepted) => ExitCode::SUCCESS,
        Ok(Verdict::Refused) => ExitCode::FAILURE,
        Ok(Verdict::Unknown) => ExitCode::from(NOT_ANSWERED),
        Err(failure) => {
            tell(failure);
            ExitCode::from(NOT_ANSWERED)
        }
    }
}

async fn explained(arguments: ExplainArguments) -> Result<Verdict, Failure> {
    log_to_standard_error();
    let rules = Rules::of(&arguments)?;
    let token = token()?;
    let Rules { tokens, required, source, keys } = rules;
    let (claims, identity) = (tokens.claims.clone(), tokens.identity.clone());
    let now = Clock::system().now();
    let is_json = arguments.output.json;
    match token_verifier(tokens, Https::new).explain(&token, now).await {
        Ok(explanation) => {
            let telling =
                Telling { explanation: &explanation, claims, identity, required, source, keys, now };
            if is_json {
                print_json(&in_json(&telling))?;
            } else {
                telling.lines().iter().try_for_each(|line| print_line(visible(line)))?;
            }
            Ok(telling.verdict())
        }
        Err(fault) => {
            if is_json {
                print_json(&refused(&fault.to_string()))?;
            } else {
                print_line("The token is refused (401):")?;
                print_line(visible(&format!("  {fault}")))?;
            }
            Ok(Verdict::Refused)
        }
    }
}

impl Rules {
    fn of(arguments: &ExplainArguments) -> Result<Self, Failure> {
        let given = arguments.required_credentials.map(Into::into);
        let mut rules = match &arguments.data {
            None if are_configured() => {
                Self::of_environment(given).map_err(|fault| Failure(format!("{fault}.")))?
            }
            folder => Self::of_local_server(folder.as_deref().unwrap_or(Path::new(DEFAULT_FOLDER)), given)?,
        };
        if arguments.offline {
            rules.tokens.signing_keys = SigningKeyConfig::Unasked;
        } else if let Some(path) = &arguments.jwks {
            rules.keys = format!("the key set in {}", path.display());
            rules.tokens.signing_keys = SigningKeyConfig::Inline(key_set(path)?);
        } else if let SigningKeyConfig::Unasked = rules.tokens.signing_keys {
            let keys = TokenConfig::read(&of_process).map_err(|fault| Failure(format!("{fault}.")))?;
            rules.tokens.signing_keys = keys.signing_keys;
        }
        if let SigningKeyConfig::Url(url) = &rules.tokens.signing_keys {
            rules.keys = format!("the key set at {url}");
        }
        Ok(rules)
    }

    /// The rules of the environment. Where the keys are from is looked up only if nothing else says it.
    fn of_environment(given: Option<RequiredCredentials>) -> Result<Self, ConfigFault> {
        Ok(Self {
            tokens: TokenConfig::read_rules(&of_process)?,
            required: given.map_or_else(|| required_credentials(&of_process), Ok)?,
            source: "the environment".to_owned(),
            keys: "the key set of the environment".to_owned(),
        })
    }

    fn of_local_server(folder: &Path, given: Option<RequiredCredentials>) -> Result<Self, Failure> {
        let tokens = Folder::there(folder)?.issuer()?.token_config();
        Ok(Self {
            tokens: tokens.map_err(|fault| Failure::because("The signing key", fault))?,
            required: given.unwrap_or_default(),
            source: format!("the local server in {}", folder.display()),
            keys: "the local server's key set".to_owned(),
        })
    }
}

fn key_set(path: &Path) -> Result<SigningKeys, Failure> {
    let text = std::fs::read(path)
        .map_err(|error| Failure::because(format!("{} cannot be read", path.display()), error))?;
    SigningKeys::parse(&text).map_err(|fault| Failure(format!("{} {fault}.", path.display())))
}

/// The token: never an argument, which other users of the machine and the shell's history would see.
fn token() -> Result<String, Failure> {
    let mut text = String::new();
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        let read = stdin.lock().take(MOST_READ).read_to_string(&mut text);
        read.map_err(|error| Failure::because("Standard input cannot be read", error))?;
    }
    let of_input = Some(text).filter(|text| !text.trim().is_empty());
    let token = of_input.or_else(|| of_process(TOKEN)).unwrap_or_default();
    match token.trim() {
        "" => Err(Failure(format!("Give the token on standard input, or as {TOKEN}."))),
        token => Ok(token.to_owned()),
    }
}
