//! P13: payment links. One link, one payment, one order; and no money without an order.

mod crowds;
mod lost_answers;
mod pages;
mod refusals;
mod rules;
mod unattended;
