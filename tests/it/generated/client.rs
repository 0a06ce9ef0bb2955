//! A client of HTTP/1.1 that keeps its connections.

use std::net::{IpAddr, SocketAddr};
use std::sync::Mutex;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, Error, ErrorKind};
use tokio::net::{TcpSocket, TcpStream};

/// Longer than anything may take: servers under test give statements up after
/// ten minutes.
const HANG: Duration = Duration::from_mins(15);

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    pub status: u16,
    pub body: Vec<u8>,
}

/// Sends requests to one address.
pub struct Client {
    pub address: SocketAddr,
    /// The address that it has itself, where that is a particular one.
    from: Option<IpAddr>,
    idle: Mutex<Vec<TcpStream>>,
}

impl Client {
    pub fn new(address: SocketAddr) -> Self {
        Self {
            address,
            from: None,
            idle: Mutex::default(),
        }
    }

    /// The same, whom the server sees at another address of the machine.
    pub fn from(self, from: IpAddr) -> Self {
        Self {
            from: Some(from),
            ..self
        }
    }

    /// Posts a JSON body to `/graphql`.
    ///
    /// # Errors
    /// Why no answer came back.
    pub async fn post(&self, body: &[u8], token: Option<&str>) -> Result<Received, String> {
        self.post_with(body, token, None).await
    }

    /// The same with a key by which the server knows the request again.
    ///
    /// # Errors
    /// Why no answer came back.
    pub async fn post_with(
        &self,
        body: &[u8],
        token: Option<&str>,
        key: Option<&str>,
    ) -> Result<Received, String> {
        let key = key.map_or_else(String::new, |key| format!("idempotency-key: {key}\r\n"));
        let authorization = token.map_or_else(String::new, |token| {
            format!("authorization: Bearer {token}\r\n")
        });
        let request = format!(
            "POST /graphql HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
             accept: application/graphql-response+json\r\ncontent-length: {}\r\n{authorization}{key}\r\n",
            self.address,
            body.len()
        );
        let message = [request.as_bytes(), body].concat();
        let idle = self.idle.lock().unwrap().pop();
        if let Some(mut stream) = idle {
            // The server may have closed it in the meantime; then it has not
            // looked at the request either.
            if let Ok(received) = self.exchange(&mut stream, &message).await? {
                self.idle.lock().unwrap().push(stream);
                return Ok(received);
            }
        }
        let failed = |error: Error| error.to_string();
        let mut stream = self.connect().await.map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        let received = self
            .exchange(&mut stream, &message)
            .await?
            .map_err(failed)?;
        self.idle.lock().unwrap().push(stream);
        Ok(received)
    }

    async fn connect(&self) -> Result<TcpStream, Error> {
        let socket = if self.address.is_ipv4() {
            TcpSocket::new_v4()?
        } else {
            TcpSocket::new_v6()?
        };
        if let Some(from) = self.from {
            socket.bind((from, 0).into())?;
        }
        socket.connect(self.address).await
    }

    async fn exchange(
        &self,
        stream: &mut TcpStream,
        message: &[u8],
    ) -> Result<Result<Received, Error>, String> {
        let answer = async {
            stream.write_all(message).await?;
            receive(stream).await
        };
        tokio::time::timeout(HANG, answer)
            .await
            .map_err(|_| format!("no answer within {HANG:?}"))
    }
}

/// Reads one response. This API always says how long a body is.
///
/// # Errors
/// Where the connection ends before, or what comes is no response.
pub async fn receive(stream: &mut (impl AsyncRead + Unpin)) -> Result<Received, Error> {
    let mut read = Vec::with_capacity(16 * 1024);
    let head = loop {
        if stream.read_buf(&mut read).await? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        if let Some(end) = read.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            break read.drain(..end + 4).collect::<Vec<_>>();
        }
    };
    let head = String::from_utf8(head).map_err(Error::other)?;
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let names = name.eq_ignore_ascii_case("content-length");
        names.then(|| value.trim().parse().ok())?
    });
    let (Some(status), Some(length)) = (status, length) else {
        return Err(Error::other(format!("no status or length: {head}")));
    };
    while read.len() < length {
        if stream.read_buf(&mut read).await? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(Received { status, body: read })
}
