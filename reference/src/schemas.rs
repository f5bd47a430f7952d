//! The derived schemas, and what Rust's types do not say of themselves: nothing is ever `null`, and a request has no
//! members but the documented ones.

use add_physical_key::AddPhysicalKeyAnswer;
use api::http::lists::{OrgPhysicalKeys, PhysicalKeyEvents, PhysicalKeys};
use api::http::problem::ProblemBody;
use domain::user::{AddPhysicalKey, PhysicalKey, RemovePhysicalKey};
use remove_physical_key::RemovePhysicalKeyAnswer;
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AdditionalProperties, Object, Schema, SchemaType, Type};

type Named = Vec<(String, RefOr<Schema>)>;

/// All schemas by name.
pub(crate) fn all() -> Named {
    let mut requests = Vec::new();
    add::<AddPhysicalKey>(&mut requests);
    add::<RemovePhysicalKey>(&mut requests);
    for (_, schema) in &mut requests {
        if let RefOr::T(Schema::Object(object)) = schema
            && !object.properties.is_empty()
        {
            object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
        }
    }
    let mut schemas = requests;
    add::<AddPhysicalKeyAnswer<'static>>(&mut schemas);
    add::<RemovePhysicalKeyAnswer<'static>>(&mut schemas);
    add::<PhysicalKey>(&mut schemas);
    add::<PhysicalKeys>(&mut schemas);
    add::<PhysicalKeyEvents>(&mut schemas);
    add::<OrgPhysicalKeys>(&mut schemas);
    add::<ProblemBody<'static>>(&mut schemas);
    schemas.into_iter().map(|(name, schema)| (name, never_null(schema))).collect()
}

/// Adds the schema of a type and of everything in it.
fn add<T: ToSchema>(schemas: &mut Named) {
    schemas.push((T::name().into_owned(), T::schema()));
    T::schemas(schemas);
}

/// A field that may be absent is derived as one that may be `null`. Absent it is (contract, "Commands").
fn never_null(schema: RefOr<Schema>) -> RefOr<Schema> {
    let RefOr::T(schema) = schema else { return schema };
    let schema = match schema {
        Schema::OneOf(mut one_of) => {
            one_of.items = one_of.items.into_iter().filter(|item| !is_null(item)).map(never_null).collect();
            if one_of.items.len() == 1 {
                return one_of.items.remove(0);
            }
            Schema::OneOf(one_of)
        }
        Schema::AllOf(mut all_of) => {
            all_of.items = all_of.items.into_iter().map(never_null).collect();
            Schema::AllOf(all_of)
        }
        Schema::Object(object) => Schema::Object(without_null(object)),
        other => other,
    };
    RefOr::T(schema)
}

fn without_null(mut object: Object) -> Object {
    if let SchemaType::Array(types) = &mut object.schema_type {
        types.retain(|one| *one != Type::Null);
        if let [only] = types.as_slice() {
            object.schema_type = SchemaType::Type(only.clone());
        }
    }
    object.properties =
        object.properties.into_iter().map(|(name, schema)| (name, never_null(schema))).collect();
    object
}

fn is_null(schema: &RefOr<Schema>) -> bool {
    matches!(schema, RefOr::T(Schema::Object(object)) if object.schema_type == SchemaType::Type(Type::Null))
}
