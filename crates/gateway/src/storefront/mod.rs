//! What a storefront uses: the catalogue, carts, and the demo shop.

pub mod cart_wire;
pub mod create_cart;
pub mod create_product;
pub mod csv;
pub mod delete_product;
pub mod demo;
pub mod docs;
pub mod list_products;
pub mod prices;
pub mod product_wire;
pub mod replace_cart_items;
pub mod show_cart;
pub mod show_product;
pub mod static_files;
pub mod update_product;
