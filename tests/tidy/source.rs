//! A Rust source: its text, and its tokens without comments.

use std::process::Command;
use std::str::FromStr;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use support::root;

/// A file of the repository.
pub struct Source {
    /// The path from the root of the repository.
    pub path: String,
    /// How many lines it has.
    pub lines: usize,
    /// All tokens, each group flattened into its delimiters and what is between them.
    pub tokens: Vec<Token>,
}

/// A token and the line it stands on.
#[derive(Clone, Debug)]
pub struct Token {
    /// The token's text: a name, a punctuation character, `{`, or a literal's first character.
    pub text: String,
    /// The line, counted from 1.
    pub line: usize,
    /// How many groups it stands in.
    pub depth: usize,
}

impl Source {
    /// Every Rust source that git tracks, or would track.
    pub fn all() -> Vec<Self> {
        let mut git = Command::new("git");
        git.current_dir(root()).args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
            "*.rs",
        ]);
        let listed = git.output().expect("git lists the sources");
        assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
        let paths = String::from_utf8(listed.stdout).expect("paths are UTF-8");
        let read = |path: &str| Some(Self::new(path, &std::fs::read_to_string(root().join(path)).ok()?));
        paths.split('\0').filter(|path| !path.is_empty()).filter_map(read).collect()
    }

    /// A source of this text.
    pub fn new(path: &str, text: &str) -> Self {
        let stream = TokenStream::from_str(text).unwrap_or_else(|e| panic!("{path} is not Rust: {e}"));
        let mut tokens = Vec::new();
        flatten(stream, 0, &mut tokens);
        Self { path: path.to_owned(), lines: text.lines().count(), tokens }
    }

    /// The tokens without those of modules that only tests compile.
    pub fn shipped_tokens(&self) -> Vec<Token> {
        let mut kept = Vec::new();
        let mut rest = self.tokens.as_slice();
        while let Some(first) = rest.first() {
            let is_test = ["#", "[", "cfg", "(", "test", ")", "]", "mod"]
                .iter()
                .zip(rest)
                .filter(|(expected, token)| token.text == **expected)
                .count()
                == 8;
            let end = if is_test { end_of_item(rest) } else { 1 };
            if !is_test {
                kept.push(first.clone());
            }
            rest = &rest[end..];
        }
        kept
    }
}

/// How many tokens an item takes that starts here: up to its closing brace or its semicolon.
fn end_of_item(tokens: &[Token]) -> usize {
    let depth = tokens[0].depth;
    let ends = |token: &Token| token.depth == depth && (token.text == "}" || token.text == ";");
    tokens.iter().position(ends).map_or(tokens.len(), |last| last + 1)
}

fn flatten(stream: TokenStream, depth: usize, into: &mut Vec<Token>) {
    for tree in stream {
        let line = tree.span().start().line;
        let mut push = |text: String, line| into.push(Token { text, line, depth });
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::None => ("", ""),
                };
                push(open.to_owned(), line);
                flatten(group.stream(), depth + 1, into);
                let line = group.span_close().end().line;
                into.push(Token { text: close.to_owned(), line, depth });
            }
            TokenTree::Ident(name) => push(name.to_string().trim_start_matches("r#").to_owned(), line),
            TokenTree::Punct(punct) => push(punct.as_char().to_string(), line),
            TokenTree::Literal(_) => push("\"".to_owned(), line),
        }
    }
}
