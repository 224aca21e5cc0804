//! What protoc allows in descriptors, and protox refuses.

use std::collections::HashSet;
use std::hash::Hash;

use prost_reflect::{DynamicMessage, ReflectMessage as _, Value};
use prost_types::FileDescriptorSet;

/// The largest number of a field. Only extensions of a message with `message_set_wire_format` have larger ones.
const LARGEST_NUMBER: i32 = (1 << 29) - 1;

/// The set as protox accepts it, to be checked and for its options: never to generate code from.
///
/// Fields whose names are alike in JSON have others, and extensions with large numbers are left out. Unlike with
/// `prost_types`, extensions in options are kept.
pub(crate) fn rewritten(set: &[u8]) -> Option<Vec<u8>> {
    let mut set = DynamicMessage::decode(FileDescriptorSet::default().descriptor(), set).ok()?;
    each(&mut set, "file", |file| {
        leave_out_large(file);
        each(file, "message_type", rewrite);
    });
    Some(prost::Message::encode_to_vec(&set))
}

fn rewrite(message: &mut DynamicMessage) {
    leave_out_large(message);
    rename(message);
    each(message, "nested_type", rewrite);
}

/// Of fields with the same name something is wrong: they are left to be refused.
fn rename(message: &mut DynamicMessage) {
    let mut fields = vec![];
    each(message, "field", |field| fields.push((text(field, "name"), text(field, "json_name"))));
    let names = || fields.iter().map(|(name, _)| name);
    let are_alike = !distinct(names().map(|name| name.to_lowercase().replace('_', "")))
        || !distinct(fields.iter().map(|(_, in_json)| in_json).filter(|in_json| !in_json.is_empty()));
    if !are_alike || !distinct(names()) {
        return;
    }
    let mut index = 0;
    each(message, "field", |field| {
        field.set_field_by_name("name", Value::String(format!("field_{index}")));
        field.clear_field_by_name("json_name");
        index += 1;
    });
}

fn distinct<T: Eq + Hash>(values: impl IntoIterator<Item = T>) -> bool {
    let mut seen = HashSet::new();
    values.into_iter().all(|value| seen.insert(value))
}

fn leave_out_large(scope: &mut DynamicMessage) {
    let is_large = |extension: &Value| {
        let number = extension.as_message().and_then(|extension| extension.get_field_by_name("number")?.as_i32());
        number > Some(LARGEST_NUMBER)
    };
    if let Some(Value::List(extensions)) = scope.get_field_by_name_mut("extension") {
        extensions.retain(|extension| !is_large(extension));
    }
}

fn each(message: &mut DynamicMessage, field: &str, change: impl FnMut(&mut DynamicMessage)) {
    let list = message.get_field_by_name_mut(field).and_then(Value::as_list_mut);
    list.into_iter().flatten().filter_map(Value::as_message_mut).for_each(change);
}

fn text(message: &DynamicMessage, field: &str) -> String {
    message.get_field_by_name(field).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
