//! What Stripe's API accepts and answers, as Stripe's own SDKs say: see `spec/README.md`.
//! Each line is parsed when it is first needed.

mod compact;
mod complete;
mod echo;
mod endpoints;
mod shapes;

pub(crate) use compact::compact;
pub(crate) use complete::complete;
pub(crate) use echo::echo;
pub(crate) use endpoints::{Endpoint, endpoint};
pub(crate) use shapes::{Shape, ShapeKind, Shapes, shapes};
