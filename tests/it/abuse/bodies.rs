//! Bodies that are no requests, or are more than one.

use super::Expected::Refused;
use super::{Abuse, Expected};

const NO_REQUEST: Expected = Refused(400, "BAD_REQUEST");
const TOO_LARGE: Expected = Refused(413, "PAYLOAD_TOO_LARGE");
const NO_JSON: Expected = Refused(415, "UNSUPPORTED_MEDIA_TYPE");

pub fn all() -> Vec<Abuse> {
    let post = |name, body: &str, expected| Abuse::post(name, body.as_bytes(), expected);
    let typed = |name, head: &str, body: &[u8], expected| {
        let head = format!("{head}content-length: {}\r\n", body.len());
        Abuse::raw("POST /graphql", &head, name, body, expected)
    };
    let chunk = format!("{:x}\r\n{}\r\n", 64 * 1024, " ".repeat(64 * 1024));
    vec![
        post(
            "900,000 lists in each other",
            &"[".repeat(900_000),
            TOO_LARGE,
        ),
        post(
            "variables of 100,000 lists in each other",
            &format!(
                r#"{{"query":"{{ __typename }}","variables":{{"a":{}"#,
                "[".repeat(100_000)
            ),
            TOO_LARGE,
        ),
        post(
            "a list of 30,000 requests",
            &format!("[{}]", vec![r#"{"query":"{a}"}"#; 30_000].join(",")),
            NO_REQUEST,
        ),
        post(
            "a query 30,000 times",
            &format!(
                "{{{}}}",
                vec![r#""query":"{ __typename }""#; 30_000].join(",")
            ),
            NO_REQUEST,
        ),
        post(
            "an object of 90,000 strange members",
            &format!("{{{}}}", vec![r#""x":"y""#; 90_000].join(",")),
            TOO_LARGE,
        ),
        post(
            "148,000 objects behind what nests 129 deep",
            &format!(
                r#"{{"x":{}{},"query":"{{ __typename }}","variables":{{"a":[{}]}}}}"#,
                "[".repeat(129),
                "]".repeat(129),
                vec![r#"{"":0}"#; 148_000].join(",")
            ),
            TOO_LARGE,
        ),
        post("a megabyte of blanks", &" ".repeat(1_000_000), NO_REQUEST),
        Abuse::post("a megabyte of zeros", &vec![0; 1_000_000], NO_REQUEST),
        Abuse::post(
            "a megabyte that is no text",
            &vec![0xff; 1_000_000],
            NO_REQUEST,
        ),
        post("one byte too many", &" ".repeat(1024 * 1024 + 1), TOO_LARGE),
        post("ten megabytes", &" ".repeat(10_000_000), TOO_LARGE),
        Abuse::raw(
            "POST /graphql",
            "content-type: application/json\r\ncontent-length: 10000000000\r\n",
            "ten gigabytes, by its word",
            b"{",
            TOO_LARGE,
        ),
        Abuse::raw(
            "POST /graphql",
            "content-type: application/json\r\ntransfer-encoding: chunked\r\n",
            "four megabytes of unknown length",
            chunk.repeat(64).as_bytes(),
            TOO_LARGE,
        ),
        typed(
            "a compressed body",
            "content-type: application/json\r\ncontent-encoding: gzip\r\n",
            b"\x1f\x8b\x08",
            NO_JSON,
        ),
        typed(
            "a form of another page",
            "content-type: text/plain\r\n",
            b"{\"query\":\"{ __typename }\"}",
            NO_JSON,
        ),
        typed(
            "files of another page",
            "content-type: multipart/form-data; boundary=x\r\n",
            b"--x--",
            NO_JSON,
        ),
        typed(
            "a body of no type",
            "",
            b"{\"query\":\"{ __typename }\"}",
            NO_JSON,
        ),
    ]
}
