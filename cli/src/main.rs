//! `physical-keys`: the inventory on one machine, and the operator's commands for any.

mod api_client;
mod arguments;
mod audit;
mod aws;
mod columns;
mod demo;
mod erase;
mod export;
mod folder;
mod http_server;
mod import;
mod openapi;
mod organisations;
mod output;
mod page;
mod pages;
mod physical_keys;
mod progress_file;
mod sam_local;
mod serve;
mod shell_files;
mod smoke;
mod stopping;
mod store;
mod table;
mod tokens;
mod usage;

use std::process::ExitCode;

use crate::arguments::token::{TokenArguments, TokenCommand};
use crate::arguments::{ApiKeyCommand, Arguments, Command, OrgCommand, TableCommand};
use crate::output::Failure;

#[tokio::main]
async fn main() -> ExitCode {
    match Box::pin(run(usage::arguments())).await {
        Ok(exit_code) => exit_code,
        Err(failure) => {
            output::tell(failure);
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let done = match arguments.command {
        None => serve::serve(arguments.serve).await,
        Some(Command::Serve(serve)) => serve::serve(serve).await,
        Some(Command::Add(arguments)) => physical_keys::add(arguments).await,
        Some(Command::TakeBack(arguments)) => physical_keys::take_back(arguments).await,
        Some(Command::Show(arguments)) => physical_keys::show(arguments).await,
        Some(Command::List(arguments)) => physical_keys::list(arguments).await,
        Some(Command::Who(arguments)) => physical_keys::who(arguments).await,
        Some(Command::Org(OrgCommand::Register { org, name, operator })) => {
            organisations::register(&org, name, operator).await
        }
        Some(Command::Org(OrgCommand::Close { org, operator })) => organisations::close(&org, operator).await,
        Some(Command::ApiKey(ApiKeyCommand::Issue { org, expires, subjects, operator })) => {
            organisations::issue_api_key(org, expires, subjects, operator).await
        }
        Some(Command::ApiKey(ApiKeyCommand::List { org, data, output })) => {
            organisations::list_api_keys(&org, &data, output).await
        }
        Some(Command::ApiKey(ApiKeyCommand::Revoke { key_id, operator })) => {
            organisations::revoke_api_key(key_id, operator).await
        }
        Some(Command::Token(TokenArguments { command: Some(TokenCommand::Explain(explain)), .. })) => {
            return Ok(tokens::explain(explain).await);
        }
        Some(Command::Token(token)) => tokens::print_token(token),
        Some(Command::Jwks { data }) => tokens::print_key_set(&data),
        Some(Command::Import(arguments)) => import::import(arguments).await,
        Some(Command::Export(arguments)) => export::export(arguments).await,
        Some(Command::Erase(arguments)) => erase::erase(arguments).await,
        Some(Command::Audit(command)) => return audit::audit(command).await,
        Some(Command::Smoke(arguments)) => smoke::smoke(arguments).await,
        Some(Command::SamLocal(arguments)) => sam_local::sam_local(arguments).await,
        Some(Command::Page(arguments)) => page::page(arguments),
        Some(Command::Openapi(arguments)) => openapi::print(arguments),
        Some(Command::Table(TableCommand::Create { data })) => table::create(&data).await,
        Some(Command::Table(TableCommand::Check { resume, data, output })) => {
            return Ok(table::check(&data, resume, output).await);
        }
        Some(Command::ShellFiles(arguments)) => shell_files::write(&arguments),
    };
    done.map(|()| ExitCode::SUCCESS)
}
