//! Adds, lists, takes back, reads the history and is refused, through the client that progenitor generates from the document in 3.0.

use std::env::var;
use std::error::Error as Failure;

use reqwest::header::{HeaderMap, HeaderValue};
use types::{Event, RecordedData};

progenitor::generate_api!("openapi-3.0.json");

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Failure>> {
    let (api, token, api_key) = (var("API")?, var("TOKEN")?, var("API_KEY")?);
    let mut headers = HeaderMap::new();
    headers.insert("authorization", HeaderValue::try_from(format!("Bearer {token}"))?);
    headers.insert("x-api-key", HeaderValue::try_from(api_key)?);
    let client = Client::new_with_client(&api, reqwest::Client::builder().default_headers(headers).build()?);

    let body = types::AddPhysicalKey {
        org_id: "demo-org".parse()?,
        org_name: Some("Demo Organisation".parse()?),
        note: Some("Front door".parse()?),
    };
    let key = "progenitor".parse()?;
    let added = client.add_physical_key(&"demo-user".parse()?, Some(&key), &body).await?.into_inner();
    let Event::AddedEvent(event) = &added.event else { panic!("{added:?}") };
    assert_eq!(event.data.note.as_ref().map(|note| note.as_str()), Some("Front door"));

    let listed = client.list_physical_keys(&"demo-user".parse()?, None, None, None, None, Some(&"front".parse()?)).await?;
    assert!(listed.keys.iter().any(|key| key.number.0 == added.number.0), "{listed:?}");

    let body = types::RemovePhysicalKey { number: added.number.clone() };
    let removed = client.remove_physical_key(&"demo-user".parse()?, None, &body).await?.into_inner();
    assert!(matches!(removed.event, Event::RemovedEvent(_)), "{removed:?}");

    let history = client.list_physical_key_events(&"demo-user".parse()?, None, None).await?.into_inner();
    let [.., addition, removal] = history.events.as_slice() else { panic!("{history:?}") };
    assert!(matches!(addition.event, Event::AddedEvent(_)) && matches!(removal.event, Event::RemovedEvent(_)));
    let RecordedData::RecordedAddition(recorded) = &addition.record.data else { panic!("{addition:?}") };
    assert_eq!(recorded.number.0, added.number.0);
    assert!(matches!(removal.record.data, RecordedData::PhysicalKeyRemoved(_)), "{removal:?}");
    assert_eq!(removal.previous_hash, addition.hash);

    match client.remove_physical_key(&"demo-user".parse()?, None, &body).await {
        Err(Error::ErrorResponse(refused)) => {
            assert_eq!((refused.status().as_u16(), refused.error.as_str()), (404, "physical_key_not_found"));
            assert_eq!(refused.errors[0].pointer.as_ref().map(|pointer| pointer.as_str()), Some("/number"));
        }
        other => panic!("{other:?}"),
    }
    Ok(())
}
