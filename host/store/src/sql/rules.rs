//! What statements may do: nothing that reaches out of the database, or changes how the host keeps it.

use rivet_ground::limits;
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;

use crate::sql::meter::Meter;

/// Pragmas that a statement may use in any way.
const PRAGMAS: [&str; 22] = [
    "analysis_limit",
    "application_id",
    "case_sensitive_like",
    "defer_foreign_keys",
    "foreign_key_check",
    "foreign_key_list",
    "foreign_keys",
    "freelist_count",
    "index_info",
    "index_list",
    "index_xinfo",
    "integrity_check",
    "legacy_alter_table",
    "optimize",
    "page_count",
    "quick_check",
    "recursive_triggers",
    "reverse_unordered_selects",
    "table_info",
    "table_list",
    "table_xinfo",
    "user_version",
];

/// Pragmas that a statement may read, but not set.
const READ_ONLY_PRAGMAS: [&str; 15] = [
    "auto_vacuum",
    "cache_size",
    "collation_list",
    "compile_options",
    "data_version",
    "database_list",
    "encoding",
    "function_list",
    "journal_mode",
    "locking_mode",
    "max_page_count",
    "module_list",
    "page_size",
    "pragma_list",
    "synchronous",
];

/// Virtual tables that keep all they have in the database.
const MODULES: [&str; 3] = ["fts5", "rtree", "rtree_i32"];

/// Functions that reach out of the database, and such as take the square of their input's length (see `functions`), for
/// which there is no other form.
const FORBIDDEN_FUNCTIONS: [&str; 5] =
    ["load_extension", "fts3_tokenizer", "json_patch", "jsonb_patch", "snippet"];

/// Functions that may take milliseconds for a value as long as may be, and are not interrupted meanwhile. Neither is what
/// calls them one after the other, so a statement may have only so many; those whose names begin with `json` are others.
const SLOW_FUNCTIONS: [&str; 16] = [
    "format",
    "glob",
    "hex",
    "instr",
    "like",
    "lower",
    "ltrim",
    "printf",
    "quote",
    "randomblob",
    "replace",
    "rtrim",
    "trim",
    "unhex",
    "upper",
    "zeroblob",
];

/// Sets the limits and the switches of a connection.
pub(super) fn set_limits(connection: &Connection) -> rusqlite::Result<()> {
    for (limit, most) in [
        (Limit::SQLITE_LIMIT_ATTACHED, 0),
        (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
        (Limit::SQLITE_LIMIT_LENGTH, limits::SQL_VALUE_BYTES),
        (Limit::SQLITE_LIMIT_SQL_LENGTH, limits::SQL_TEXT_BYTES),
        (Limit::SQLITE_LIMIT_EXPR_DEPTH, limits::SQL_EXPRESSION_DEPTH),
        (Limit::SQLITE_LIMIT_PARSER_DEPTH, limits::SQL_PARSER_DEPTH),
        (Limit::SQLITE_LIMIT_COMPOUND_SELECT, limits::SQL_COMPOUND_SELECTS),
        (Limit::SQLITE_LIMIT_COLUMN, limits::SQL_COLUMNS),
        (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, limits::SQL_PARAMETERS),
        (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, limits::SQL_PATTERN_BYTES),
        (Limit::SQLITE_LIMIT_FUNCTION_ARG, limits::SQL_ARGUMENTS),
        (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, limits::SQL_TRIGGER_DEPTH),
    ] {
        connection.set_limit(limit, most as i32)?;
    }
    for (config, is_on) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true),
    ] {
        connection.set_db_config(config, is_on)?;
    }
    Ok(())
}

/// What is forbidden about an action of a statement, if anything is.
pub(super) fn forbidden(context: &AuthContext<'_>) -> Option<String> {
    match context.action {
        AuthAction::Attach { .. } => Some("ATTACH, or VACUUM, which needs it".to_owned()),
        AuthAction::Detach { .. } => Some("DETACH".to_owned()),
        AuthAction::Pragma { pragma_name, pragma_value } => {
            let name = pragma_name.to_ascii_lowercase();
            let is_read_only = READ_ONLY_PRAGMAS.contains(&name.as_str()) && pragma_value.is_none();
            let is_allowed = PRAGMAS.contains(&name.as_str()) || is_read_only;
            (!is_allowed).then(|| format!("PRAGMA {name}"))
        }
        AuthAction::CreateVtable { module_name, .. } => {
            let is_allowed = MODULES.iter().any(|allowed| allowed.eq_ignore_ascii_case(module_name));
            (!is_allowed).then(|| format!("a virtual table of {module_name}"))
        }
        AuthAction::Function { function_name } => {
            let is_forbidden =
                FORBIDDEN_FUNCTIONS.iter().any(|name| name.eq_ignore_ascii_case(function_name));
            is_forbidden.then(|| format!("the function {function_name}"))
        }
        AuthAction::Unknown { code, .. } => Some(format!("the action {code}")),
        _ => None,
    }
}

/// What is too much of something that a statement may do, if anything is.
pub(super) fn too_many(context: &AuthContext<'_>, meter: &Meter) -> Option<String> {
    let AuthAction::Function { function_name } = context.action else { return None };
    let name = function_name.to_ascii_lowercase();
    let most = meter.count_function(SLOW_FUNCTIONS.contains(&name.as_str()) || name.starts_with("json"))?;
    Some(format!("a statement with more than {most} calls of functions such as {name}"))
}

/// Notes what a statement does that has consequences.
pub(super) fn note(context: &AuthContext<'_>, meter: &Meter) {
    match context.action {
        AuthAction::CreateVtable { .. } => meter.note_virtual(),
        AuthAction::CreateTempTable { .. }
        | AuthAction::CreateTempIndex { .. }
        | AuthAction::CreateTempTrigger { .. }
        | AuthAction::CreateTempView { .. } => meter.note_temporary(),
        _ => {}
    }
}

/// SQLite's answer to what it wants to know of an action.
pub(super) fn authorization(forbidden: Option<&String>) -> Authorization {
    if forbidden.is_some() { Authorization::Deny } else { Authorization::Allow }
}
