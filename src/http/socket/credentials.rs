use apollo_compiler::response::{JsonMap, JsonValue};
use axum::http::HeaderValue;

use crate::auth::TokenError;
use crate::error::{ApiError, Code};

/// The member of the payload of `connection_init` that stands for the header,
/// which pages cannot set on WebSockets.
const MEMBER: &str = "authorization";

/// What says who asks: the payload of `connection_init`, or else the header of
/// the handshake.
///
/// # Errors
/// [`ApiError`] where that is not clear. It is never nobody then.
pub(super) fn authorization(
    header: Option<&HeaderValue>,
    payload: Option<&JsonMap>,
) -> Result<Option<Vec<u8>>, ApiError> {
    let members = payload.into_iter().flatten();
    let mut members = members.filter(|(name, _)| name.as_str().eq_ignore_ascii_case(MEMBER));
    let given = match (members.next(), members.next()) {
        (_, Some(_)) => return Err(TokenError::Malformed.into()),
        (Some((_, value)), None) => Some(value.as_str().ok_or(TokenError::Malformed)?),
        (None, None) => None,
    };
    if given.is_none() && payload.is_some_and(names_a_token_elsewhere) {
        return Err(ApiError::new(
            Code::Unauthenticated,
            "The token belongs in the payload of connection_init as {\"Authorization\": \"Bearer \
             TOKEN\"}.",
        ));
    }
    match (given, header) {
        (Some(given), Some(header)) if header.as_bytes() != given.as_bytes() => Err(ApiError::new(
            Code::Unauthenticated,
            "connection_init and the Authorization header name different tokens.",
        )),
        (Some(given), _) => Ok(Some(given.as_bytes().to_vec())),
        (None, header) => Ok(header.map(|header| header.as_bytes().to_vec())),
    }
}

/// Whether there is a token where other servers look for it.
fn names_a_token_elsewhere(payload: &JsonMap) -> bool {
    payload.iter().any(|(name, value)| match name.as_str() {
        "token" | "accessToken" | "authToken" => is_text(value),
        "headers" => value.as_object().is_some_and(|headers| {
            let mut headers = headers.iter();
            headers
                .any(|(name, value)| name.as_str().eq_ignore_ascii_case(MEMBER) && is_text(value))
        }),
        _ => false,
    })
}

fn is_text(value: &JsonValue) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(header: Option<&'static str>, payload: &str) -> Result<Option<String>, Code> {
        let header = header.map(HeaderValue::from_static);
        let payload: Option<JsonMap> = serde_json::from_str(payload).unwrap();
        match authorization(header.as_ref(), payload.as_ref()) {
            Ok(given) => Ok(given.map(|given| String::from_utf8(given).unwrap())),
            Err(error) => Err(error.code()),
        }
    }

    #[test]
    fn the_payload_or_else_the_header_says_who_asks() {
        let token = || Ok(Some("Bearer a".to_owned()));
        for name in ["Authorization", "authorization", "AUTHORIZATION"] {
            assert_eq!(read(None, &format!(r#"{{"{name}":"Bearer a"}}"#)), token());
        }
        assert_eq!(read(Some("Bearer a"), "null"), token());
        assert_eq!(read(Some("Bearer a"), "{}"), token());
        assert_eq!(
            read(Some("Bearer a"), r#"{"Authorization":"Bearer a"}"#),
            token()
        );
        for nothing in [
            r#"{"headers":{"a":"b"},"token":null}"#,
            r#"{"headers":{"authorization":null},"token":""}"#,
        ] {
            assert_eq!(read(None, nothing), Ok(None));
        }
    }

    #[test]
    fn what_is_not_clear_is_never_nobody() {
        for (header, payload) in [
            (Some("Bearer a"), r#"{"Authorization":"Bearer b"}"#),
            (Some("Bearer a"), r#"{"Authorization":""}"#),
            (
                None,
                r#"{"Authorization":"Bearer a","authorization":"Bearer a"}"#,
            ),
            (None, r#"{"Authorization":null}"#),
            (None, r#"{"token":"Bearer a"}"#),
            (None, r#"{"accessToken":"a"}"#),
            (Some("Bearer a"), r#"{"authToken":"a"}"#),
            (None, r#"{"headers":{"authorization":"Bearer a"}}"#),
            (None, r#"{"Authorization":["Bearer a"]}"#),
        ] {
            assert_eq!(
                read(header, payload),
                Err(Code::Unauthenticated),
                "{payload}"
            );
        }
    }
}
