//! Amounts as people read them: separators and the currency's place by language, after Unicode's CLDR.

use std::fmt;

use super::{Money, WHOLE_ONLY};

/// Where the currency stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// `€12.00`, and `CHF 12.00` where it has no symbol.
    Before,
    /// `€ 12,00`
    BeforeSpaced,
    /// `12,00 €`
    After,
}

/// How a language writes amounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Locale {
    tag: &'static str,
    group: &'static str,
    decimal: &'static str,
    place: Place,
    /// Whether `1234` is written without a separator: then they begin at `12.345`.
    groups_from_five: bool,
}

/// What does not break at the end of a line.
const SPACE: &str = "\u{a0}";
const THIN_SPACE: &str = "\u{202f}";

const fn locale(
    tag: &'static str,
    group: &'static str,
    decimal: &'static str,
    place: Place,
    groups_from_five: bool,
) -> Locale {
    Locale {
        tag,
        group,
        decimal,
        place,
        groups_from_five,
    }
}

/// Lower-case tags.
const LOCALES: [Locale; 17] = [
    Locale::ENGLISH,
    locale("de", ".", ",", Place::After, false),
    locale("de-at", ".", ",", Place::BeforeSpaced, false),
    locale("de-ch", "’", ".", Place::BeforeSpaced, false),
    locale("fr", THIN_SPACE, ",", Place::After, false),
    locale("es", ".", ",", Place::After, true),
    locale("it", ".", ",", Place::After, true),
    locale("nl", ".", ",", Place::BeforeSpaced, false),
    locale("pt", ".", ",", Place::BeforeSpaced, false),
    locale("pt-pt", SPACE, ",", Place::After, true),
    locale("pl", SPACE, ",", Place::After, true),
    locale("sv", SPACE, ",", Place::After, false),
    locale("da", ".", ",", Place::After, false),
    locale("nb", SPACE, ",", Place::After, false),
    locale("fi", SPACE, ",", Place::After, false),
    locale("cs", SPACE, ",", Place::After, false),
    locale("ja", ",", ".", Place::Before, false),
];

impl Locale {
    /// `€1,234.50`, where nothing else is known of the reader.
    pub const ENGLISH: Self = locale("en", ",", ".", Place::Before, false);

    /// The language with this tag, in lower case, such as `de` or `de-at`.
    pub fn find(tag: &str) -> Option<&'static Self> {
        LOCALES.iter().find(|locale| locale.tag == tag)
    }

    /// Its tag.
    pub const fn tag(&self) -> &'static str {
        self.tag
    }
}

impl Money {
    /// For people who read this language.
    pub fn shown(self, locale: &Locale) -> String {
        let code = self.currency.as_str().to_ascii_uppercase();
        let symbol = match code.as_str() {
            "EUR" => "€",
            "USD" => "$",
            "GBP" => "£",
            "JPY" => "¥",
            other => other,
        };
        let number = self.number(locale);
        match locale.place {
            Place::Before if symbol.is_ascii() && symbol.len() > 1 => {
                format!("{symbol}{SPACE}{number}")
            }
            Place::Before => format!("{symbol}{number}"),
            Place::BeforeSpaced => format!("{symbol}{SPACE}{number}"),
            Place::After => format!("{number}{SPACE}{symbol}"),
        }
    }

    fn number(self, locale: &Locale) -> String {
        let decimals = self.currency.decimals();
        let unit = 10_i64.pow(decimals);
        let whole = (self.amount_minor / unit).to_string();
        let is_grouped = whole.len() > 4 || !locale.groups_from_five;
        let mut number = String::new();
        for (position, digit) in whole.chars().enumerate() {
            if is_grouped && position > 0 && (whole.len() - position).is_multiple_of(3) {
                number.push_str(locale.group);
            }
            number.push(digit);
        }
        if decimals == 0 || self.currency.is_in(WHOLE_ONLY) {
            return number;
        }
        let fraction = self.amount_minor % unit;
        let width = decimals as usize;
        format!("{number}{}{fraction:0width$}", locale.decimal)
    }
}

/// For people, in English: `€1,234.50`, `¥500`, `CHF 12.00`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown(&Locale::ENGLISH))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(minor: i64, code: &str) -> Money {
        Money::new(minor, code.parse().unwrap()).unwrap()
    }

    #[test]
    fn english_shows_the_decimals_that_the_currency_has() {
        let show = |minor, code: &str| money(minor, code).to_string().replace(SPACE, " ");
        assert_eq!(show(123_450, "eur"), "€1,234.50");
        assert_eq!(show(5, "usd"), "$0.05");
        assert_eq!(show(500, "jpy"), "¥500");
        assert_eq!(show(500, "isk"), "ISK 5");
        assert_eq!(show(500, "ugx"), "UGX 5");
        assert_eq!(show(5120, "kwd"), "KWD 5.120");
        assert_eq!(show(999_999_999_999, "idr"), "IDR 9,999,999,999.99");
    }

    /// What `Intl.NumberFormat` of a browser writes.
    #[test]
    fn languages_write_amounts_in_their_own_way() {
        let cases = [
            ("en", "IDR 1,234,567.50", "€1,234.50", "CHF 1,234.50"),
            ("de", "1.234.567,50 IDR", "1.234,50 €", "1.234,50 CHF"),
            ("de-at", "IDR 1.234.567,50", "€ 1.234,50", "CHF 1.234,50"),
            ("de-ch", "IDR 1’234’567.50", "€ 1’234.50", "CHF 1’234.50"),
            ("fr", "1 234 567,50 IDR", "1 234,50 €", "1 234,50 CHF"),
            ("es", "1.234.567,50 IDR", "1234,50 €", "1234,50 CHF"),
            ("nl", "IDR 1.234.567,50", "€ 1.234,50", "CHF 1.234,50"),
            ("pl", "1 234 567,50 IDR", "1234,50 €", "1234,50 CHF"),
            ("sv", "1 234 567,50 IDR", "1 234,50 €", "1 234,50 CHF"),
        ];
        for (tag, millions, thousands, francs) in cases {
            let locale = Locale::find(tag).unwrap();
            let show = |minor, code| {
                let shown = money(minor, code).shown(locale);
                shown.replace(
                    [SPACE, THIN_SPACE].map(|text| text.chars().next().unwrap()),
                    " ",
                )
            };
            assert_eq!(show(123_450, "eur"), thousands, "{tag}");
            assert_eq!(show(123_450, "chf"), francs, "{tag}");
            assert_eq!(show(123_456_750, "idr"), millions, "{tag}");
        }
    }

    #[test]
    fn every_language_is_found_by_its_tag() {
        for locale in &LOCALES {
            assert_eq!(Locale::find(locale.tag()), Some(locale));
        }
        assert_eq!(Locale::find("tlh"), None);
    }
}
