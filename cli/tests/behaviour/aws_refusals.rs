//! What an operator's command says where it cannot begin: one sentence, before its first call.

use std::net::TcpListener;

use crate::aws_stand_in::StandIn;
use crate::program::{DynamoDb, Run, folder, run};

/// Every kind of command that works on a table elsewhere, or on a bucket, and the exit code where it cannot.
const COMMANDS: [(&[&str], i32); 11] = [
    (&["org", "register", "acme"], 1),
    (&["org", "close", "acme"], 1),
    (&["api-key", "issue", "acme"], 1),
    (&["api-key", "list", "acme"], 1),
    (&["api-key", "revoke", "0123456789abcdef0123456789abcdef"], 1),
    (&["table", "create"], 1),
    (&["table", "check"], 2),
    (&["erase", "--user", "alice", "--reason", "asked"], 1),
    (&["audit", "sweep"], 1),
    (&["audit", "key", "rotate", "--verifier-key", KEY], 1),
    (&["audit", "key", "replace", "--verifier-key", KEY], 1),
];
const KEY: &str = "keys.example.com/audit+eb6d0eac+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs";

const CREDENTIALS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "secret")];

fn ran(command: &[&str], variables: &[&[(&'static str, &str)]]) -> Run {
    let variables: Vec<_> =
        variables.concat().into_iter().map(|(name, value)| (name, value.to_owned())).collect();
    run(command, folder().path(), &variables)
}

/// Every command says this under these variables, and nothing else.
#[track_caller]
fn check(variables: &[&[(&'static str, &str)]], sentence: &str) {
    for (command, code) in COMMANDS {
        let run = ran(command, variables);
        let said = (run.code, run.stdout.as_str(), run.stderr);
        assert_eq!(said, (Some(code), "", format!("{sentence}\n")), "{command:?}");
    }
}

#[test]
fn credentials_that_are_missing_are_one_sentence() {
    check(
        &[&[("TABLE_NAME", "inventory"), ("AWS_REGION", "eu-central-1")]],
        "There are no AWS credentials: not in variables, not in the profile default, not on this machine. Choose another profile with \
         AWS_PROFILE, or sign in.",
    );
}

#[test]
fn a_region_that_is_missing_is_one_sentence() {
    check(
        &[&[("TABLE_NAME", "inventory")], &CREDENTIALS],
        "It is not known which AWS region to use: neither AWS_REGION nor the profile default says it.",
    );
}

/// Otherwise a new folder on this machine would be filled, and all would seem to be done.
#[test]
fn a_table_that_is_missing_is_one_sentence() {
    check(
        &[&[("AWS_REGION", "eu-central-1")], &CREDENTIALS],
        "TABLE_NAME does not say which table, but AWS_ACCESS_KEY_ID is set. For an inventory on this machine say --data .physical-keys.",
    );
    let folder = folder();
    let variables = [("AWS_PROFILE", "staff".to_owned())];
    let run_here = |arguments: &[&str]| run(arguments, folder.path(), &variables).code;
    assert_eq!(run_here(&["org", "register", "acme"]), Some(1));
    assert_eq!(run_here(&["org", "register", "acme", "--data", ".physical-keys"]), Some(0));
    assert_eq!(run_here(&["org", "close", "acme"]), Some(0), "the inventory of this folder is meant");
}

#[test]
fn a_profile_that_is_mistyped_is_one_sentence() {
    check(
        &[&[("TABLE_NAME", "inventory"), ("AWS_REGION", "eu-central-1"), ("AWS_PROFILE", "staf")]],
        "There is no profile staf in the AWS configuration.",
    );
}

/// A URL at which nobody listens.
fn nowhere() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[test]
fn a_database_that_does_not_listen_is_one_sentence() {
    let place = [("TABLE_NAME", "inventory"), ("AWS_REGION", "eu-central-1")];
    let nowhere = nowhere();
    check(
        &[&place, &CREDENTIALS, &[("AWS_ENDPOINT_URL_DYNAMODB", &nowhere)]],
        &format!(
            "DynamoDB cannot be reached at {nowhere} (AWS_ENDPOINT_URL_DYNAMODB): nothing listens there."
        ),
    );
    for wrong in ["", "localhost"] {
        check(
            &[&place, &CREDENTIALS, &[("AWS_ENDPOINT_URL_DYNAMODB", wrong)]],
            "AWS_ENDPOINT_URL_DYNAMODB is no URL; without it, AWS itself is called.",
        );
    }
}

#[test]
fn a_table_that_is_not_there_is_one_sentence() {
    let database = DynamoDb::start();
    for (command, code) in
        COMMANDS.iter().filter(|(command, _)| command[0] != "table" || command[1] != "create")
    {
        let run = run(command, folder().path(), &database.environment());
        let said = "There is no table inventory in eu-central-1 of this account: TABLE_NAME and AWS_REGION, or the profile, name \
                    another one.\n";
        assert_eq!(
            (run.code, run.stdout.as_str(), run.stderr.as_str()),
            (Some(*code), "", said),
            "{command:?}"
        );
    }
}

#[test]
fn credentials_that_are_refused_are_one_sentence() {
    let place = [("TABLE_NAME", "inventory"), ("AWS_REGION", "eu-central-1")];
    let of_code = [
        ("AccessDeniedException", "The credentials may not use the table inventory in eu-central-1"),
        (
            "UnrecognizedClientException",
            "AWS does not know the credentials for the table inventory in eu-central-1",
        ),
        ("ExpiredTokenException", "The credentials for the table inventory in eu-central-1 have expired"),
    ];
    for (code, sentence) in of_code {
        let body = format!(
            r#"{{"__type":"com.amazon.coral.service#{code}","message":"User: arn:aws:iam::1:user/a"}}"#
        );
        let service = StandIn::start(move |_| (400, "application/x-amz-json-1.0", body.clone()));
        let endpoint = service.url();
        check(
            &[&place, &CREDENTIALS, &[("AWS_ENDPOINT_URL_DYNAMODB", &endpoint)]],
            &format!("{sentence}: {code}."),
        );
        assert_eq!(service.asked().len(), COMMANDS.len(), "one call each");
    }
}

#[test]
fn a_bucket_and_a_key_want_credentials_before_their_first_call() {
    let none = "There are no AWS credentials: not in variables, not in the profile default, not on this machine. Choose another profile \
                with AWS_PROFILE, or sign in.\n";
    let arn = "arn:aws:kms:eu-central-1:1:key/1";
    let commands: [(&[&str], i32); 6] = [
        (&["audit", "verify", "s3://bucket/audit"], 2),
        (&["audit", "show", "s3://bucket/audit"], 1),
        (&["audit", "export", "s3://bucket/audit"], 1),
        (&["audit", "replay", "s3://bucket/audit", "--verifier-key", KEY], 2),
        (&["audit", "key", "--signing-key", arn, "--origin", "keys.example.com/audit"], 1),
        (&["erase", "--user", "alice", "--reason", "asked", "--disclosures", "s3://bucket/texts"], 1),
    ];
    for (command, code) in commands {
        let run = ran(command, &[&[("TABLE_NAME", "inventory"), ("AWS_REGION", "eu-central-1")]]);
        assert_eq!(
            (run.code, run.stdout.as_str(), run.stderr.as_str()),
            (Some(code), "", none),
            "{command:?}"
        );
    }
}
