//! The derived schemas, and what Rust's types do not say of themselves: nothing is ever `null`, and a request has no
//! members but the documented ones.

use api::http::problem::ProblemBody;
use api::http::routes::Route;
use utoipa::ToSchema;
use utoipa::openapi::schema::{AdditionalProperties, Discriminator, Object, Schema, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr};

use crate::catalogue::{Entry, entry};
use crate::webhooks;

/// Which variant it is.
const TYPE: &str = "type";

/// Schemas by name.
pub(crate) type Named = Vec<(String, RefOr<Schema>)>;

/// All schemas by name. What is sent is closed to members that are not documented; clients have to bear with new ones in what
/// they are answered.
pub(crate) fn all() -> Named {
    let mut schemas = Named::new();
    for route in Route::ALL {
        let Entry { request, schemas: of_route, .. } = entry(route);
        let requested = request.map(|(name, _)| name);
        schemas.extend(of_route.into_iter().map(|(name, schema)| {
            let schema = if Some(&name) == requested.as_ref() { closed(schema) } else { schema };
            (name, schema)
        }));
    }
    add::<ProblemBody<'static>>(&mut schemas);
    schemas.extend(webhooks::schemas());
    let schemas = schemas.into_iter().map(|(name, schema)| (name, never_null(schema)));
    schemas.flat_map(|(name, schema)| with_variants(name, schema)).collect()
}

/// A schema, and beside it each of its variants by a name of its own where a `type` tells which it is: a generator that does not name
/// variants would count them.
fn with_variants(name: String, mut schema: RefOr<Schema>) -> Named {
    let mut schemas = Named::new();
    if let RefOr::T(Schema::OneOf(one_of)) = &mut schema {
        let mut told_by = Discriminator::new(TYPE);
        for item in &mut one_of.items {
            let Some(variant) = told_type(item).map(|told| (told.clone(), format!("{told}{name}"))) else {
                continue;
            };
            let (told, variant) = variant;
            let reference = Ref::from_schema_name(&variant);
            told_by.mapping.insert(told, reference.ref_location.clone());
            schemas.push((variant, std::mem::replace(item, reference.into())));
        }
        one_of.discriminator = (!schemas.is_empty()).then_some(told_by);
    }
    schemas.push((name, schema));
    schemas
}

/// The one value that a variant's `type` has.
fn told_type(variant: &RefOr<Schema>) -> Option<String> {
    let RefOr::T(Schema::Object(object)) = variant else { return None };
    let RefOr::T(Schema::Object(told)) = object.properties.get(TYPE)? else { return None };
    match told.enum_values.as_deref()? {
        [only] => only.as_str().map(str::to_owned),
        _ => None,
    }
}

fn closed(mut schema: RefOr<Schema>) -> RefOr<Schema> {
    if let RefOr::T(Schema::Object(object)) = &mut schema {
        object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
    }
    schema
}

/// Adds the schema of a type and of everything in it.
pub(crate) fn add<T: ToSchema>(schemas: &mut Named) {
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
