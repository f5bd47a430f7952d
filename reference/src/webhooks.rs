//! What the bus delivers, in the envelope of EventBridge (User Guide, "Event structure reference"). Where its target is an HTTP endpoint it
//! is what OpenAPI calls a webhook; a queue or a function is given the same JSON.

use domain::history::{EventHash, KeptRecord};
use domain::user::{PhysicalKeyAdded, PhysicalKeyRemoved};
use domain::values::{EpochMillis, OrgId, UserId, Version};
use serde_json::{Value, json};
use utoipa::openapi::path::{Operation, OperationBuilder};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::response::{ResponseBuilder, ResponsesBuilder};
use utoipa::openapi::schema::{
    ArrayBuilder, KnownFormat, ObjectBuilder, RefBuilder, Schema, SchemaFormat, Type,
};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{ContentBuilder, HttpMethod, PathItem, Paths, PathsBuilder, Ref, RefOr, Required};
use utoipa::{PartialSchema, ToSchema};

use crate::schemas::Named;
use crate::story::Story;

/// A kind of event that is published.
struct Published {
    /// Its type.
    name: &'static str,
    summary: &'static str,
    /// What happened.
    data: RefOr<Schema>,
    example: KeptRecord,
}

fn published() -> [Published; 2] {
    let Story { added, removed, .. } = Story::tell();
    [
        Published {
            name: "PhysicalKeyAdded",
            summary: "A physical key was issued",
            data: PhysicalKeyAdded::schema(),
            example: added,
        },
        Published {
            name: "PhysicalKeyRemoved",
            summary: "A physical key was taken back",
            data: PhysicalKeyRemoved::schema(),
            example: removed,
        },
    ]
}

/// A webhook for each kind of event.
pub(crate) fn webhooks() -> Paths {
    let mut webhooks = PathsBuilder::new();
    for published in published() {
        webhooks = webhooks.path(published.name, PathItem::new(HttpMethod::Post, operation(&published)));
    }
    webhooks.build()
}

/// The schemas of what is delivered.
pub(crate) fn schemas() -> Named {
    published()
        .into_iter()
        .flat_map(|published| {
            let Published { name, summary, data, .. } = published;
            [
                (delivery(name), envelope(name, summary).into()),
                (format!("{name}Detail"), detail(name).into()),
                (format!("{name}Data"), typed(name, data)),
            ]
        })
        .collect()
}

fn delivery(name: &str) -> String {
    format!("{name}Delivery")
}

fn operation(published: &Published) -> Operation {
    let Published { name, summary, example, .. } = published;
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(delivery(name))))
        .example(Some(example_of(name, example)));
    let body = RequestBodyBuilder::new()
        .description(Some("The event, at least once and in order for each user. Texts that were erased meanwhile are not in it."))
        .required(Some(Required::True))
        .content("application/json", content.build());
    let none_of_ours: [SecurityRequirement; 0] = [];
    let taken = ResponseBuilder::new().description(
        "Taken. After any other answer EventBridge delivers it again, as its rule is configured.",
    );
    OperationBuilder::new()
        .operation_id(Some(*name))
        .tag("Events")
        .summary(Some(*summary))
        .description(Some(
            "EventBridge delivers it from the deployment's bus to whoever a rule names. What authenticates the delivery, the rule's connection \
             says. `version` tells what was seen before, and `hash` is the event's own in the user's history.",
        ))
        .securities(Some(none_of_ours))
        .request_body(Some(body.build()))
        .responses(ResponsesBuilder::new().response("200", taken).build())
        .build()
}

/// EventBridge's envelope: what is AWS's in it, and what is ours.
fn envelope(name: &str, summary: &str) -> ObjectBuilder {
    let account = text("The AWS account of the bus.", 12).min_length(Some(12)).pattern(Some("^[0-9]{12}$"));
    let time = text("When it was recorded, to the second.", 40)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)));
    let resources = ArrayBuilder::new()
        .items(text("An ARN.", 1_600).pattern(Some("^arn:.+$")))
        .max_items(Some(0))
        .description(Some("None."));
    let members = [
        ("version", always("Of the envelope.", "0").into()),
        ("id", text("Of this delivery.", 36).format(Some(SchemaFormat::Custom("uuid".to_owned()))).into()),
        ("detail-type", always("The type of the event.", name).into()),
        ("source", always("Always `spk.api`.", publish_events::SOURCE).into()),
        ("account", account.into()),
        ("time", time.into()),
        ("region", text("The AWS region of the bus.", 32).pattern(Some("^[a-z0-9-]+$")).into()),
        ("resources", RefOr::T(Schema::Array(resources.build()))),
        ("detail", RefOr::Ref(Ref::from_schema_name(format!("{name}Detail")))),
    ];
    object(&format!("{summary}, as EventBridge delivers it."), members)
}

/// What the events' publisher says.
fn detail(name: &str) -> ObjectBuilder {
    let described = |name: std::borrow::Cow<'_, str>, description: &str| {
        RefOr::Ref(
            RefBuilder::new().ref_location_from_schema_name(name).description(Some(description)).build(),
        )
    };
    let members = [
        ("partnerId", described(OrgId::name(), "The organisation that issued the physical key.")),
        ("aggregateType", always("Always `user`.", "user").into()),
        ("aggregateId", described(UserId::name(), "Whose history it belongs to.")),
        ("version", described(Version::name(), "Its place in the history, from 1, without gaps.")),
        ("timestamp", described(EpochMillis::name(), "When it was recorded.")),
        ("data", described(format!("{name}Data").into(), "What happened.")),
        ("hash", described(EventHash::name(), "The hash of the event's record in the user's history.")),
    ];
    object("An event of a user's history, for those outside.", members)
}

/// What happened, with the event's type among its members.
fn typed(name: &str, data: RefOr<Schema>) -> RefOr<Schema> {
    let RefOr::T(Schema::Object(mut object)) = data else { return data };
    object.properties.insert("type".to_owned(), always("The type of the event.", name).into());
    object.required.push("type".to_owned());
    Schema::Object(object).into()
}

fn object<const N: usize>(description: &str, members: [(&str, RefOr<Schema>); N]) -> ObjectBuilder {
    let object = ObjectBuilder::new().schema_type(Type::Object).description(Some(description));
    members.into_iter().fold(object, |object, (name, schema)| object.property(name, schema).required(name))
}

fn text(description: &str, longest: usize) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).description(Some(description)).max_length(Some(longest))
}

fn always(description: &str, value: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).description(Some(description)).enum_values(Some([value]))
}

/// The event of the story, delivered.
fn example_of(name: &str, kept: &KeptRecord) -> Value {
    let detail = publish_events::detail(kept).and_then(|detail| serde_json::from_str(&detail).ok());
    let detail: Value = detail.unwrap_or_default();
    json!({
        "version": "0",
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": name,
        "source": publish_events::SOURCE,
        "account": "123456789012",
        "time": kept.chained.record().recorded_at.to_rfc3339_seconds(),
        "region": "eu-central-1",
        "resources": [],
        "detail": detail,
    })
}
