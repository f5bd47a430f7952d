use serde_json::json;

use super::*;

const RECORD: &str = r#"{"actor":{"id":"alice","type":"user"},"aggregateId":"alice","aggregateType":"user","data":{"addedAt":1795435200000,"number":1,"orgId":"acme","userId":"alice"},"format":2,"issuer":"acme","recordedAt":1795435200000,"requestId":"r1","type":"PhysicalKeyAdded","version":1}"#;

/// A record as the stream shows the first event of Alice's.
fn record() -> Value {
    json!({
        "eventID": "c4ca4238a0b923820dcc509a6f75849b",
        "eventName": "INSERT",
        "eventSource": "aws:dynamodb",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_795_435_200.5,
            "Keys": {"pk": {"S": "USER#alice"}, "sk": {"S": "EVENT#00000000000000000001"}},
            "NewImage": {
                "pk": {"S": "USER#alice"},
                "sk": {"S": "EVENT#00000000000000000001"},
                "record": {"S": RECORD},
                // 32, 32 and 16 bytes.
                "previousHash": {"B": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},
                "hash": {"B": "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s="},
                "attempt": {"B": "Dx4tPEtaaXiHlqW0w9Lh8A=="},
            },
            "SequenceNumber": "111",
            "StreamViewType": "NEW_IMAGE",
        },
    })
}

fn tasks_of(record: Value) -> Vec<Task> {
    tasks(StreamBatch { records: vec![record] })
}

/// Changes the record, and expects a task to set it aside, of Alice's partition or of none.
#[track_caller]
fn check_set_aside(change: impl FnOnce(&mut Value), code: &str, partition: Option<&str>) {
    let mut record = record();
    change(&mut record);
    let tasks = tasks_of(record.clone());
    let [task] = tasks.as_slice() else { panic!("{tasks:?}") };
    let Errand::SetAside(reason) = &task.errand else { panic!("{task:?}") };
    assert_eq!(reason.code(), code, "{reason}");
    assert_eq!(task.partition.as_deref(), partition);
    assert_eq!(task.record, record);
}

#[test]
fn a_new_event_is_published() {
    let tasks = tasks_of(record());
    let [task] = tasks.as_slice() else { panic!("{tasks:?}") };
    assert!(matches!(&task.errand, Errand::Publish(envelope) if envelope.detail_type == "PhysicalKeyAdded"));
    assert_eq!((task.sequence_number.as_str(), task.partition.as_deref()), ("111", Some("USER#alice")));
}

#[test]
fn what_is_no_new_event_is_passed_over() {
    for name in ["MODIFY", "REMOVE"] {
        let mut record = record();
        record["eventName"] = json!(name);
        assert_eq!(tasks_of(record), []);
    }
    for sk in ["USER", "KEY#00000000000000000001", "REQUEST#EVENT#"] {
        let mut record = record();
        record["dynamodb"]["Keys"]["sk"]["S"] = json!(sk);
        assert_eq!(tasks_of(record), []);
    }
}

/// The contract of the bus does not have it.
#[test]
fn that_texts_were_erased_is_passed_over() {
    let mut record = record();
    let erasure = RECORD
        .replace(
            r#""addedAt":1795435200000,"number":1,"orgId":"acme","#,
            r#""erasedAt":1795435200000,"number":1,"texts":{},"#,
        )
        .replace("PhysicalKeyAdded", "PhysicalKeyTextsErased");
    record["dynamodb"]["NewImage"]["record"]["S"] = json!(erasure);
    assert_eq!(tasks_of(record.clone()), []);
    record["dynamodb"]["NewImage"]["record"]["S"] = json!(erasure.replace("Erased", "Shredded"));
    assert_eq!(tasks_of(record).len(), 1, "what is not known is set aside");
}

#[test]
fn an_organisations_event_is_passed_over() {
    let mut record = record();
    record["dynamodb"]["Keys"]["pk"]["S"] = json!("ORG#g8lj7bc7o54a18ga");
    assert_eq!(tasks_of(record), []);
}

#[test]
fn an_event_that_cannot_be_read_is_set_aside_in_its_users_order() {
    let alice = Some("USER#alice");
    let image = |record: &mut Value, name: &str, value: Value| {
        record["dynamodb"]["NewImage"][name] = value;
    };
    let with = |from: &str, to: &str| json!({"S": RECORD.replace(from, to)});
    let whatever = with("PhysicalKeyAdded", "Whatever");
    check_set_aside(|record| image(record, "record", whatever), "unreadable_item", alice);
    let of_another = with("\"format\":2", "\"format\":3");
    check_set_aside(|record| image(record, "record", of_another), "unreadable_item", alice);
    check_set_aside(|record| image(record, "hash", json!({"X": "?"})), "unreadable_item", alice);
    check_set_aside(|record| record["dynamodb"]["NewImage"] = json!(7), "unreadable_item", alice);
    check_set_aside(|record| record["dynamodb"]["NewImage"] = Value::Null, "no_new_image", alice);
}

#[test]
fn what_is_no_stream_record_is_set_aside_by_itself() {
    check_set_aside(|record| record["dynamodb"]["Keys"] = Value::Null, "not_a_stream_record", None);
    check_set_aside(|record| *record = json!("?"), "not_a_stream_record", None);
    let mut without_keys = record();
    without_keys["dynamodb"]["Keys"] = Value::Null;
    assert_eq!(tasks_of(without_keys)[0].sequence_number, "111");
    assert_eq!(tasks_of(json!({}))[0].sequence_number, "");
}
