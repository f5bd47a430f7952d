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

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|route| route.name() == name)
    }

    /// The route whose path a decoded path may have been. The `{id}` may hold slashes by then, so this is for
    /// telling the right method, not for choosing a function.
    #[must_use]
    pub fn of_decoded(path: &str) -> Option<Self> {
        let (id, name) = path.strip_prefix("/users/")?.rsplit_once('/')?;
        Self::named(name).filter(|_| !id.is_empty())
    }

    /// Finds the route of a method and an encoded path, and the path's `{id}` as it stands there.
    #[must_use]
    pub fn find<'a>(method: &Method, path: &'a str) -> Option<(Self, &'a str)> {
        let (id, name) = path.strip_prefix("/users/")?.split_once('/')?;
        let route = Self::named(name)?;
        (!id.is_empty() && route.method() == *method).then_some((route, id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_found_by_their_method_and_path() {
        let find = |path| Route::find(&Method::POST, path);
        assert_eq!(find("/users/a%2Fb/AddPhysicalKey"), Some((Route::AddPhysicalKey, "a%2Fb")));
        assert_eq!(find("/users/alice/RemovePhysicalKey"), Some((Route::RemovePhysicalKey, "alice")));
        assert_eq!(Route::find(&Method::GET, "/users/alice/AddPhysicalKey"), None);
    }

    #[test]
    fn a_decoded_path_is_recognised_with_slashes_in_the_id() {
        assert_eq!(Route::of_decoded("/users/a/b/AddPhysicalKey"), Some(Route::AddPhysicalKey));
        assert_eq!(Route::of_decoded("/users/a/RemovePhysicalKey"), Some(Route::RemovePhysicalKey));
        for path in ["/users//AddPhysicalKey", "/users/AddPhysicalKey", "/users/a/b", "/a/AddPhysicalKey", ""]
        {
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
        ] {
            assert_eq!(Route::find(&Method::POST, path), None, "{path}");
        }
    }
}
