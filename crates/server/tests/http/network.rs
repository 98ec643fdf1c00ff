//! Where requests come from, and what they are called.

use http::{Method, Request};

use crate::support::{Answer, Fixture, settings};

const GET: &str = "recentcontact/get_contact_group";
const BODY: &str = r#"{"From_Account":"u"}"#;

async fn call(fixture: &Fixture, headers: &[(&str, &str)]) -> Answer {
    let uri = format!("http://{}/v4/{GET}?{}", fixture.address(), fixture.query());
    let mut request = Request::builder().method(Method::POST).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    fixture.send_request(request.body(BODY.into()).unwrap()).await
}

#[tokio::test]
async fn only_allowed_addresses_may_call() {
    let mut settings = settings("accounts = \"open\"");
    settings.server.allowed_clients = vec!["192.0.2.0/24".parse().unwrap()];
    let fixture = Fixture::start(&settings).await;
    call(&fixture, &[]).await.refused(60021, "");
    // Whoever says so himself is not believed.
    call(&fixture, &[("x-forwarded-for", "192.0.2.1")]).await.refused(60021, "");
    fixture.stop().await;

    settings.server.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    let fixture = Fixture::start(&settings).await;
    call(&fixture, &[("x-forwarded-for", "192.0.2.1")]).await.ok();
    call(&fixture, &[("x-forwarded-for", "192.0.2.1, 198.51.100.1")]).await.refused(60021, "");
    call(&fixture, &[]).await.refused(60021, "");
    fixture.stop().await;
}

#[tokio::test]
async fn an_application_has_a_list_of_its_own() {
    let fixture = Fixture::with("accounts = \"open\"\nallowed_clients = [\"192.0.2.7\"]").await;
    call(&fixture, &[]).await.refused(60021, "");
    fixture.stop().await;
    let fixture =
        Fixture::with("accounts = \"open\"\nallowed_clients = [\"192.0.2.7\", \"127.0.0.1\"]").await;
    call(&fixture, &[]).await.ok();
    fixture.stop().await;
}

#[tokio::test]
async fn each_request_has_a_name() {
    let fixture = Fixture::with("accounts = \"open\"").await;
    assert_eq!(call(&fixture, &[("x-request-id", "order-17")]).await.headers["x-request-id"], "order-17");
    let made = call(&fixture, &[]).await.headers["x-request-id"].clone();
    let other = call(&fixture, &[("x-request-id", "no spaces please")]).await.headers["x-request-id"].clone();
    assert_ne!(made, other);
    assert!(!other.is_empty() && other != "no spaces please");
    fixture.stop().await;
}

#[tokio::test]
async fn bodies_have_so_much_memory_and_no_more() {
    let mut settings = settings("accounts = \"open\"");
    settings.server.body_memory = 64 * 1024;
    let fixture = Fixture::start(&settings).await;
    let filled = |bytes: usize| format!(r#"{{"From_Account":"u","Filler":"{}"}}"#, "x".repeat(bytes));
    fixture.call(GET, &filled(1_000)).await.ok();
    fixture.call(GET, &filled(4_000)).await.refused(60008, "memory");
    fixture.call(GET, &filled(200_000)).await.refused(60008, "memory");
    fixture.call(GET, &filled(1_000)).await.ok();
    fixture.stop().await;
}
