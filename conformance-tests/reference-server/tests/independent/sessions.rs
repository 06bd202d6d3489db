use std::collections::HashMap;

use arrow_flight::Action;
use jetbridge_reference_server::Running;
use prost::Message;
use tonic::metadata::MetadataMap;
use tonic::{Code, Request};

use crate::client::{flight, start};

/// Written here from the specification, not shared with the server.
#[derive(Clone, PartialEq, prost::Message)]
struct Value {
    #[prost(oneof = "Kind", tags = "1, 2, 3, 4, 5")]
    kind: Option<Kind>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Kind {
    #[prost(string, tag = "1")]
    Text(String),
    #[prost(bool, tag = "2")]
    Bool(bool),
    #[prost(sfixed64, tag = "3")]
    Int(i64),
    #[prost(double, tag = "4")]
    Double(f64),
    #[prost(message, tag = "5")]
    List(List),
}

#[derive(Clone, PartialEq, prost::Message)]
struct List {
    #[prost(string, repeated, tag = "1")]
    values: Vec<String>,
}

/// The body of setting, and the result of getting.
#[derive(Clone, PartialEq, prost::Message)]
struct Options {
    #[prost(map = "string, message", tag = "1")]
    options: HashMap<String, Value>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Number {
    #[prost(int32, tag = "1")]
    value: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Errors {
    #[prost(map = "string, message", tag = "1")]
    errors: HashMap<String, Number>,
}

struct Answer {
    headers: MetadataMap,
    body: Vec<u8>,
    trailers: MetadataMap,
}

impl Answer {
    fn cookie(&self) -> Option<String> {
        let line = self.headers.get("set-cookie")?.to_str().unwrap();
        Some(line.split(';').next().unwrap().to_owned())
    }
}

async fn act(
    server: &Running,
    cookie: Option<&str>,
    name: &str,
    body: Vec<u8>,
) -> Result<Answer, tonic::Status> {
    let mut request = Request::new(Action::new(name, body));
    if let Some(cookie) = cookie {
        request.metadata_mut().insert("cookie", cookie.parse().unwrap());
    }
    let (headers, mut results, _) = flight(server).await.do_action(request).await?.into_parts();
    let body = results
        .message()
        .await?
        .map(|result| result.body.to_vec())
        .unwrap_or_default();
    while results.message().await?.is_some() {}
    let trailers = results.trailers().await?.unwrap_or_default();
    Ok(Answer {
        headers,
        body,
        trailers,
    })
}

fn options(pairs: &[(&str, Option<Kind>)]) -> Vec<u8> {
    let options = pairs
        .iter()
        .map(|(name, kind)| ((*name).to_owned(), Value { kind: kind.clone() }))
        .collect();
    Options { options }.encode_to_vec()
}

async fn get(server: &Running, cookie: &str) -> HashMap<String, Option<Kind>> {
    let answer = act(server, Some(cookie), "GetSessionOptions", Vec::new())
        .await
        .unwrap();
    let found = Options::decode(&answer.body[..]).unwrap();
    found
        .options
        .into_iter()
        .map(|(name, value)| (name, value.kind))
        .collect()
}

#[tokio::test]
async fn options_of_every_type_are_kept_refused_and_erased() {
    let (server, _client) = start().await;
    let list = Kind::List(List {
        values: vec!["a".into(), " ".into(), "(づ｡◕‿‿◕｡)づ".into()],
    });
    let body = options(&[
        ("foolong", Some(Kind::Int(-123))),
        ("bardouble", Some(Kind::Double(456.0))),
        ("flag", Some(Kind::Bool(true))),
        ("text", Some(Kind::Text("x".into()))),
        ("list", Some(list.clone())),
        ("catalog", Some(Kind::Text("main".into()))),
        ("lol_invalid", Some(Kind::Text("this won't get set".into()))),
        ("key_with_invalid_value", Some(Kind::Text("lol_invalid".into()))),
    ]);
    let answer = act(&server, None, "SetSessionOptions", body).await.unwrap();
    let errors = Errors::decode(&answer.body[..]).unwrap().errors;
    let errors: HashMap<&str, i32> = errors
        .iter()
        .map(|(name, error)| (name.as_str(), error.value))
        .collect();
    assert_eq!(
        errors,
        HashMap::from([("lol_invalid", 1), ("key_with_invalid_value", 2)])
    );
    let cookie = answer.cookie().expect("a cookie for the new session");
    assert!(cookie.starts_with("arrow_flight_session_id="));
    let kept = get(&server, &cookie).await;
    assert_eq!(kept.len(), 6);
    assert_eq!(kept["foolong"], Some(Kind::Int(-123)));
    assert_eq!(kept["list"], Some(list));
    act(
        &server,
        Some(&cookie),
        "SetSessionOptions",
        options(&[("foolong", None)]),
    )
    .await
    .unwrap();
    assert!(!get(&server, &cookie).await.contains_key("foolong"));
    let wrong = options(&[("catalog", Some(Kind::Text("nowhere".into())))]);
    let answer = act(&server, Some(&cookie), "SetSessionOptions", wrong)
        .await
        .unwrap();
    assert_eq!(
        Errors::decode(&answer.body[..]).unwrap().errors["catalog"].value,
        2
    );
}

#[tokio::test]
async fn closing_takes_the_cookie_back_in_the_trailers() {
    let (server, _client) = start().await;
    let answer = act(&server, None, "GetSessionOptions", Vec::new()).await.unwrap();
    let cookie = answer.cookie().unwrap();
    assert_eq!(server.counters().open_sessions, 1);
    let closed = act(&server, Some(&cookie), "CloseSession", Vec::new())
        .await
        .unwrap();
    assert_eq!(Number::decode(&closed.body[..]).unwrap().value, 1);
    assert!(closed.headers.get("set-cookie").is_none());
    let forget = closed.trailers.get("set-cookie").unwrap().to_str().unwrap();
    assert!(
        forget.starts_with(&cookie) && forget.contains("Max-Age=0"),
        "{forget}"
    );
    assert_eq!(server.counters().open_sessions, 0);
    let again = act(&server, Some(&cookie), "CloseSession", Vec::new()).await;
    assert_eq!(again.map(|_| ()).unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn a_cookie_that_is_unknown_gets_a_new_session() {
    let (server, _client) = start().await;
    let unknown = "arrow_flight_session_id=made-up";
    let answer = act(&server, Some(unknown), "GetSessionOptions", Vec::new())
        .await
        .unwrap();
    assert!(answer.cookie().is_some_and(|cookie| cookie != unknown));
}

#[tokio::test]
async fn closing_a_session_rolls_its_transactions_back() {
    let (server, mut client) = start().await;
    let cookie = act(&server, None, "GetSessionOptions", Vec::new())
        .await
        .unwrap()
        .cookie()
        .unwrap();
    client.set_header("cookie", &cookie);
    client.begin_transaction().await.unwrap();
    assert_eq!(server.counters().open_transactions, 1);
    act(&server, Some(&cookie), "CloseSession", Vec::new())
        .await
        .unwrap();
    assert_eq!(server.counters().open_transactions, 0);
}
