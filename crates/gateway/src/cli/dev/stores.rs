//! The demo stores: one with a catalogue, one that waits for its keys. Made once, found again at every start.

use db::products::{Product, ProductChanges};
use db::stores::Store;
use db::{Conn, DbError};
use domain::{Currency, ProductId, StoreId};
use jiff::Timestamp;

use crate::app::App;
use crate::storefront::demo::{DEMO_STORE, SECOND_STORE, find_store};

/// More than the demo store has.
const MAX_PRODUCTS: i64 = 100;

struct DemoProduct {
    sku: &'static str,
    name: &'static str,
    description: &'static str,
    image: &'static str,
    unit_amount_minor: i64,
    stock: Option<i64>,
}

const PRODUCTS: [DemoProduct; 4] = [
    DemoProduct {
        sku: "COFFEE-250",
        name: "House blend, 250 g",
        description: "Whole beans from Ethiopia and Brazil, roasted on Tuesdays.",
        image: "coffee",
        unit_amount_minor: 890,
        stock: None,
    },
    DemoProduct {
        sku: "MUG-BLUE",
        name: "Stoneware mug",
        description: "Holds 300 ml and keeps its temper in the dishwasher.",
        image: "mug",
        unit_amount_minor: 1650,
        stock: None,
    },
    DemoProduct {
        sku: "GRINDER-1",
        name: "Hand grinder",
        description: "Steel burrs, forty settings, no cable. Only a few are left.",
        image: "grinder",
        unit_amount_minor: 5900,
        stock: Some(5),
    },
    DemoProduct {
        sku: "FILTERS-100",
        name: "Paper filters, 100 pieces",
        description: "Size 2, unbleached.",
        image: "filters",
        unit_amount_minor: 450,
        stock: None,
    },
];

/// The store that `/demo` shows, with its products.
pub(super) async fn find_or_create_demo(app: &App) -> Result<Store, DbError> {
    let mut tx = app.db.begin().await?;
    let found = find_store(&mut tx, DEMO_STORE).await?;
    let store = if let Some(store) = found {
        refresh_images(app, &mut tx, store.id).await?;
        store
    } else {
        let store = create(&mut tx, DEMO_STORE, "Demo Coffee", app.now()).await?;
        for demo in &PRODUCTS {
            db::products::insert(&mut tx, store.id, &product(app, demo)).await?;
        }
        store
    };
    tx.commit().await?;
    Ok(store)
}

/// The store that visitors connect themselves.
pub(super) async fn find_or_create_second(app: &App) -> Result<Store, DbError> {
    let mut tx = app.db.begin().await?;
    let store = match find_store(&mut tx, SECOND_STORE).await? {
        Some(store) => store,
        None => create(&mut tx, SECOND_STORE, "Second Store", app.now()).await?,
    };
    tx.commit().await?;
    Ok(store)
}

async fn create(conn: &mut Conn, fact: &str, name: &str, now: Timestamp) -> Result<Store, DbError> {
    let store = Store {
        id: StoreId::generate(),
        name: name.to_owned(),
        merchant_email: None,
        currency: Currency::EUR,
        active_mode: None,
        capture_on: "confirmed".into(),
        allowed_origins: Vec::new(),
        return_origins: Vec::new(),
        created_at: now,
    };
    db::stores::insert(conn, &store).await?;
    db::audit::record(
        conn,
        store.id,
        "dev",
        "store.created",
        &store.id.to_string(),
        now,
    )
    .await?;
    db::facts::set(conn, fact, &store.id.to_string()).await?;
    Ok(store)
}

fn product(app: &App, demo: &DemoProduct) -> Product {
    Product {
        id: ProductId::generate(),
        sku: Some(demo.sku.to_owned()),
        name: demo.name.to_owned(),
        description: Some(demo.description.to_owned()),
        image_url: Some(image_url(app, demo)),
        unit_amount_minor: demo.unit_amount_minor,
        currency: Currency::EUR,
        stock: demo.stock,
        active: true,
        created_at: app.now(),
    }
}

/// The gateway may listen elsewhere than at the last start.
async fn refresh_images(app: &App, conn: &mut Conn, store_id: StoreId) -> Result<(), DbError> {
    for product in db::products::list_active(conn, store_id, None, MAX_PRODUCTS).await? {
        let demo = PRODUCTS
            .iter()
            .find(|demo| Some(demo.sku) == product.sku.as_deref());
        if let Some(image_url) = demo
            .map(|demo| image_url(app, demo))
            .filter(|url| Some(url) != product.image_url.as_ref())
        {
            let changes = ProductChanges {
                image_url: Some(Some(image_url)),
                ..ProductChanges::default()
            };
            db::products::update(conn, store_id, product.id, changes, app.now()).await?;
        }
    }
    Ok(())
}

fn image_url(app: &App, demo: &DemoProduct) -> String {
    app.settings
        .public(&format!("/static/demo/{}.svg", demo.image))
}
