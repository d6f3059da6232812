//! Cells that a spreadsheet does not take for formulas.
//!
//! A cell that begins with `=`, `+`, `-` or `@` is run by spreadsheets as a formula, which can send a sheet elsewhere ("CSV
//! injection", OWASP). Such texts get an apostrophe in front when they leave, and lose it when they come back.

/// What a spreadsheet may read as the beginning of a formula; and the apostrophe itself, so that every text comes back as it was.
const GUARDED: [char; 7] = ['=', '+', '-', '@', '\t', '\r', '\''];

/// The text as a cell.
pub fn escape(text: &str) -> String {
    if text.starts_with(GUARDED) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// The cell as a text.
pub fn unescape(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with(GUARDED) => rest,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_leave_as_texts_and_come_back() {
        for text in [
            "=1+1", "+49", "-5", "@me", "'quoted'", "''", "'=x", "plain", "", "\tx", "a=b", "ä",
        ] {
            let cell = escape(text);
            assert!(
                !cell.starts_with(['=', '+', '-', '@', '\t', '\r']),
                "{text:?}"
            );
            assert_eq!(unescape(&cell), text, "{text:?}");
        }
        // What a person typed.
        assert_eq!(unescape("'n Mug"), "'n Mug");
    }
}
