//! `flyte-admin whoami`.

use std::io::Write;

use crate::{CallError, Flyte, proto::service::UserInfoRequest};

pub(super) async fn show(flyte: &Flyte, output: &mut impl Write) -> anyhow::Result<()> {
    let answer = flyte.identity.user_info(UserInfoRequest {}).await.map_err(CallError::of("ask who is calling"))?;
    let user = answer.into_inner();
    let claims =
        [("subject", user.subject), ("name", user.name), ("user name", user.preferred_username), ("email", user.email)];
    for (claim, value) in claims {
        if !value.is_empty() {
            writeln!(output, "{claim:<10}  {value}")?;
        }
    }
    Ok(())
}
