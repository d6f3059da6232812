//! Where a store ships to.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Every country of ISO 3166-1, alpha-2.
const COUNTRIES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR \
    BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI \
    FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS \
    IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO \
    MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA \
    RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT \
    TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

/// As many as there are; a longer list repeats itself.
pub const MAX_COUNTRIES: usize = 249;

/// A country: two upper-case letters of ISO 3166-1.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Country([u8; 2]);

/// Not a country.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a country's two letters (ISO 3166-1), such as DE")]
pub struct InvalidCountry;

impl Country {
    /// The two letters.
    pub fn as_str(&self) -> &str {
        // The two bytes come from COUNTRIES, which is ASCII.
        std::str::from_utf8(&self.0).unwrap_or("??")
    }

    /// Every country, by its letters.
    pub fn all() -> impl Iterator<Item = Self> {
        COUNTRIES
            .split_ascii_whitespace()
            .filter_map(|code| code.as_bytes().try_into().ok().map(Self))
    }
}

impl FromStr for Country {
    type Err = InvalidCountry;

    /// Lower case is accepted and becomes upper case.
    fn from_str(text: &str) -> Result<Self, InvalidCountry> {
        let bytes: [u8; 2] = text.as_bytes().try_into().map_err(|_| InvalidCountry)?;
        let country = Self(bytes.map(|b| b.to_ascii_uppercase()));
        let is_known = Self::all().any(|known| known == country);
        is_known.then_some(country).ok_or(InvalidCountry)
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Country {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Country {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Why something cannot be shipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CannotShip {
    /// It goes to some countries only, and nobody has said where it should go.
    #[error("this way of shipping goes to some countries only: say which country it is")]
    CountryMissing,
    /// It does not go there.
    #[error("this way of shipping does not go to that country: choose another one")]
    NotServed,
}

/// Whether a way of shipping that serves these countries (all, if there are none) reaches an address. An address whose
/// country is none, such as `Germany`, is nowhere.
pub fn check_reach(served: &[Country], country: Option<&str>) -> Result<(), CannotShip> {
    if served.is_empty() {
        return Ok(());
    }
    let country = country.ok_or(CannotShip::CountryMissing)?;
    match country.trim().parse::<Country>() {
        Ok(country) if served.contains(&country) => Ok(()),
        _ => Err(CannotShip::NotServed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_are_those_of_the_standard() {
        assert_eq!(Country::all().count(), MAX_COUNTRIES);
        assert_eq!("de".parse::<Country>().unwrap().as_str(), "DE");
        for bad in ["", "D", "DEU", "XX", "UK", "Ä", "D ", "💳"] {
            assert_eq!(bad.parse::<Country>(), Err(InvalidCountry), "{bad:?}");
        }
    }

    #[test]
    fn reaches_the_countries_of_its_list_or_all() {
        let served: Vec<Country> = ["DE", "AT"].map(|code| code.parse().unwrap()).to_vec();
        let cases = [
            (Some("DE"), Ok(())),
            (Some(" at "), Ok(())),
            (Some("FR"), Err(CannotShip::NotServed)),
            (Some("Germany"), Err(CannotShip::NotServed)),
            (None, Err(CannotShip::CountryMissing)),
        ];
        for (country, reached) in cases {
            assert_eq!(check_reach(&served, country), reached, "{country:?}");
            assert_eq!(check_reach(&[], country), Ok(()), "{country:?}");
        }
    }
}
