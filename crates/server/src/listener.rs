//! Listeners: accepting connections, TLS, and HTTP/1.1 or HTTP/2 on them until the server stops.

use std::error::Error;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use http::{Method, Request, Response};
use http_body_util::Either;
use hyper::body::{Body, Incoming};
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream, lookup_host};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::config::Address;
use crate::first_bytes::FirstBytes;
use crate::gate::Gate;
use crate::limits;
use crate::tasks::Tasks;
use crate::watch::{self, Watches};

/// Binds every address that `address` resolves to first.
pub(crate) async fn bind(address: &Address) -> io::Result<TcpListener> {
    let text = address.to_string();
    let resolved = lookup_host(&text).await?.next();
    let resolved = resolved.ok_or_else(|| io::Error::other("the name resolves to no address"))?;
    let socket = if resolved.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A server that is started again at once finds its port free.
    socket.set_reuseaddr(true)?;
    socket.bind(resolved)?;
    socket.listen(limits::BACKLOG)
}

/// The places of connections, of all listeners together. Over them, further ones wait in the operating system's queue.
#[derive(Debug)]
pub(crate) struct Places {
    free: Arc<Semaphore>,
    pub(crate) all: usize,
}

impl Places {
    pub(crate) fn new(all: usize) -> Places {
        Places { free: Arc::new(Semaphore::new(all)), all }
    }

    pub(crate) fn taken(&self) -> usize {
        self.all - self.free.available_permits()
    }

    /// How long a new connection may be idle. The fewer places are left the shorter, so that connections which do
    /// nothing, be it on purpose, do not keep out those that would.
    fn patience(&self) -> Duration {
        let free = self.free.available_permits() as f64 / self.all as f64;
        let range = limits::IDLE - limits::IDLE_WHEN_FULL;
        limits::IDLE_WHEN_FULL + range.mul_f64((free * 2.0).min(1.0))
    }
}

/// What answers on a listener.
#[derive(Clone)]
pub(crate) enum Answers {
    /// The calls, and those who watch.
    Calls(Arc<Gate>, Arc<Watches>),
    /// What operators ask for, and their console.
    Operators(Router),
}

/// Serves on `listener` until it is told to stop.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    answers: Answers,
    places: Arc<Places>,
    tasks: Tasks,
) {
    loop {
        let place = tokio::select! {
            place = places.free.clone().acquire_owned() => place.expect("the semaphore is never closed"),
            () = tasks.stopping() => return,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = tasks.stopping() => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                let served =
                    Served { answers: answers.clone(), tasks: tasks.clone(), idle: places.patience() };
                tasks.start(connection(stream, peer, tls.clone(), served, place));
            }
            // Out of file descriptors, or a connection that was gone before it was accepted. Both pass.
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(limits::ACCEPT_PAUSE).await;
            }
        }
    }
}

/// What a connection is served with.
struct Served {
    answers: Answers,
    tasks: Tasks,
    /// How long it may be idle.
    idle: Duration,
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
    served: Served,
    _place: OwnedSemaphorePermit,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "the connection cannot be told to send at once");
    }
    // Whoever fetches a backup may take his time.
    if matches!(served.answers, Answers::Calls(..))
        && let Err(error) = end_when_untaken(&stream)
    {
        tracing::debug!(%error, "the connection cannot be told to end by itself");
    }
    // An IPv4 client of an IPv6 listener is known by its IPv4 address.
    let from = peer.ip().to_canonical();
    let Some(tls) = tls else {
        return answer(stream, peer, served).await;
    };
    match timeout(limits::HANDSHAKE.min(served.idle), tls.accept(stream)).await {
        Ok(Ok(stream)) => answer(stream, peer, served).await,
        Ok(Err(error)) => tracing::debug!(%error, %from, "a TLS handshake failed"),
        Err(_) => tracing::debug!(%from, "a TLS handshake took too long"),
    }
}

/// Has the system end the connection when nobody takes what is sent. Otherwise a watcher whose telephone lost its network
/// would keep his place for a quarter of an hour, and one who does not read his connection for ever. (Who leaves one stream of
/// an HTTP/2 connection unread takes what is sent otherwise, and keeps a place among his own.)
#[cfg(target_os = "linux")]
fn end_when_untaken(stream: &TcpStream) -> io::Result<()> {
    end_when_untaken_within(stream, limits::UNTAKEN)
}

#[cfg(target_os = "linux")]
fn end_when_untaken_within(stream: &TcpStream, time: Duration) -> io::Result<()> {
    Ok(rustix::net::sockopt::set_tcp_user_timeout(stream, time.as_millis() as u32)?)
}

#[cfg(not(target_os = "linux"))]
fn end_when_untaken(_stream: &TcpStream) -> io::Result<()> {
    Ok(())
}

async fn answer(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    Served { answers, tasks, idle }: Served,
) {
    // An IPv4 client of an IPv6 listener is known by its IPv4 address.
    let from = peer.ip().to_canonical();
    match answers {
        Answers::Calls(gate, watches) => {
            let service = service_fn(|request: Request<Incoming>| {
                let (gate, watches) = (gate.clone(), watches.clone());
                async move {
                    if request.uri().path() == watch::PATH && request.method() != Method::OPTIONS {
                        return Ok(watches.open(from, &request).map(Either::Right));
                    }
                    gate.handle(from, request).await.map(|response| response.map(Either::Left))
                }
            });
            speak(stream, from, idle, tasks, service).await;
        }
        Answers::Operators(router) => {
            let router = TowerToHyperService::new(router);
            let service = service_fn(|mut request: Request<Incoming>| {
                request.extensions_mut().insert(ConnectInfo(SocketAddr::new(from, peer.port())));
                router.call(request)
            });
            speak(stream, from, idle, tasks, service).await;
        }
    }
}

async fn speak<S, B>(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    from: IpAddr,
    idle: Duration,
    tasks: Tasks,
    service: S,
) where
    S: Service<Request<Incoming>, Response = Response<B>>,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body<Error: Into<Box<dyn Error + Send + Sync>>, Data: Send> + Send + 'static,
{
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(idle).max_buf_size(limits::HEADER_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(idle)
        .max_concurrent_streams(limits::STREAMS)
        .max_header_list_size(limits::HEADER_BYTES as u32);
    let connection = builder.serve_connection(TokioIo::new(FirstBytes::within(idle, stream)), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = tasks.stopping() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(error, %from, "a connection ended with an error");
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;

    #[tokio::test]
    async fn the_system_is_told_how_long_to_wait_for_a_client() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        end_when_untaken(&server).unwrap();
        assert_eq!(rustix::net::sockopt::tcp_user_timeout(&server).unwrap(), 30_000);
        drop(client);
    }

    #[tokio::test]
    async fn a_client_that_takes_nothing_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (mut server, _) = listener.accept().await.unwrap();
        end_when_untaken_within(&server, Duration::from_secs(1)).unwrap();
        let sending = async {
            loop {
                if let Err(error) = server.write_all(&[b':'; 1 << 16]).await {
                    return error.kind();
                }
            }
        };
        let ended = timeout(Duration::from_secs(60), sending).await;
        assert_eq!(ended.expect("sending comes to an end"), io::ErrorKind::TimedOut);
        drop(client);
    }
}
