//! Text of the document as the page shows it: paragraphs, with code between backticks.

/// A piece of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The text.
    pub text: String,
    /// Whether it is code.
    pub is_code: bool,
}

/// A paragraph.
pub type Paragraph = Vec<Piece>;

/// Text in paragraphs.
pub fn paragraphs(text: &str) -> Vec<Paragraph> {
    (text.split("\n\n"))
        .filter(|text| !text.trim().is_empty())
        .map(pieces)
        .collect()
}

/// Text in one paragraph.
pub fn pieces(text: &str) -> Paragraph {
    (text.split('`').enumerate())
        .filter(|(_, text)| !text.is_empty())
        .map(|(position, text)| Piece {
            text: text.to_owned(),
            is_code: position % 2 == 1,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backticks_are_code() {
        let told = pieces("Send `id` or `sku`.");
        let code: Vec<&str> = (told.iter())
            .filter(|piece| piece.is_code)
            .map(|piece| piece.text.as_str())
            .collect();
        assert_eq!(code, ["id", "sku"]);
        assert_eq!(paragraphs("One.\n\nTwo.\n\n").len(), 2);
    }
}
