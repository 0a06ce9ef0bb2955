//! Bodies that are no JSON.

use super::{assert_alive, refused};
use crate::app::TestApp;

#[tokio::test]
async fn a_body_that_is_no_json_is_refused() {
    let app = TestApp::shared().await;
    for body in [
        &b""[..],
        b" ",
        b"   \n\t  ",
        b"null",
        b"true",
        b"5",
        b"\"{ __typename }\"",
        b"{ __typename }",
        b"query=%7B__typename%7D",
        b"{\"query\":\"{ __typename }\"",
        b"{\"query\":\"{ __typename }\"} x",
        b"{\"query\":\"{ __typename }\",}",
        b"{'query':'{ __typename }'}",
        b"{\"query\":\"{ __typename }\" /* c */}",
        b"{\"query\":\"{\n__typename }\"}",
        b"\xef\xbb\xbf{\"query\":\"{ __typename }\"}",
        b"\xff\xfe{\0\"\0",
        b"{\"query\":\"{ a(b: \\\"\xff\\\") }\"}",
        b"{\"query\":\"{ a(b: \\\"\xc3\\\") }\"}",
        b"{\"query\":\"\\ud800\"}",
        b"{\"query\":\"\\udc00\\ud800\"}",
        b"{\"query\":\"{ __typename }\",\"variables\":{\"a\":\"\\ud800\"}}",
        b"{\"query\":\"{ __typename }\",\"variables\":{\"\\ud800\":1}}",
        b"{\"query\":\"\\x\"}",
        b"\0",
        b"\x1f\x8b\x08\0\0\0\0\0\0\x03",
    ] {
        let case = String::from_utf8_lossy(body).into_owned();
        let errors = refused(&case, &app.anonymous().post(body.to_vec()).await);
        assert_eq!(
            errors[0]["extensions"]["code"], "BAD_REQUEST",
            "{case}: {errors:#?}"
        );
    }
    assert_alive().await;
}
