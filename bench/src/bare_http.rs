//! The bare server: hyper's HTTP/1.1 as the product's listener uses it, which reads the whole body and sends the same
//! bytes whatever was asked. What Foldmark does besides is the difference.

use std::convert::Infallible;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use bytes::Bytes;
use foldmark_harness::free_address;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::child::{Guard, command};
use crate::compare::Failure;
use crate::load::{Ask, Load};
use crate::protocol::{FOLDMARK, Protocol};

/// The headers of the product's answers; hyper adds the date and the length to both.
const HEADERS: [(&str, &str); 6] = [
    ("content-type", "application/json"),
    ("connection", "keep-alive"),
    ("access-control-allow-origin", "*"),
    ("access-control-allow-headers", "X-Requested-With, Content-Type"),
    ("access-control-allow-methods", "POST"),
    ("foldmark-revision", "1"),
];

/// A running bare server.
pub(crate) struct BareHttp {
    guard: Guard,
    address: SocketAddr,
}

impl BareHttp {
    /// Starts this program again as a bare server that sends the body of `answer`, an answer of HTTP.
    pub(crate) fn start(folder: &Path, answer: &[u8], pinned: bool) -> Result<BareHttp, Failure> {
        let end =
            answer.windows(4).position(|window| window == b"\r\n\r\n").ok_or("an answer without end")?;
        let address = free_address()?;
        let file = folder.join(format!("answer-{}", address.port()));
        fs::write(&file, &answer[end + 4..])?;
        let mut command = command(std::env::current_exe()?, pinned);
        command.arg("bare-server").arg(address.to_string()).arg(&file);
        let mut guard = Guard::start("bare-server", command, folder)?;
        guard.await_listener(address)?;
        Ok(BareHttp { guard, address })
    }

    /// The process.
    pub(crate) fn id(&self) -> u32 {
        self.guard.id()
    }

    /// Connects. The requests are those of the product.
    pub(crate) fn load(&self, clients: usize, asks: Vec<Ask>) -> Result<Load, Failure> {
        let protocol: Protocol = FOLDMARK;
        let mut load = Load::connect(self.address, clients, protocol, asks)?;
        load.once()?;
        Ok(load)
    }
}

/// Serves for ever.
pub(crate) fn serve(address: SocketAddr, file: &Path) -> Result<(), Failure> {
    let body = Bytes::from(fs::read(file)?);
    // As many threads as the product has: one for each processor that it may use.
    Runtime::new()?.block_on(async {
        let listener = TcpListener::bind(address).await?;
        let mut connections = JoinSet::new();
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            connections.spawn(speak(stream, body.clone()));
        }
    })
}

async fn speak(stream: TcpStream, body: Bytes) {
    let service = service_fn(|request: Request<Incoming>| answer(request, body.clone()));
    let connection =
        http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
    // How a connection of the generator ends is of no interest.
    let _ = connection.await;
}

async fn answer(request: Request<Incoming>, body: Bytes) -> Result<Response<Full<Bytes>>, Infallible> {
    // A body that was cut off ends the connection, and with it the run.
    let _ = request.into_body().collect().await;
    let mut response = Response::new(Full::new(body));
    for (name, value) in HEADERS {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    Ok(response)
}
