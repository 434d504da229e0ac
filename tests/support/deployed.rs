//! Data directories in which components are deployed already: compiling them is what takes longest at a first start.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use tempfile::TempDir;

/// A data directory to copy from. It goes away with the last host that was started from it.
pub(crate) type Template = Arc<TempDir>;

/// The data directory that `make` makes for these components; made once for all who ask while somebody has it.
pub(crate) fn template(components: &[PathBuf], make: impl FnOnce() -> TempDir) -> Template {
    static TEMPLATES: LazyLock<Mutex<HashMap<Vec<PathBuf>, Weak<TempDir>>>> = LazyLock::new(Mutex::default);
    let mut templates = TEMPLATES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(template) = templates.get(components).and_then(Weak::upgrade) {
        return template;
    }
    let template = Arc::new(make());
    templates.insert(components.to_owned(), Arc::downgrade(&template));
    template
}

/// Copies a directory with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
