//! Test cards in a state file: by their number, for `#[serde(with)]`.

use serde::{Deserialize, Deserializer, Serializer, de::Error};

use super::TestCard;

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes fields by reference"
)]
pub(crate) fn serialize<S: Serializer>(
    card: &&'static TestCard,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(card.number)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<&'static TestCard, D::Error> {
    let number = String::deserialize(deserializer)?;
    TestCard::by_number(&number).ok_or_else(|| D::Error::custom("this is no test card"))
}
