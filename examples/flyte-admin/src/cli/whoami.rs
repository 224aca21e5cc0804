//! `flyte-admin whoami`.

use std::{collections::BTreeMap, io::Write};

use prost_types::{Struct, value::Kind};
use serde_json::{Value, json};

use crate::{
    CallError, Flyte, Format,
    output::write_json,
    proto::service::{UserInfoRequest, UserInfoResponse},
};

pub(super) async fn show(flyte: &Flyte, format: Format, output: &mut impl Write) -> anyhow::Result<()> {
    let response = flyte.identity.user_info(UserInfoRequest {}).await.map_err(CallError::of("ask who is calling"))?;
    let user = response.into_inner();
    match format {
        Format::Json => write_json(&document(user), output),
        Format::Text => write(user, output),
    }
}

fn write(user: UserInfoResponse, output: &mut impl Write) -> anyhow::Result<()> {
    let about_a_person =
        [("subject", user.subject), ("name", user.name), ("user name", user.preferred_username), ("email", user.email)];
    let further = claims(user.additional_claims);
    if about_a_person.iter().all(|(_, value)| value.is_empty()) {
        writeln!(output, "a client, not a person")?;
    }
    let about_a_person = about_a_person.into_iter().map(|(claim, value)| (claim.to_owned(), value));
    for (claim, value) in about_a_person.chain(further).filter(|(_, value)| !value.is_empty()) {
        writeln!(output, "{claim:<10}  {value}")?;
    }
    Ok(())
}

fn document(user: UserInfoResponse) -> Value {
    let is_person =
        [&user.subject, &user.name, &user.preferred_username, &user.email].iter().any(|text| !text.is_empty());
    json!({
        "person": is_person,
        "subject": user.subject,
        "name": user.name,
        "user_name": user.preferred_username,
        "email": user.email,
        "claims": claims(user.additional_claims),
    })
}

/// What a server says of a client, and of a person beyond the usual.
fn claims(claims: Option<Struct>) -> BTreeMap<String, String> {
    claims.into_iter().flat_map(|claims| claims.fields).map(|(name, value)| (name, text(value))).collect()
}

fn text(value: prost_types::Value) -> String {
    match value.kind {
        Some(Kind::StringValue(text)) => text,
        Some(Kind::NumberValue(number)) => number.to_string(),
        Some(Kind::BoolValue(flag)) => flag.to_string(),
        Some(Kind::ListValue(list)) => list.values.into_iter().map(text).collect::<Vec<_>>().join(" "),
        Some(Kind::StructValue(_) | Kind::NullValue(_)) | None => String::new(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    fn said(user: UserInfoResponse) -> String {
        let mut output = vec![];
        write(user, &mut output).unwrap();
        String::from_utf8(output).unwrap()
    }

    /// Of a client, a real flyteadmin says nothing but claims, and some say not even those.
    #[test]
    fn something_is_said_of_everybody() {
        assert_eq!(said(UserInfoResponse::default()), "a client, not a person\n");
        let text = |text: &str| prost_types::Value { kind: Some(Kind::StringValue(text.into())) };
        let list = prost_types::ListValue { values: vec![text("all"), text("offline")] };
        let scopes = prost_types::Value { kind: Some(Kind::ListValue(list)) };
        let claims = Some(Struct { fields: [("scp".to_owned(), scopes)].into() });
        let client = UserInfoResponse { additional_claims: claims, ..UserInfoResponse::default() };
        assert_eq!(said(client), "a client, not a person\nscp         all offline\n");
        let person = UserInfoResponse { email: "ada@example.com".into(), ..UserInfoResponse::default() };
        assert_eq!(said(person), "email       ada@example.com\n");
    }
}
