//! Paths of services and methods as they stand in settings: `package.Service` and `package.Service/Method`.

use std::fmt;

/// The path of a service (`package.Service`) or of one of its methods (`package.Service/Method`).
///
/// It is what gRPC sends as `:path`, less the leading slash. A service without a package is just `Service`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RpcPath {
    service: String,
    method: Option<String>,
}

/// A path that is written in a way in which no service and no method can be named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathError {
    path: String,
    problem: String,
}

// === impl RpcPath ===

impl RpcPath {
    /// Reads a path, without asking whether such a service exists.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the path and how to write it.
    pub fn parse(path: &str) -> Result<Self, PathError> {
        let error = |problem: &str| PathError { path: path.to_owned(), problem: problem.to_owned() };
        if path.is_empty() {
            return Err(error("it is empty"));
        }
        if let Some(character) = path.chars().find(|character| !is_path_character(*character)) {
            return Err(error(&format!("it contains {character:?}")));
        }
        if path.starts_with('/') {
            return Err(error("it starts with a slash"));
        }
        if path.starts_with('.') {
            return Err(error("it starts with a dot"));
        }
        let (service, method) = match path.split_once('/') {
            None => (path, None),
            Some((service, method)) => (service, Some(method)),
        };
        if service.split('.').any(str::is_empty) {
            return Err(error("a part of the service's name is empty"));
        }
        match method {
            Some("") => Err(error("the method's name is missing")),
            Some(method) if method.contains('/') => Err(error("it contains more than one slash")),
            Some(method) if method.contains('.') => Err(error("the method's name contains a dot")),
            _ => Ok(Self { service: service.to_owned(), method: method.map(str::to_owned) }),
        }
    }

    /// The service with its package: `package.Service`.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// The method's name in the proto file, if the path names one.
    pub fn method(&self) -> Option<&str> {
        self.method.as_deref()
    }
}

impl fmt::Display for RpcPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.service)?;
        match &self.method {
            Some(method) => write!(f, "/{method}"),
            None => Ok(()),
        }
    }
}

/// The characters of identifiers in proto files, and the hyphen: services written down without a proto file
/// (`tonic_build::manual`) may have route names with it.
fn is_path_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.' | '/')
}

// === impl PathError ===

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, problem } = self;
        write!(
            f,
            "malformed path {path:?}: {problem}; write `package.Service` for a service or `package.Service/Method` \
             for one of its methods"
        )
    }
}

impl std::error::Error for PathError {}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed test panics")]
mod tests {
    use super::RpcPath;

    #[test]
    fn services_and_methods_are_told_apart_by_the_slash() {
        let service = RpcPath::parse("package.v1.Service").unwrap();
        assert_eq!((service.service(), service.method()), ("package.v1.Service", None));
        let method = RpcPath::parse("Service/Method").unwrap();
        assert_eq!((method.service(), method.method()), ("Service", Some("Method")));
        assert_eq!(method.to_string(), "Service/Method");
    }

    #[test]
    fn what_cannot_name_a_service_is_refused_with_the_reason() {
        for (path, problem) in [
            ("", "it is empty"),
            ("/package.Service/Method", "it starts with a slash"),
            (".package.Service", "it starts with a dot"),
            ("package..Service", "a part of the service's name is empty"),
            ("package.Service.", "a part of the service's name is empty"),
            ("package.Service/", "the method's name is missing"),
            ("package.Service/A/B", "it contains more than one slash"),
            ("package.Service/A.B", "the method's name contains a dot"),
            ("package.Service Method", "it contains ' '"),
            ("package.Service\")]", "it contains '\"'"),
            ("package.Service\n", "it contains '\\n'"),
        ] {
            let message = RpcPath::parse(path).unwrap_err().to_string();
            assert!(message.contains(problem), "{path:?}: {message}");
        }
    }
}
