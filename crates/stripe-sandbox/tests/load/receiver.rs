//! A merchant's webhook endpoint that remembers which events came.

use std::sync::Mutex;

use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpResponse, HttpServer};
use serde::Deserialize;

pub(crate) struct Receiver {
    pub(crate) url: String,
    ids: Data<Mutex<Vec<String>>>,
}

#[derive(Deserialize)]
struct Event {
    id: String,
}

impl Receiver {
    pub(crate) fn start() -> Self {
        let ids = Data::new(Mutex::new(Vec::new()));
        let data = ids.clone();
        let server = HttpServer::new(move || {
            App::new()
                .app_data(data.clone())
                .default_service(web::to(receive))
        })
        .workers(1)
        .disable_signals()
        .bind("127.0.0.1:0")
        .unwrap();
        let url = format!("http://{}/hook", server.addrs()[0]);
        actix_web::rt::spawn(server.run());
        Self { url, ids }
    }

    /// The ids of all events that have come, in order.
    pub(crate) fn received(&self) -> Vec<String> {
        self.ids.lock().unwrap().clone()
    }
}

async fn receive(ids: Data<Mutex<Vec<String>>>, body: Bytes) -> HttpResponse {
    let event: Event = serde_json::from_slice(&body).unwrap();
    ids.lock().unwrap().push(event.id);
    HttpResponse::Ok().finish()
}
