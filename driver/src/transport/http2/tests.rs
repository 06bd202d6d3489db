//! A channel and servers of `h2`, over pipes in memory.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt as _;
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use tokio::io::DuplexStream;
use tokio::sync::mpsc;
use tonic::body::Body;
use tower::BoxError;

use super::{Channel, Connector, Settings, State, Target};
use crate::error::{Error, SqlState};
use crate::transport::connect::Wire;

type Server = h2::server::Connection<DuplexStream, Bytes>;

fn settings() -> Settings {
    Settings {
        stream_window: 1 << 20,
        connection_window: 1 << 20,
        max_frame_size: 1 << 14,
        max_header_size: 1 << 14,
        keepalive_interval: None,
        keepalive_timeout: Duration::from_secs(10),
    }
}

/// The same, of a client that asks after twenty seconds of silence whether the server is there.
fn pinging() -> Settings {
    Settings {
        keepalive_interval: Some(Duration::from_secs(20)),
        ..settings()
    }
}

/// A channel, and the server's ends of the connections that it makes.
async fn channel(settings: Settings) -> (Channel, mpsc::UnboundedReceiver<DuplexStream>) {
    let (ends, servers) = mpsc::unbounded_channel();
    let connector: Connector = Box::new(move || {
        let ends = ends.clone();
        async move {
            let (ours, theirs) = tokio::io::duplex(1 << 20);
            ends.send(theirs).map_err(|_| "the server is gone")?;
            Ok(Box::new(ours) as Wire)
        }
        .boxed()
    });
    let target = Target {
        scheme: http::uri::Scheme::HTTP,
        authority: "server.example:1".parse().unwrap(),
        user_agent: HeaderValue::from_static("test"),
    };
    let channel = Channel::open(connector, target, settings, Some(Duration::from_secs(5))).await;
    (channel.unwrap(), servers)
}

async fn serve(servers: &mut mpsc::UnboundedReceiver<DuplexStream>) -> Server {
    h2::server::handshake(servers.recv().await.unwrap())
        .await
        .unwrap()
}

fn request(body: Body) -> Request<Body> {
    Request::post("/service/Method").body(body).unwrap()
}

/// A body that the test fills.
fn filled() -> (mpsc::Sender<Bytes>, Body) {
    let (filler, chunks) = mpsc::channel::<Bytes>(1);
    let frames = futures::stream::unfold(chunks, |mut chunks| async {
        let chunk = chunks.recv().await?;
        Some((Ok::<_, Infallible>(Frame::data(chunk)), chunks))
    });
    (filler, Body::new(StreamBody::new(Box::pin(frames))))
}

/// Answers each request with a body of one chunk, until the client is gone.
async fn answer_all(mut server: Server) {
    while let Some(Ok((_, mut respond))) = server.accept().await {
        // One whose caller has gone cannot be answered.
        if let Ok(mut body) = respond.send_response(Response::new(()), false) {
            let _gone = body.send_data(Bytes::from_static(b"answer"), true);
        }
    }
}

async fn ask(channel: &Channel) -> Result<Bytes, BoxError> {
    let answer = channel.clone().send(request(Body::empty())).await?;
    Ok(answer.into_body().collect().await?.to_bytes())
}

/// A call that goes on beside the test.
fn asking(channel: &Channel) -> tokio::task::JoinHandle<Result<Bytes, BoxError>> {
    let channel = channel.clone();
    tokio::spawn(async move { ask(&channel).await })
}

#[tokio::test]
async fn a_call_after_the_connection_broke_goes_over_a_new_one() {
    let (channel, mut servers) = channel(settings()).await;
    for _ in 0..3 {
        let serving = async {
            answer_all(serve(&mut servers).await).await;
            unreachable!("the channel is still held");
        };
        let answer = tokio::select! {
            answer = ask(&channel) => answer,
            () = serving => unreachable!(),
        };
        assert_eq!(answer.unwrap(), "answer");
        // The server is dropped.
        over(&channel).await;
    }
}

/// Waits until the channel has seen that its connection is over.
async fn over(channel: &Channel) {
    loop {
        if matches!(&*channel.0.state(), State::Open(connection) if connection.is_over()) {
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn callers_who_find_it_broken_together_wait_for_one_connection() {
    let (channel, mut servers) = channel(settings()).await;
    drop(serve(&mut servers).await);
    over(&channel).await;
    let calls = futures::future::join_all((0..10).map(|_| ask(&channel)));
    let serving = async {
        answer_all(serve(&mut servers).await).await;
        unreachable!("the channel is still held");
    };
    let answers = tokio::select! {
        answers = calls => answers,
        () = serving => vec![],
    };
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert!(servers.try_recv().is_err(), "there was a third connection");
}

#[tokio::test]
async fn a_server_that_goes_away_finishes_what_it_began_and_gets_nothing_new() {
    let (channel, mut servers) = channel(settings()).await;
    let mut first = serve(&mut servers).await;
    let begun = asking(&channel);
    let (_, mut respond) = first.accept().await.unwrap().unwrap();
    first.graceful_shutdown();
    let leaving = tokio::spawn(async move { while first.accept().await.is_some() {} });
    let serving = tokio::spawn(answer_all(serve_next(&channel, &mut servers).await));
    let mut body = respond.send_response(Response::new(()), false).unwrap();
    body.send_data(Bytes::from_static(b"late"), true).unwrap();
    assert_eq!(begun.await.unwrap().unwrap(), "late");
    leaving.await.unwrap();
    drop(channel);
    serving.await.unwrap();
}

/// Calls until the channel makes another connection, which is the server's.
async fn serve_next(channel: &Channel, servers: &mut mpsc::UnboundedReceiver<DuplexStream>) -> Server {
    let calls = async {
        loop {
            // One that comes before the word of the server is refused unread.
            let _refused = ask(channel).await;
        }
    };
    tokio::select! {
        server = serve(servers) => server,
        () = calls => unreachable!("it calls for ever"),
    }
}

#[tokio::test]
async fn a_request_that_is_whole_is_one_frame_and_has_no_task() {
    let (channel, mut servers) = channel(settings()).await;
    let mut server = serve(&mut servers).await;
    let body = Body::new(http_body_util::Full::new(Bytes::from_static(b"request")));
    let call = tokio::spawn(channel.clone().send(request(body)));
    let tasks = tokio::runtime::Handle::current().metrics();
    let before = tasks.num_alive_tasks();
    let (request, mut respond) = server.accept().await.unwrap().unwrap();
    assert_eq!(request.uri(), "http://server.example:1/service/Method");
    assert_eq!(request.headers()["user-agent"], "test");
    assert_eq!(
        tasks.num_alive_tasks(),
        before,
        "the request has a task of its own"
    );
    let mut body = request.into_body();
    let serving = tokio::spawn(async move { while server.accept().await.is_some() {} });
    assert_eq!(body.data().await.unwrap().unwrap(), "request");
    assert!(body.is_end_stream(), "the end has a frame of its own");
    respond.send_response(Response::new(()), true).unwrap();
    assert!(call.await.unwrap().is_ok());
    drop(channel);
    serving.await.unwrap();
}

#[tokio::test]
async fn a_request_is_taken_from_its_maker_no_faster_than_the_server_takes_it() {
    let (channel, mut servers) = channel(settings()).await;
    let mut server = serve(&mut servers).await;
    let (filler, body) = filled();
    let call = tokio::spawn(channel.clone().send(request(body)));
    let (request, mut respond) = server.accept().await.unwrap().unwrap();
    let serving = tokio::spawn(async move { while server.accept().await.is_some() {} });
    respond.send_response(Response::new(()), false).unwrap();
    let answer = call.await.unwrap().unwrap();

    // The window of the server is that of HTTP/2: 64 KiB. Three messages of 64 KiB more wait at most: being written, looked at, and in the test's channel.
    let chunk = Bytes::from(vec![7; 1 << 16]);
    let mut sent = 0;
    while sent < 20 {
        tokio::select! {
            biased;
            taken = filler.send(chunk.clone()) => taken.unwrap(),
            () = tokio::time::sleep(Duration::from_millis(200)) => break,
        }
        sent += 1;
    }
    assert!(sent <= 5, "{sent} messages were taken, and none was read");

    drop(filler);
    let mut body = request.into_body();
    let mut read = 0;
    while let Some(data) = body.data().await {
        let data = data.unwrap();
        read += data.len();
        body.flow_control().release_capacity(data.len()).unwrap();
    }
    assert_eq!(read, sent << 16);
    drop((answer, channel, respond));
    serving.abort();
}

#[tokio::test]
async fn a_request_whose_answer_nobody_wants_is_reset() {
    let (channel, mut servers) = channel(settings()).await;
    let mut server = serve(&mut servers).await;
    let (filler, body) = filled();
    let call = tokio::spawn(channel.clone().send(request(body)));
    let (_request, mut respond) = server.accept().await.unwrap().unwrap();
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    let reset = tokio::select! {
        reset = futures::future::poll_fn(|context| respond.poll_reset(context)) => reset.unwrap(),
        _ = server.accept() => unreachable!("there is one request"),
    };
    assert_eq!(reset, h2::Reason::CANCEL);
    // Who fills the request is told.
    filler.closed().await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_answer_a_ping_is_given_up() {
    let (channel, mut servers) = channel(pinging()).await;
    let mut server = serve(&mut servers).await;
    let started = tokio::time::Instant::now();
    let call = asking(&channel);
    let accepted = server.accept().await.unwrap().unwrap();
    // Held, and never looked at again.
    let error = call.await.unwrap().unwrap_err();
    assert!(error.to_string().contains("keepalive_timeout"), "{error}");
    let waited = started.elapsed().as_secs();
    assert!((30..32).contains(&waited), "{waited} s");
    drop((accepted, server));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_answers_pings_is_waited_for() {
    let (channel, mut servers) = channel(pinging()).await;
    let mut server = serve(&mut servers).await;
    let call = asking(&channel);
    let (_request, mut respond) = server.accept().await.unwrap().unwrap();
    let serving = tokio::spawn(async move { while server.accept().await.is_some() {} });
    tokio::time::sleep(Duration::from_secs(3600)).await;
    let mut body = respond.send_response(Response::new(()), false).unwrap();
    body.send_data(Bytes::from_static(b"late"), true).unwrap();
    assert_eq!(call.await.unwrap().unwrap(), "late");
    serving.abort();
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_cannot_be_made_anew_is_an_error_for_all_who_wait() {
    let (channel, mut servers) = channel(settings()).await;
    drop(serve(&mut servers).await);
    over(&channel).await;
    drop(servers);
    let errors = futures::future::join_all((0..3).map(|_| ask(&channel))).await;
    for error in errors {
        let error = error.unwrap_err();
        let error = Error::from_status(&tonic::Status::from_error(error));
        assert_eq!(error.sqlstate(), SqlState::UNABLE_TO_CONNECT, "{error}");
        assert_eq!(error.message(), "the server is gone");
    }
}
