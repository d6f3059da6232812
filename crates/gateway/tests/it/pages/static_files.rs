//! What browsers load from us.

use crate::harness::{TestApp, stories};

stories!(
    files_have_their_type_and_are_sent_once,
    only_listed_files_are_served
);

async fn files_have_their_type_and_are_sent_once(app: &TestApp) {
    let files = [
        ("/widget.js", "text/javascript; charset=utf-8"),
        ("/static/checkout.js", "text/javascript; charset=utf-8"),
        ("/static/lib/api.js", "text/javascript; charset=utf-8"),
        ("/static/app.css", "text/css; charset=utf-8"),
        ("/static/icon.svg", "image/svg+xml"),
    ];
    for (path, content_type) in files {
        let file = app.http.get(path).send().await;
        file.expect(200);
        assert_eq!(file.header("content-type"), content_type, "{path}");
        assert_eq!(file.header("cross-origin-resource-policy"), "cross-origin");
        assert!(!file.text.is_empty());
        let tag = file.header("etag");
        assert!(tag.starts_with('"') && tag.len() > 10, "{tag}");
        let again = app.http.get(path).header("if-none-match", tag).send().await;
        assert_eq!(
            (again.status.as_u16(), &*again.text, again.header("etag")),
            (304, "", tag),
            "{path}"
        );
        let other = app
            .http
            .get(path)
            .header("if-none-match", "\"0123456789abcdef\"")
            .send()
            .await;
        assert_eq!(other.expect(200), file.expect(200));
    }
    let by_widget = app.http.get("/widget.js").send().await;
    assert_eq!(
        by_widget.text,
        app.http.get("/static/widget.js").send().await.text
    );
}

async fn only_listed_files_are_served(app: &TestApp) {
    let paths = [
        "/static/missing.js",
        "/static/lib",
        "/static/lib/",
        "/static//app.css",
        "/static/APP.CSS",
        "/static/app.css%00",
        "/static/..%2fCargo.toml",
        "/static/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/static/demo/../app.css%3f",
    ];
    for path in paths {
        let reply = app.http.get(path).send().await;
        assert_eq!(reply.status, 404, "{path}: {:.100}", reply.text);
    }
}
