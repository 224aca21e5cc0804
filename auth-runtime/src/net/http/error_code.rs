//! The OAuth 2 error code in a response that is an error by its status already.

use serde_json::Value;

use crate::limits;

/// The code, if there is one of the form that the registered ones have.
pub(super) fn error_code(body: &[u8]) -> Option<String> {
    let Ok(Value::Object(fields)) = serde_json::from_slice(body) else { return None };
    let code = fields.get("error")?.as_str()?;
    let usual = (1..=limits::MAX_ERROR_CODE_BYTES).contains(&code.len())
        && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    usual.then(|| code.to_owned())
}
