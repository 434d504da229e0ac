//! Rows as values of a type.

use serde::de::value::{Error, MapDeserializer, SeqDeserializer};
use serde::de::{Deserializer, Error as _, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::SqlValue;

/// A row. A struct or a map takes its columns by name, a tuple in their order, anything else is its one column.
pub(super) struct Row<'a> {
    pub(super) columns: &'a [String],
    pub(super) values: Vec<SqlValue>,
}

impl Row<'_> {
    fn only(self) -> Result<SqlValue, Error> {
        let count = self.values.len();
        let mut values = self.values.into_iter();
        match (values.next(), values.next()) {
            (Some(value), None) => Ok(value),
            _ => Err(Error::custom(format_args!(
                "a row of {count} columns is no single value: take a struct or a tuple"
            ))),
        }
    }
}

macro_rules! of_the_one_column {
    ($($method:ident)+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.only()?.into_deserializer().$method(visitor)
        })+
    };
}

impl<'de> Deserializer<'de> for Row<'_> {
    type Error = Error;

    of_the_one_column! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8 deserialize_u16
        deserialize_u32 deserialize_u64 deserialize_f32 deserialize_f64 deserialize_char deserialize_str
        deserialize_string deserialize_bytes deserialize_byte_buf deserialize_option
    }

    /// Of columns that are named alike the last one counts (semantics.md of Rivet 2.3.19, section 9).
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let names = self.columns.iter().enumerate();
        let is_last = |index: usize, name: &String| !self.columns.iter().skip(index + 1).any(|n| n == name);
        let last = names.map(|(index, name)| is_last(index, name).then_some(name.as_str()));
        let pairs = last.zip(self.values).filter_map(|(name, value)| Some((name?, value)));
        visitor.visit_map(MapDeserializer::new(pairs))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(SeqDeserializer::new(self.values.into_iter()))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.only()?.into_deserializer().deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        i128 u128 unit_struct map struct identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, Error> for SqlValue {
    type Deserializer = Cell;

    fn into_deserializer(self) -> Cell {
        Cell(self)
    }
}

/// One value of a row.
pub struct Cell(SqlValue);

impl<'de> Deserializer<'de> for Cell {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            SqlValue::Null => visitor.visit_unit(),
            SqlValue::Integer(integer) => visitor.visit_i64(integer),
            SqlValue::Real(real) => visitor.visit_f64(real),
            SqlValue::Text(text) => visitor.visit_string(text),
            SqlValue::Blob(bytes) => visitor.visit_byte_buf(bytes),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0 == SqlValue::Null { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    /// SQLite has no booleans: 0 is false, any other integer true.
    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            SqlValue::Integer(integer) => visitor.visit_bool(integer != 0),
            _ => self.deserialize_any(visitor),
        }
    }

    /// A `Vec<u8>` asks for its bytes one by one.
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            SqlValue::Blob(bytes) => visitor.visit_seq(SeqDeserializer::new(bytes.into_iter())),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    /// The name of a variant without fields.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            SqlValue::Text(text) => text.into_deserializer().deserialize_enum(name, variants, visitor),
            _ => self.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct tuple
        tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use serde::de::DeserializeOwned;

    use super::*;

    fn read<T: DeserializeOwned>(columns: &[&str], values: &[SqlValue]) -> Result<T, String> {
        let columns: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
        T::deserialize(Row { columns: &columns, values: values.to_vec() }).map_err(|error| error.to_string())
    }

    #[derive(Deserialize, Debug, PartialEq)]
    #[serde(rename_all = "lowercase")]
    enum Rank {
        First,
    }

    #[derive(Deserialize, Debug, PartialEq)]
    struct Player {
        name: String,
        score: Option<f64>,
        is_in: bool,
        rank: Rank,
        picture: Vec<u8>,
    }

    #[test]
    fn a_struct_takes_its_columns_by_name() {
        let columns = ["picture", "name", "rank", "is_in", "score", "score", "more"];
        let values = [
            SqlValue::from(&[1, 2]),
            "a\0b".into(),
            "first".into(),
            7.into(),
            1.into(),
            SqlValue::Null,
            9.into(),
        ];
        let name = "a\0b".to_owned();
        let player = Player { name, score: None, is_in: true, rank: Rank::First, picture: vec![1, 2] };
        assert_eq!(read(&columns, &values), Ok(player));
        let missing = read::<Player>(&columns[1..], &values[1..]).unwrap_err();
        assert!(missing.contains("missing field `picture`"), "{missing}");
    }

    #[test]
    fn a_tuple_takes_them_in_order_and_a_value_is_the_only_one() {
        let values = [SqlValue::from(i64::MAX), SqlValue::from(2.5)];
        assert_eq!(read(&["a", "a"], &values), Ok((i64::MAX, 2.5)));
        assert_eq!(read(&["a"], &values[..1]), Ok(i64::MAX));
        assert_eq!(read::<Option<i64>>(&["a"], &[SqlValue::Null]), Ok(None));
        assert!(read::<i64>(&["a", "b"], &values).unwrap_err().contains("2 columns"));
        assert!(read::<u8>(&["a"], &[300.into()]).is_err());
        let map = BTreeMap::from([("a".to_owned(), SqlValue::Real(2.5))]);
        assert_eq!(read(&["a", "a"], &values), Ok(map));
    }
}
