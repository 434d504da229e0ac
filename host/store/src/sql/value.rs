//! What goes into a statement and what comes out.

/// A value of SQLite.
#[derive(Clone, Debug, PartialEq)]
pub enum SqlValue {
    /// `NULL`.
    Null,
    /// An integer of 64 bits.
    Integer(i64),
    /// A floating-point number. SQLite keeps NaN as `NULL`.
    Real(f64),
    /// A text, in which NUL may occur.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

/// The values of a statement's parameters.
#[derive(Clone, Debug, PartialEq)]
pub enum SqlParams {
    /// In the order of the parameters: `?`, `?1`.
    Positional(Vec<SqlValue>),
    /// By name: `:x`, `@x`, `$x`. The name may have the sign or not.
    Named(Vec<(String, SqlValue)>),
}

/// What a text of SQL has given.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SqlRows {
    /// The names of the columns, in order; two may be alike.
    pub columns: Vec<String>,
    /// The rows, each with a value for each column.
    pub rows: Vec<Vec<SqlValue>>,
    /// Rows that were inserted, changed or deleted, by triggers and foreign keys, too.
    pub changes: u64,
    /// The row id of the last row that the connection has inserted; 0 before the first.
    pub last_insert_rowid: i64,
}

impl SqlParams {
    /// No parameters.
    pub const NONE: Self = Self::Positional(Vec::new());

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Positional(values) => values.is_empty(),
            Self::Named(values) => values.is_empty(),
        }
    }
}

impl SqlValue {
    /// What it takes up in memory, about.
    pub(super) fn len_bytes(&self) -> usize {
        let data_bytes = match self {
            Self::Null | Self::Integer(_) | Self::Real(_) => 0,
            Self::Text(text) => text.len(),
            Self::Blob(bytes) => bytes.len(),
        };
        size_of::<Self>() + data_bytes
    }
}
