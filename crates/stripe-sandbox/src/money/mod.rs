//! What happens to money after it was taken: the balance, refunds, disputes. The API, the control API
//! and the passing of time all move it through here.

pub(crate) mod balance;
pub(crate) mod disputes;
pub(crate) mod refunds;
