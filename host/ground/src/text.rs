//! Texts of somebody else's making.

/// The text, cut at a character to at most this many bytes.
pub fn cut(text: &str, len_bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(len_bytes)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_at_a_character() {
        assert_eq!(cut("short", 100), "short");
        assert_eq!(cut("ééé", 5), "éé");
    }
}
