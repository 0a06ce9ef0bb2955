use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, Response, header};
use futures_util::stream::{self, Stream, StreamExt as _};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::accept::Media;
use super::load::Place;
use super::operation::{Operation, write};
use super::request_id;
use super::router::Door;
use crate::auth::{Client, Identity};
use crate::error::ApiError;
use crate::graphql::Answer;

/// How long nothing is sent at most: proxies give silent connections up.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// What is sent then, a comment.
const SIGN_OF_LIFE: Bytes = Bytes::from_static(b":\n\n");
/// What says that nothing more will come. Without the empty data browsers would
/// not tell their page.
const COMPLETE: &[u8] = b"event: complete\ndata: \n\n";
/// By which proxies are told to pass on what comes when it comes.
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Answers an operation by an event, and another that says that there are no
/// more (GraphQL over Server-Sent Events, distinct connections mode). By then
/// the headers are gone, so no cookie can be set.
pub(super) fn answer(
    door: Arc<Door>,
    place: Place,
    operation: Operation<'static>,
    identity: Identity,
    client: Client,
) -> Response<Body> {
    let client = Arc::new(Client {
        takes_cookies: false,
        ..client
    });
    // In a task of its own, so that a client that reads no more keeps nothing but
    // the answer. It ends with the stream, as elsewhere when the client hangs up.
    let mut task = JoinSet::new();
    task.spawn(request_id::going_on(async move {
        let room = door.load.room_to_answer(&client);
        let answering = operation.answer_always(&door, identity, &client, &room);
        let answer = place.answer(&room, answering).await;
        let answer = answer.unwrap_or_else(Answer::from);
        let changed = answer.changed;
        let text = events(answer);
        match room.grow_for(text.len(), changed) {
            Ok(()) => room.keep(text),
            Err(error) => events(error.into()).into(),
        }
    }));
    let answering = Box::pin(async move {
        match task.join_next().await {
            Some(Ok(events)) => events,
            failed => {
                let error = ApiError::internal(&format!("{failed:?}"));
                events(error.into()).into()
            }
        }
    });
    let events = stream(answering, KEEP_ALIVE).map(Ok::<_, Infallible>);
    let mut response = Response::new(Body::from_stream(events));
    let headers = response.headers_mut();
    let content_type = HeaderValue::from_static(Media::EventStream.content_type());
    headers.insert(header::CONTENT_TYPE, content_type);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(BUFFERING, HeaderValue::from_static("no"));
    response
}

/// The events of an answer, and signs of life until it is there.
fn stream(
    answering: impl Future<Output = Bytes> + Unpin,
    between: Duration,
) -> impl Stream<Item = Bytes> {
    stream::unfold(Some(answering), move |answering| async move {
        let mut answering = answering?;
        match timeout(between, &mut answering).await {
            Ok(events) => Some((events, None)),
            Err(_) => Some((SIGN_OF_LIFE, Some(answering))),
        }
    })
}

/// The events of an answer.
fn events(answer: Answer) -> Vec<u8> {
    let mut json = Vec::new();
    write(answer, &mut json);
    events_of(&json)
}

/// The events of JSON. A line break there is a blank, and in an event ends a
/// field.
fn events_of(json: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(json.len() + 64);
    text.extend_from_slice(b"event: next\n");
    for line in json.split(|byte| matches!(byte, b'\n' | b'\r')) {
        text.extend_from_slice(b"data: ");
        text.extend_from_slice(line);
        text.push(b'\n');
    }
    text.push(b'\n');
    text.extend_from_slice(COMPLETE);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn signs_of_life_come_until_the_answer_is_there() {
        let (answer, answering) = tokio::sync::oneshot::channel();
        let answering = Box::pin(async { answering.await.unwrap() });
        let mut stream = std::pin::pin!(stream(answering, Duration::from_millis(1)));
        for _ in 0..3 {
            assert_eq!(stream.next().await.unwrap(), ":\n\n");
        }
        answer.send(Bytes::from_static(b"{}")).unwrap();
        assert_eq!(stream.next().await.unwrap(), "{}");
        assert_eq!(stream.next().await, None);
    }

    #[test]
    fn line_breaks_in_json_do_not_end_the_event() {
        let text = events_of(b"{\"data\":\r\n1\n}");
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "event: next\ndata: {\"data\":\ndata: \ndata: 1\ndata: }\n\nevent: complete\ndata: \n\n"
        );
    }
}
