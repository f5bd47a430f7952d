//! The route table: what the template, the local server and the functions agree on.

use lambda_http::http::Method;

/// A route of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// `POST /users/{id}/AddPhysicalKey`
    AddPhysicalKey,
    /// `POST /users/{id}/RemovePhysicalKey`
    RemovePhysicalKey,
}

/// What a method and a path lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matched<'a> {
    /// A route, and the path's `{id}` as it stands in the path.
    Route(Route, &'a str),
    /// The path is a route's, the method is not; this one is.
    AnotherMethod(Method),
    /// No route has this path.
    Nothing,
}

impl Route {
    /// Every route.
    pub const ALL: [Self; 2] = [Self::AddPhysicalKey, Self::RemovePhysicalKey];

    /// The name that the path ends in, the command's or the query's.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AddPhysicalKey => "AddPhysicalKey",
            Self::RemovePhysicalKey => "RemovePhysicalKey",
        }
    }

    /// The method it takes.
    #[must_use]
    pub const fn method(self) -> Method {
        match self {
            Self::AddPhysicalKey | Self::RemovePhysicalKey => Method::POST,
        }
    }

    /// The path with `{id}` filled in, as it is given.
    #[must_use]
    pub fn path_of(self, id: &str) -> String {
        format!("/users/{id}/{}", self.name())
    }

    /// Finds the route of a method and an encoded path.
    #[must_use]
    pub fn find<'a>(method: &Method, path: &'a str) -> Matched<'a> {
        let Some((id, name)) = path.strip_prefix("/users/").and_then(|rest| rest.split_once('/')) else {
            return Matched::Nothing;
        };
        match Self::ALL.into_iter().find(|route| route.name() == name) {
            Some(_) if id.is_empty() => Matched::Nothing,
            Some(route) if route.method() == *method => Matched::Route(route, id),
            Some(route) => Matched::AnotherMethod(route.method()),
            None => Matched::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(method: &Method, path: &str, expected: &Matched<'_>) {
        assert_eq!(Route::find(method, path), *expected, "{method} {path}");
    }

    #[test]
    fn routes_are_found_by_their_path() {
        check(&Method::POST, "/users/a%2Fb/AddPhysicalKey", &Matched::Route(Route::AddPhysicalKey, "a%2Fb"));
        check(
            &Method::POST,
            "/users/alice/RemovePhysicalKey",
            &Matched::Route(Route::RemovePhysicalKey, "alice"),
        );
    }

    #[test]
    fn another_method_is_told_the_right_one() {
        check(&Method::GET, "/users/alice/AddPhysicalKey", &Matched::AnotherMethod(Method::POST));
        check(&Method::DELETE, "/users/alice/RemovePhysicalKey", &Matched::AnotherMethod(Method::POST));
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
        ] {
            check(&Method::POST, path, &Matched::Nothing);
        }
    }
}
