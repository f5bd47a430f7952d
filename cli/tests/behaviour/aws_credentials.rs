//! Credentials as operators have them, from wherever the AWS CLI finds them. The database lets in nobody but who has its access key
//! id: that a command is carried out proves that the credentials were found.

use std::path::Path;

use crate::aws_stand_in::{Answer, StandIn};
use crate::program::{DynamoDb, Run, folder, run};

const JSON: &str = "application/json";
const XML: &str = "text/xml";
/// 2100-01-01.
const LATER: &str = "2100-01-01T00:00:00Z";

/// Where an operator sits: a home with an AWS configuration, and a database that wants credentials.
struct Desk {
    home: tempfile::TempDir,
    database: DynamoDb,
}

impl Desk {
    fn new(config: &str) -> Self {
        let (home, database) = (folder(), DynamoDb::start());
        write(&home.path().join(".aws/config"), config);
        Self { home, database }
    }

    /// Creates the table with what is found, and these variables.
    fn create(&self, variables: &[(&'static str, String)]) -> Run {
        let environment = [&self.database.place(), variables].concat();
        run(&["table", "create"], self.home.path(), &environment)
    }

    #[track_caller]
    fn creates(&self, variables: &[(&'static str, String)]) {
        let run = self.create(variables);
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), "The table inventory is created.\n"));
    }

    #[track_caller]
    fn is_refused(&self, variables: &[(&'static str, String)], sentence: &str) {
        let run = self.create(variables);
        assert_eq!((run.code, run.stdout.as_str(), run.stderr), (Some(1), "", format!("{sentence}\n")));
    }

    /// The credentials that the database lets in, as a program or a container prints them.
    fn json(&self) -> String {
        format!(
            r#"{{"Version":1,"Code":"Success","AccessKeyId":"{}","SecretAccessKey":"s","SessionToken":"t","Token":"t","Expiration":"{LATER}"}}"#,
            self.database.access_key_id()
        )
    }

    /// The same, as STS answers.
    fn of_sts(&self, action: &str) -> String {
        let id = self.database.access_key_id();
        format!(
            "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result><Credentials><AccessKeyId>{id}</AccessKeyId>\
             <SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>{LATER}</Expiration></Credentials>\
             <AssumedRoleUser><AssumedRoleId>a:b</AssumedRoleId><Arn>arn:aws:sts::1:assumed-role/operator/b</Arn></AssumedRoleUser>\
             </{action}Result></{action}Response>"
        )
    }

    /// A token of SSO, as `aws sso login` leaves it: named by the SHA-1 of the session's name, or of the URL.
    fn sign_in(&self, sha1: &str) {
        self.keep_token(sha1, "signed-in", LATER);
    }

    fn keep_token(&self, sha1: &str, token: &str, until: &str) {
        let token = format!(r#"{{"accessToken":"{token}","expiresAt":"{until}","region":"eu-central-1"}}"#);
        write(&self.home.path().join(format!(".aws/sso/cache/{sha1}.json")), &token);
    }

    /// The portal of SSO.
    fn portal(&self) -> StandIn {
        let id = self.database.access_key_id().to_owned();
        StandIn::start(move |request| {
            if !request.to_lowercase().contains("x-amz-sso_bearer_token: signed-in\r\n") {
                return (401, JSON, r#"{"__type":"UnauthorizedException","message":"no"}"#.to_owned());
            }
            let credentials = format!(
                r#"{{"roleCredentials":{{"accessKeyId":"{id}","secretAccessKey":"s","sessionToken":"t","expiration":4102444800000}}}}"#
            );
            (200, JSON, credentials)
        })
    }
}

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn profile(name: &str) -> (&'static str, String) {
    ("AWS_PROFILE", name.to_owned())
}

const SESSION: &str = "[profile staff]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = operator\n\
                       [sso-session corp]\nsso_region = eu-central-1\nsso_start_url = https://corp.example/start\n";
/// The SHA-1 of `corp`.
const OF_SESSION: &str = "ee0bfd2552fbd840c02cc48b6e823320543c450f";
const LEGACY: &str = "[profile old]\nsso_start_url = https://corp.example/start\nsso_region = eu-central-1\n\
                      sso_account_id = 111122223333\nsso_role_name = operator\n";
/// The SHA-1 of that URL.
const OF_URL: &str = "f7c9b39d0b4c7a7d82c79307585f77e1c5e74378";

#[test]
fn the_shared_credentials_file_is_read() {
    let desk = Desk::new("[profile staff]\nregion = eu-central-1\n");
    let id = desk.database.access_key_id();
    let credentials = format!("[staff]\naws_access_key_id = {id}\naws_secret_access_key = s\n");
    write(&desk.home.path().join(".aws/credentials"), &credentials);
    let mut place = desk.database.place();
    place.retain(|(name, _)| *name != "AWS_REGION");
    place.push(profile("staff"));
    let run = run(&["table", "create"], desk.home.path(), &place);
    assert_eq!(
        (run.code, run.stderr.as_str()),
        (Some(0), "The table inventory is created.\n"),
        "the region is the profile's"
    );
}

#[test]
fn a_credential_process_is_run_once() {
    let desk =
        Desk::new("[default]\ncredential_process = sh -c \"echo run >> runs; cat credentials.json\"\n");
    write(&desk.home.path().join("credentials.json"), &desk.json());
    desk.creates(&[]);
    assert_eq!(std::fs::read_to_string(desk.home.path().join("runs")).unwrap(), "run\n");
}

#[test]
fn a_credential_process_that_fails_is_one_sentence() {
    let desk =
        Desk::new("[profile vault]\ncredential_process = sh -c \"echo The vault is locked. >&2; exit 3\"\n");
    desk.is_refused(
        &[profile("vault")],
        "The credential_process of the profile vault gave no credentials: external process exited with code exit status: 3. \
         Stderr: The vault is locked.",
    );
}

#[test]
fn a_profile_that_is_signed_in_with_sso_is_used() {
    let desk = Desk::new(SESSION);
    desk.sign_in(OF_SESSION);
    let portal = desk.portal();
    desk.creates(&[profile("staff"), ("AWS_ENDPOINT_URL_SSO", portal.url())]);
    let asked = portal.asked().remove(0);
    assert!(
        asked.starts_with("GET /federation/credentials?role_name=operator&account_id=111122223333 "),
        "{asked}"
    );
}

#[test]
fn a_profile_with_a_start_url_of_its_own_is_used() {
    let desk = Desk::new(LEGACY);
    desk.sign_in(OF_URL);
    desk.creates(&[profile("old"), ("AWS_ENDPOINT_URL_SSO", desk.portal().url())]);
}

#[test]
fn an_sso_session_that_is_over_says_how_to_sign_in() {
    for (config, sha1, name) in [(SESSION, OF_SESSION, "staff"), (LEGACY, OF_URL, "old")] {
        let sentence = format!(
            "The profile {name} is signed in with SSO no longer: `aws sso login --profile {name}` signs it in."
        );
        let desk = Desk::new(config);
        let portal = desk.portal();
        let variables = [profile(name), ("AWS_ENDPOINT_URL_SSO", portal.url())];
        // Never signed in, and expired.
        desk.is_refused(&variables, &sentence);
        desk.keep_token(sha1, "signed-out", "2020-01-01T00:00:00Z");
        desk.is_refused(&variables, &sentence);
    }
    // Good by its date, and revoked.
    let desk = Desk::new(&SESSION.replace("profile staff", "default"));
    desk.sign_in(OF_SESSION);
    let revoked =
        StandIn::start(|_| (401, JSON, r#"{"__type":"UnauthorizedException","message":"no"}"#.to_owned()));
    desk.is_refused(
        &[("AWS_ENDPOINT_URL_SSO", revoked.url())],
        "The profile default is signed in with SSO no longer: `aws sso login` signs it in.",
    );
}

#[test]
fn a_role_that_sso_does_not_give_is_one_sentence() {
    let desk = Desk::new(SESSION);
    desk.sign_in(OF_SESSION);
    let portal = StandIn::start(|_| {
        let body = r#"{"__type":"ForbiddenException","message":"No access"}"#;
        (403, JSON, body.to_owned())
    });
    desk.is_refused(
        &[profile("staff"), ("AWS_ENDPOINT_URL_SSO", portal.url())],
        "SSO gives the profile staff no credentials: ForbiddenException, No access.",
    );
}

const ROLE: &str = "[profile operator]\nrole_arn = arn:aws:iam::1:role/operator\nsource_profile = base\n\
                    [profile base]\naws_access_key_id = BASE\naws_secret_access_key = s\n";

#[test]
fn a_role_is_assumed_with_another_profiles_credentials() {
    let desk = Desk::new(ROLE);
    let answer = desk.of_sts("AssumeRole");
    let sts = StandIn::start(move |_| (200, XML, answer.clone()));
    desk.creates(&[profile("operator"), ("AWS_ENDPOINT_URL_STS", sts.url())]);
    let asked = sts.asked().remove(0);
    assert!(asked.contains("Credential=BASE/"), "{asked}");
    assert!(
        asked.contains("Action=AssumeRole&")
            && asked.contains("RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Foperator")
    );
}

#[test]
fn a_role_that_may_not_be_assumed_is_one_sentence() {
    let desk = Desk::new(ROLE);
    let refusal = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>BASE is not authorized to perform: \
                   sts:AssumeRole</Message></Error></ErrorResponse>";
    let sts = StandIn::start(move |_| (403, XML, refusal.to_owned()));
    desk.is_refused(
        &[profile("operator"), ("AWS_ENDPOINT_URL_STS", sts.url())],
        "STS does not give the role's credentials: AccessDenied, BASE is not authorized to perform: sts:AssumeRole.",
    );
}

#[test]
fn a_web_identity_is_exchanged() {
    let desk = Desk::new("");
    let answer = desk.of_sts("AssumeRoleWithWebIdentity");
    let sts = StandIn::start(move |_| (200, XML, answer.clone()));
    write(&desk.home.path().join("token"), "a.web.identity");
    desk.creates(&[
        ("AWS_WEB_IDENTITY_TOKEN_FILE", desk.home.path().join("token").display().to_string()),
        ("AWS_ROLE_ARN", "arn:aws:iam::1:role/operator".to_owned()),
        ("AWS_ENDPOINT_URL_STS", sts.url()),
    ]);
    assert!(sts.asked().remove(0).contains("WebIdentityToken=a.web.identity"));
}

#[test]
fn a_profile_of_another_way_to_sign_in_is_one_sentence() {
    let desk = Desk::new("[profile console]\nlogin_session = arn:aws:iam::1:user/ada\n");
    desk.is_refused(
        &[profile("console")],
        "The profile console signs in with `aws login`, which is not known here: choose one whose credential_process is `aws configure \
         export-credentials --profile console --format process`.",
    );
    let circle = Desk::new(
        "[profile a]\nrole_arn = r\nsource_profile = b\n[profile b]\nrole_arn = r\nsource_profile = a\n",
    );
    let run = circle.create(&[profile("a")]);
    assert_eq!((run.code, run.stderr.lines().count()), (Some(1), 1), "{run:?}");
    assert!(run.stderr.starts_with("The profile a gives no AWS credentials: "), "{run:?}");
}

#[test]
fn a_containers_credentials_are_used() {
    let desk = Desk::new("");
    let answer = desk.json();
    let agent = StandIn::start(move |_| (200, JSON, answer.clone()));
    desk.creates(&[("AWS_CONTAINER_CREDENTIALS_FULL_URI", agent.url())]);
}

#[test]
fn an_instances_credentials_are_used() {
    let desk = Desk::new("");
    let credentials = desk.json();
    let instance = StandIn::start(move |request| -> Answer {
        let path = request.split(' ').nth(1).unwrap_or_default();
        match path {
            "/latest/api/token" => (200, "text/plain", "token".to_owned()),
            "/latest/meta-data/iam/security-credentials/" => (200, "text/plain", "operator".to_owned()),
            "/latest/meta-data/iam/security-credentials/operator" => (200, JSON, credentials.clone()),
            _ => (404, "text/plain", String::new()),
        }
    });
    desk.creates(&[
        ("AWS_EC2_METADATA_DISABLED", "false".to_owned()),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", instance.url()),
    ]);
}
