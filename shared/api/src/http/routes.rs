//! The route table: what the template, the local server and the functions agree on.

use lambda_http::http::Method;

/// The methods that read, as the `Allow` header lists them.
pub const READING: &str = "GET, HEAD";

/// Where it can be asked whether there is anybody. Neither credentials nor the store are needed for it, so it tells of the gateway and of
/// one function, and of nothing else.
pub const HEALTH: [&str; 2] = ["/", "/health"];

/// A route of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// `POST /users/{id}/AddPhysicalKey`
    AddPhysicalKey,
    /// `POST /users/{id}/RemovePhysicalKey`
    RemovePhysicalKey,
    /// `GET /users/{id}/PhysicalKeys`
    ListPhysicalKeys,
    /// `GET /users/{id}/PhysicalKeys/{number}`
    GetPhysicalKey,
    /// `GET /users/{id}/PhysicalKeyEvents`
    ListPhysicalKeyEvents,
    /// `GET /orgs/{orgId}/PhysicalKeys`
    ListOrgPhysicalKeys,
}

/// A route that was found, and its path parameters as they stand in the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched<'a> {
    /// The route.
    pub route: Route,
    /// Names and values, in the order of the path.
    pub parameters: Vec<(&'static str, &'a str)>,
}

/// What the reference says of an operation.
#[derive(Debug, Clone, Copy)]
pub struct Documentation {
    /// In a few words.
    pub summary: &'static str,
    /// In full.
    pub description: &'static str,
    /// What a 200 says.
    pub answered: &'static str,
}

impl Route {
    /// Every route.
    pub const ALL: [Self; 6] = [
        Self::AddPhysicalKey,
        Self::RemovePhysicalKey,
        Self::ListPhysicalKeys,
        Self::GetPhysicalKey,
        Self::ListPhysicalKeyEvents,
        Self::ListOrgPhysicalKeys,
    ];

    /// The command's or the query's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AddPhysicalKey => "AddPhysicalKey",
            Self::RemovePhysicalKey => "RemovePhysicalKey",
            Self::ListPhysicalKeys => "ListPhysicalKeys",
            Self::GetPhysicalKey => "GetPhysicalKey",
            Self::ListPhysicalKeyEvents => "ListPhysicalKeyEvents",
            Self::ListOrgPhysicalKeys => "ListOrgPhysicalKeys",
        }
    }

    /// Whether it is a command's route rather than a query's.
    #[must_use]
    pub const fn is_command(self) -> bool {
        match self {
            Self::AddPhysicalKey | Self::RemovePhysicalKey => true,
            Self::ListPhysicalKeys
            | Self::GetPhysicalKey
            | Self::ListPhysicalKeyEvents
            | Self::ListOrgPhysicalKeys => false,
        }
    }

    /// The method that it is documented with. Each path has one.
    #[must_use]
    pub const fn method(self) -> Method {
        if self.is_command() { Method::POST } else { Method::GET }
    }

    /// Whether it answers requests of this method: `HEAD` is answered like `GET` (contract, "HTTP manners").
    #[must_use]
    pub fn takes(self, method: &Method) -> bool {
        *method == self.method() || (*method == Method::HEAD && self.method() == Method::GET)
    }

    /// The methods that it takes, as the `Allow` header lists them.
    #[must_use]
    pub fn allowed(self) -> &'static str {
        if self.takes(&Method::HEAD) { READING } else { "POST" }
    }

    /// The path, its parameters in braces.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::AddPhysicalKey => "/users/{id}/AddPhysicalKey",
            Self::RemovePhysicalKey => "/users/{id}/RemovePhysicalKey",
            Self::ListPhysicalKeys => "/users/{id}/PhysicalKeys",
            Self::GetPhysicalKey => "/users/{id}/PhysicalKeys/{number}",
            Self::ListPhysicalKeyEvents => "/users/{id}/PhysicalKeyEvents",
            Self::ListOrgPhysicalKeys => "/orgs/{orgId}/PhysicalKeys",
        }
    }

    /// The names of the path's parameters.
    pub fn parameters(self) -> impl Iterator<Item = &'static str> {
        self.path().split('/').filter_map(parameter)
    }

    /// The path with its parameters filled in, as they are given.
    #[must_use]
    pub fn path_of<'a>(self, value: impl Fn(&str) -> &'a str) -> String {
        let segments = self.path().split('/').map(|segment| parameter(segment).map_or(segment, &value));
        segments.collect::<Vec<_>>().join("/")
    }

    /// Finds the route of a method and an encoded path.
    #[must_use]
    pub fn find<'a>(method: &Method, path: &'a str) -> Option<Matched<'a>> {
        let candidates = Self::ALL.into_iter().filter(|route| route.takes(method));
        let mut found = candidates.filter_map(|route| {
            let segments: Vec<_> = path.split('/').collect();
            let parameters = match_segments(route.path(), &segments)?;
            Some(Matched { route, parameters })
        });
        found.next()
    }

    /// The route whose path a decoded path may have been. The id may hold slashes by then, and a stage or the base path
    /// of a custom domain may stand in front, so this is for telling the right method, not for choosing a function.
    #[must_use]
    pub fn of_decoded(path: &str) -> Option<Self> {
        let decoded: Vec<_> = path.split('/').collect();
        Self::ALL.into_iter().find(|route| {
            // Every path is `/collection/{id}/…`: what is too much belongs to the id, or stands in front.
            let expected: Vec<_> = route.path().split('/').collect();
            let [_, collection, _, after @ ..] = expected.as_slice() else { return false };
            let Some(end) = decoded.len().checked_sub(after.len()) else { return false };
            let (begin, ending) = decoded.split_at(end);
            let ends = after.iter().zip(ending).all(|(expected, segment)| match parameter(expected) {
                Some(_) => !segment.is_empty(),
                None => expected == segment,
            });
            let mut ids = (1..begin.len()).filter(|place| begin[*place] == *collection);
            ends && ids.any(|place| !begin[place + 1..].join("/").is_empty())
        })
    }
}

/// The name of a parameter, if the segment is one.
fn parameter(segment: &'static str) -> Option<&'static str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

/// The parameters of a path that has these segments; none of them is empty.
fn match_segments<'a>(path: &'static str, segments: &[&'a str]) -> Option<Vec<(&'static str, &'a str)>> {
    let expected: Vec<_> = path.split('/').collect();
    if expected.len() != segments.len() {
        return None;
    }
    let mut parameters = Vec::new();
    for (expected, segment) in expected.into_iter().zip(segments) {
        match parameter(expected) {
            Some(name) if !segment.is_empty() => parameters.push((name, *segment)),
            None if expected == *segment => {}
            _ => return None,
        }
    }
    Some(parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(method: &Method, path: &str, route: Route, parameters: &[(&str, &str)]) {
        let found = Route::find(method, path).unwrap();
        assert_eq!((found.route, found.parameters.as_slice()), (route, parameters), "{path}");
    }

    #[test]
    fn routes_are_found_by_their_method_and_path() {
        check(&Method::POST, "/users/a%2Fb/AddPhysicalKey", Route::AddPhysicalKey, &[("id", "a%2Fb")]);
        check(&Method::POST, "/users/alice/RemovePhysicalKey", Route::RemovePhysicalKey, &[("id", "alice")]);
        check(&Method::GET, "/users/alice/PhysicalKeys", Route::ListPhysicalKeys, &[("id", "alice")]);
        let both = [("id", "alice"), ("number", "7")];
        check(&Method::GET, "/users/alice/PhysicalKeys/7", Route::GetPhysicalKey, &both);
        check(&Method::GET, "/users/a/PhysicalKeyEvents", Route::ListPhysicalKeyEvents, &[("id", "a")]);
        check(&Method::GET, "/orgs/acme/PhysicalKeys", Route::ListOrgPhysicalKeys, &[("orgId", "acme")]);
        assert_eq!(Route::find(&Method::GET, "/users/alice/AddPhysicalKey"), None);
    }

    #[test]
    fn a_path_is_filled_in_where_its_parameters_are() {
        let value = |name: &str| if name == "id" { "a%2Fb" } else { "7" };
        assert_eq!(Route::GetPhysicalKey.path_of(value), "/users/a%2Fb/PhysicalKeys/7");
    }

    #[test]
    fn a_decoded_path_is_recognised_with_slashes_in_the_id() {
        for (path, route) in [
            ("/users/a/b/AddPhysicalKey", Route::AddPhysicalKey),
            ("/users/a/RemovePhysicalKey", Route::RemovePhysicalKey),
            ("/users/a/b/c/PhysicalKeys", Route::ListPhysicalKeys),
            ("/users/a/b/PhysicalKeys/7", Route::GetPhysicalKey),
            ("/orgs/a//b/PhysicalKeys", Route::ListOrgPhysicalKeys),
            ("/v1/users/a/AddPhysicalKey", Route::AddPhysicalKey),
            ("/prod/inventory/v1/users/a/b/PhysicalKeys/7", Route::GetPhysicalKey),
            ("/v1/orgs/a/PhysicalKeys", Route::ListOrgPhysicalKeys),
        ] {
            assert_eq!(Route::of_decoded(path), Some(route), "{path}");
        }
        for path in [
            "/users//AddPhysicalKey",
            "/users/AddPhysicalKey",
            "/users/a/b",
            "/a/AddPhysicalKey",
            "/v1/users//AddPhysicalKey",
            "/users/a/PhysicalKeys/",
            "users/a/AddPhysicalKey",
            "",
        ] {
            assert_eq!(Route::of_decoded(path), None, "{path}");
        }
    }

    #[test]
    fn every_other_path_leads_nowhere() {
        for path in [
            "/",
            "",
            "/users",
            "/users/",
            "/users//AddPhysicalKey",
            "/users/alice",
            "/users/alice/addPhysicalKey",
            "/users/alice/AddPhysicalKey/",
            "/users/a/b/AddPhysicalKey",
            "/v1/users/alice/AddPhysicalKey",
            "/orgs/acme/AddPhysicalKey",
        ] {
            assert_eq!(Route::find(&Method::POST, path), None, "{path}");
        }
        for path in [
            "/users/a/PhysicalKeys/",
            "/users/a/PhysicalKeys/7/",
            "/orgs/acme/PhysicalKeys/7",
            "/orgs//PhysicalKeys",
        ] {
            assert_eq!(Route::find(&Method::GET, path), None, "{path}");
        }
    }
}
