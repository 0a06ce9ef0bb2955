use std::sync::Arc;
use std::time::{Duration, Instant};

use apollo_compiler::response::JsonMap;
use axum::body::Bytes;
use axum::http::HeaderValue;
use chrono::Utc;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::value::RawValue;
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio::time::{Interval, MissedTickBehavior, interval, sleep_until, timeout};
use tokio_tungstenite::tungstenite::{self, Message, Utf8Bytes};

use super::close::Close;
use super::credentials;
use super::frames::in_frames;
use super::protocol::{self, ACKNOWLEDGEMENT, Incoming};
use super::sockets::{Place, SocketLimits};
use super::upgrade::Socket;
use crate::auth::{Client, TokenError};
use crate::error::{ApiError, Code};
use crate::graphql::Answer;
use crate::http::answers::AnswerRoom;
use crate::http::load;
use crate::http::operation::Operation;
use crate::http::request_id;
use crate::http::router::Door;
use crate::http::shares::Portion;

/// How long a client may take to close its side once it is told why.
const PARTING: Duration = Duration::from_secs(1);

/// A client on a socket.
///
/// Operations run in tasks of their own, and their answers wait there until the
/// client has taken those before: a client that reads slowly has no more of them
/// than it may run operations.
pub(super) struct Connection {
    socket: Socket,
    door: Arc<Door>,
    place: Place,
    limits: SocketLimits,
    client: Client,
    /// The header of the handshake.
    header: Option<HeaderValue>,
    /// What says who asks, once the connection is acknowledged.
    authorization: Option<Vec<u8>>,
    acknowledged: bool,
    tasks: JoinSet<Told>,
    running: Vec<Running>,
    /// Why it is to be closed once nothing runs any more, and what operations
    /// are told that come until then.
    closing: Option<(Close, ApiError)>,
    checks: Interval,
    opened: Instant,
    /// When something came from the client.
    heard: Instant,
    /// When it was asked for a sign of life.
    pinged: Instant,
    /// When an operation came or was answered.
    asked: Instant,
}

/// An operation that the client waits for.
struct Running {
    id: String,
    task: AbortHandle,
}

/// What is told of an operation.
struct Told {
    messages: Vec<Utf8Bytes>,
    /// The place of the operation and the room of the messages, until they are
    /// sent.
    _kept: (Portion, Option<AnswerRoom>),
    /// Why the token is refused, if it is.
    refused: Option<ApiError>,
}

/// How a connection ends.
enum End {
    /// The client is told why.
    Closed(Close),
    /// The client is told why, and nothing that it says can be read any more.
    Broken(Close),
    /// The client closed it, or is gone.
    Gone,
}

impl From<Close> for End {
    fn from(close: Close) -> Self {
        Self::Closed(close)
    }
}

impl Connection {
    pub fn new(
        socket: Socket,
        door: Arc<Door>,
        place: Place,
        client: Client,
        header: Option<HeaderValue>,
    ) -> Self {
        let limits = door.sockets.limits;
        let mut checks = interval(limits.checks);
        checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let now = Instant::now();
        Self {
            socket,
            door,
            place,
            limits,
            client,
            header,
            authorization: None,
            acknowledged: false,
            tasks: JoinSet::new(),
            running: Vec::new(),
            closing: None,
            checks,
            opened: now,
            heard: now,
            pinged: now,
            asked: now,
        }
    }

    /// Serves the client until one of both has enough.
    pub async fn run(mut self) {
        let end = loop {
            if let Err(end) = self.step().await {
                break end;
            }
        };
        self.end(end).await;
    }

    /// Says that the sub-protocol is another.
    pub async fn refuse(self) {
        self.end(Close::not_acceptable().into()).await;
    }

    async fn step(&mut self) -> Result<(), End> {
        if self.running.is_empty()
            && let Some((close, _)) = self.closing.take()
        {
            return Err(close.into());
        }
        let late = self.opened + self.limits.initialisation;
        // In this order: what a client has said is heard before it is looked for
        // how long it has said nothing.
        tokio::select! {
            biased;
            () = self.place.is_wanted_back(), if self.closing.is_none() => {
                let message = "The server stops. Connect again in a moment.";
                let error = ApiError::new(Code::ServiceUnavailable, message);
                self.closing = Some((Close::stopping(), error));
                Ok(())
            }
            () = sleep_until(late.into()), if !self.acknowledged => Err(Close::late().into()),
            Some(ended) = self.tasks.join_next_with_id() => self.tell(ended).await,
            message = self.socket.next() => {
                self.heard = Instant::now();
                self.receive(message).await
            }
            _ = self.checks.tick() => self.check().await,
        }
    }

    async fn receive(
        &mut self,
        message: Option<Result<Message, tungstenite::Error>>,
    ) -> Result<(), End> {
        let largest = self.limits.message;
        match message {
            Some(Ok(Message::Text(text))) if text.len() > largest => {
                Err(Close::invalid(format!("The message is larger than {largest} bytes.")).into())
            }
            Some(Ok(Message::Text(text))) => match Incoming::read(&text)? {
                Incoming::Init(payload) => self.initialise(payload).await,
                Incoming::Ping(payload) => self.send([protocol::pong(payload)]).await,
                Incoming::Pong => Ok(()),
                Incoming::Subscribe { id, payload } => self.begin(&id, payload).await,
                Incoming::Complete { id } => {
                    self.cancel(&id);
                    Ok(())
                }
            },
            Some(Ok(Message::Binary(_))) => Err(Close::invalid("Messages must be texts.").into()),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Ok(()),
            Some(Ok(Message::Close(_))) | None => Err(End::Gone),
            Some(Err(error)) => {
                tracing::debug!(%error, "a socket cannot be read");
                let reason = match error {
                    tungstenite::Error::Capacity(_) => {
                        format!("The message is larger than {largest} bytes.")
                    }
                    tungstenite::Error::Utf8(_) => "Messages must be UTF-8.".to_owned(),
                    // The connection broke, or what comes is no WebSocket's.
                    _ => return Err(End::Gone),
                };
                Err(End::Broken(Close::invalid(reason)))
            }
        }
    }

    async fn initialise(&mut self, payload: Option<JsonMap>) -> Result<(), End> {
        if self.acknowledged {
            return Err(Close::again().into());
        }
        let authorization = credentials::authorization(self.header.as_ref(), payload.as_ref());
        drop(payload);
        self.authorization = authorization.map_err(|error| Close::forbidden(&error))?;
        match refusal(&self.door, self.authorization.as_deref(), &self.client).await {
            None => {}
            Some(TokenError::Unavailable) => {
                return Err(Close::unavailable(&TokenError::Unavailable.into()).into());
            }
            Some(refused) => return Err(Close::forbidden(&refused.into()).into()),
        }
        self.acknowledged = true;
        self.asked = Instant::now();
        self.send([ACKNOWLEDGEMENT]).await
    }

    /// Begins an operation, for whoever the token is of by now.
    async fn begin(&mut self, id: &str, payload: &RawValue) -> Result<(), End> {
        if !self.acknowledged {
            return Err(Close::unauthorized().into());
        }
        if self.running.iter().any(|running| running.id == id) {
            return Err(Close::taken(id).into());
        }
        let request_id = request_id::next_id();
        let socket = self.client.request_id.clone().unwrap_or_default();
        let place = self.place(payload);
        let accepted = match place {
            Ok(place) => {
                let parameters = protocol::parameters(payload)?;
                let operation =
                    Operation::new(parameters, payload.get().len(), &self.door.documents);
                operation.map(|operation| (operation.into_owned(), place))
            }
            Err(error) => Err(error),
        };
        let (operation, place) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                let errors = [error];
                let telling = async { protocol::error(id, &errors) };
                let told = request_id::within_socket(&socket, request_id, telling).await;
                return self.send([told]).await;
            }
        };
        let client = Client {
            request_id: Some(request_id.clone()),
            ..self.client.clone()
        };
        let answering = answer(
            self.door.clone(),
            Arc::new(client),
            self.authorization.clone(),
            id.to_owned(),
            operation,
            place,
        );
        let answering = request_id::within_socket(&socket, request_id, answering);
        self.running.push(Running {
            id: id.to_owned(),
            task: self.tasks.spawn(answering),
        });
        self.asked = Instant::now();
        Ok(())
    }

    /// The place of another operation, if one may run now.
    fn place(&self, payload: &RawValue) -> Result<load::Place, ApiError> {
        if let Some((_, error)) = &self.closing {
            return Err(error.clone());
        }
        let most = self.limits.operations;
        if self.running.len() >= most {
            return Err(ApiError::new(
                Code::TooManyOperations,
                format!("As many operations run on this socket as may at once: {most}."),
            ));
        }
        let load = &self.door.load;
        let values = load
            .rooms
            .for_values_now(&self.client, &[payload.get().as_bytes()])?;
        load.place(&self.client, values)
    }

    /// Ends an operation that the client does not wait for any more, as if it
    /// had hung up.
    fn cancel(&mut self, id: &str) {
        if let Some(place) = self.running.iter().position(|running| running.id == id) {
            self.running.swap_remove(place).task.abort();
        }
    }

    /// Tells what came of an operation, unless nobody waits for it any more.
    async fn tell(&mut self, ended: Result<(Id, Told), JoinError>) -> Result<(), End> {
        let task = match &ended {
            Ok((task, _)) => *task,
            Err(error) => error.id(),
        };
        let mut running = self.running.iter();
        let Some(place) = running.position(|running| running.task.id() == task) else {
            return Ok(());
        };
        self.running.swap_remove(place);
        self.asked = Instant::now();
        let (_, told) = ended.map_err(|error| {
            tracing::error!(%error, "an operation was not answered");
            Close::failed()
        })?;
        if let Some(error) = told.refused {
            self.close_for(error);
        }
        self.send(told.messages).await
    }

    /// Takes no more operations, for the token is not good any more.
    fn close_for(&mut self, error: ApiError) {
        if self.closing.is_none() {
            self.closing = Some((Close::forbidden(&error), error));
        }
    }

    /// Looks whether the client is still there, asks anything, and may.
    async fn check(&mut self) -> Result<(), End> {
        if self.running.is_empty() && self.asked.elapsed() > self.limits.idle {
            return Err(Close::idle().into());
        }
        if self.pinged.elapsed() > self.limits.ping {
            if self.heard < self.pinged {
                return Err(End::Gone);
            }
            self.pinged = Instant::now();
            self.deliver([Message::Ping(Bytes::new())]).await?;
        }
        if self.acknowledged && self.authorization.is_some() {
            // Operations say so themselves where it cannot be told.
            let refusal = refusal(&self.door, self.authorization.as_deref(), &self.client);
            match timeout(self.limits.checks, refusal).await {
                Err(_) | Ok(None | Some(TokenError::Unavailable)) => {}
                Ok(Some(refused)) => self.close_for(refused.into()),
            }
        }
        Ok(())
    }

    async fn send(&mut self, texts: impl IntoIterator<Item = Utf8Bytes>) -> Result<(), End> {
        let frames = texts.into_iter().flat_map(in_frames);
        self.deliver(frames).await
    }

    /// Sends messages, and waits until the client has taken them.
    async fn deliver(&mut self, messages: impl IntoIterator<Item = Message>) -> Result<(), End> {
        let sending = async {
            for message in messages {
                self.socket.feed(message).await?;
            }
            self.socket.flush().await
        };
        match timeout(self.limits.sending, sending).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(End::Gone),
        }
    }

    /// Ends what runs, says why, and waits for the client to close its side: what
    /// it has not read yet may be lost otherwise.
    async fn end(mut self, end: End) {
        self.tasks.abort_all();
        let is_broken = matches!(end, End::Broken(_));
        if let End::Closed(close) | End::Broken(close) = end {
            tracing::info!(
                socket = self.client.request_id,
                code = close.code(),
                "a socket is closed"
            );
            let close = Message::Close(Some(close.into_frame()));
            if self.deliver([close]).await.is_err() {
                return;
            }
        }
        let parting = async {
            while let Some(Ok(_)) = self.socket.next().await {}
            if is_broken {
                std::future::pending::<()>().await;
            }
        };
        let _ = timeout(PARTING, parting).await;
    }
}

/// Why a token is not good, or no longer.
async fn refusal(door: &Door, authorization: Option<&[u8]>, client: &Client) -> Option<TokenError> {
    let request_id = client.request_id.as_deref();
    let identity = door.auth.identity(authorization, request_id, Utc::now());
    identity.await.err()
}

/// Answers an operation, if the token is good.
async fn answer(
    door: Arc<Door>,
    client: Arc<Client>,
    authorization: Option<Vec<u8>>,
    id: String,
    operation: Operation<'static>,
    place: load::Place,
) -> Told {
    let begun = Instant::now();
    let room = door.load.room_to_answer(&client);
    let request_id = client.request_id.as_deref();
    let identity = door
        .auth
        .identity(authorization.as_deref(), request_id, Utc::now());
    let (answer, refused) = match place.within(identity).await {
        Err(late) => (late.into(), None),
        Ok(Ok(identity)) => {
            let answering = operation.answer_always(&door, identity, &client, &room);
            let answer = place.answer(&room, answering).await;
            (answer.unwrap_or_else(Answer::from), None)
        }
        Ok(Err(error)) => {
            let lasts = error != TokenError::Unavailable;
            let error = ApiError::from(error);
            (error.clone().into(), lasts.then_some(error))
        }
    };
    let (errors, changed) = (answer.errors.len(), answer.changed);
    let mut messages = protocol::answer(&id, answer);
    let bytes = messages.iter().map(|message| message.len()).sum();
    let room = match room.grow_for(bytes, changed) {
        Ok(()) => Some(room),
        Err(error) => {
            messages = vec![protocol::error(&id, &[error])];
            None
        }
    };
    let milliseconds = begun.elapsed().as_secs_f64() * 1000.0;
    tracing::info!(errors, milliseconds, "answered");
    Told {
        messages,
        _kept: (place.answered(), room),
        refused,
    }
}
