//! `/v1/billing_portal`. Source: Stripe API reference, "Customer Portal".

mod configurations;
mod features;
mod sessions;

pub(crate) use configurations::{
    CONFIGURATION, create as create_configuration, list as list_configurations,
    retrieve as retrieve_configuration, update as update_configuration,
};
pub(crate) use sessions::{LINK, SESSION, create as create_session};
