//! The values of a statement's parameters.

use super::SqlValue;
use crate::bindings::component::rivet::actor::sql::Params;

/// The values of a statement's parameters: `()`, a tuple of things that convert into [`SqlValue`], an array, a slice or a
/// `Vec` of such, or, by name, what [`crate::named_params!`] makes.
pub trait SqlParams {
    /// The parameters as the host takes them.
    #[doc(hidden)]
    fn into_params(self) -> Params;
}

/// The values of parameters, by name. [`crate::named_params!`] makes them, and so does `collect`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SqlNamed(Vec<(String, SqlValue)>);

impl<K: Into<String>, V: Into<SqlValue>> FromIterator<(K, V)> for SqlNamed {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

/// The values of the parameters `:name`, `:score`: `named_params! { "name": name, "score": 5 }`.
#[macro_export]
macro_rules! named_params {
    ($($name:literal : $value:expr),* $(,)?) => {
        [$(($name, $crate::SqlValue::from($value))),*].into_iter().collect::<$crate::SqlNamed>()
    };
}

impl SqlParams for SqlNamed {
    fn into_params(self) -> Params {
        Params::Named(self.0.into_iter().map(|(name, value)| (name, value.into())).collect())
    }
}

impl SqlParams for () {
    fn into_params(self) -> Params {
        Params::Positional(vec![])
    }
}

impl<T: Into<SqlValue>> SqlParams for Vec<T> {
    fn into_params(self) -> Params {
        Params::Positional(self.into_iter().map(|value| value.into().into()).collect())
    }
}

impl<T: Into<SqlValue>, const N: usize> SqlParams for [T; N] {
    fn into_params(self) -> Params {
        Params::Positional(self.into_iter().map(|value| value.into().into()).collect())
    }
}

impl<T: Into<SqlValue> + Clone> SqlParams for &[T] {
    fn into_params(self) -> Params {
        self.to_vec().into_params()
    }
}

macro_rules! tuple {
    ($($name:ident)+) => {
        impl<$($name: Into<SqlValue>),+> SqlParams for ($($name,)+) {
            #[allow(non_snake_case, reason = "the values are named like their types")]
            fn into_params(self) -> Params {
                let ($($name,)+) = self;
                Params::Positional(vec![$($name.into().into()),+])
            }
        }
    };
}

tuple!(A);
tuple!(A B);
tuple!(A B C);
tuple!(A B C D);
tuple!(A B C D E);
tuple!(A B C D E F);
tuple!(A B C D E F G);
tuple!(A B C D E F G H);
