//! Several items of one service and user name: which is the newest, and which are the same entry in other words.

use std::collections::HashMap;

/// Attributes that say how an item was written, and nothing of whose it is: Python's `keyring` and this crate name an
/// application, libsecret a schema, older versions of Rust's `keyring` a target.
const ATTRIBUTES: [&str; 5] = ["service", "username", "application", "xdg:schema", "target"];

/// Whether an item with these attributes is nothing but the entry of its service and user name.
pub(super) fn is_twin(attributes: &HashMap<String, String>) -> bool {
    attributes.keys().all(|name| ATTRIBUTES.contains(&name.as_str()))
}

/// Orders items from the oldest to the newest. Keyrings count in seconds, and number what they create.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Age {
    modified: u64,
    created: u64,
    number: u64,
}

impl Age {
    pub(super) fn new(modified: u64, created: u64, path: &str) -> Self {
        let number = path.rsplit('/').next().and_then(|name| name.parse().ok()).unwrap_or_default();
        Self { modified, created, number }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_item_that_was_modified_last_is_the_newest() {
        let path = |number: u32| format!("/org/freedesktop/secrets/collection/login/{number}");
        let in_order = [
            Age::new(1, 9, &path(9)),
            Age::new(2, 1, &path(8)),
            Age::new(2, 2, &path(7)),
            Age::new(2, 2, &path(10)),
            Age::new(3, 1, "/no/number"),
        ];
        assert!(in_order.is_sorted(), "{in_order:?}");
    }

    #[test]
    fn what_other_tools_write_beside_service_and_user_name_is_theirs() {
        for (attributes, twin) in [
            (&["service", "username"][..], true),
            (&["service", "username", "application"], true),
            (&["service", "username", "xdg:schema"], true),
            (&["service", "username", "application", "target"], true),
            (&["service", "username", "environment"], false),
            (&["service", "username", "Title", "Uuid"], false),
        ] {
            let attributes = attributes.iter().map(|name| ((*name).to_owned(), "value".to_owned())).collect();
            assert_eq!(is_twin(&attributes), twin, "{attributes:?}");
        }
    }
}
