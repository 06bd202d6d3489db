//! What the metadata of a field say beyond its Arrow type.

use arrow::datatypes::{DataType, Field};

/// The Arrow extension types that change how a cell is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extension {
    /// `arrow.uuid`: sixteen bytes.
    Uuid,
    /// `arrow.json`: text.
    Json,
    /// `arrow.bool8`: an 8-bit integer, true unless zero.
    Bool8,
}

/// The extension type of a field, where its storage is the one the extension asks for.
///
/// A server's own type name counts too: some say `UUID` or `JSON` there and leave the extension out.
pub(super) fn of(field: &Field) -> Option<Extension> {
    let name = field.metadata().get("ARROW:extension:name").map(String::as_str);
    let type_name = metadata(field, "TYPE_NAME");
    let says = |extension: &str, server: &[&str]| {
        name == Some(extension)
            || name.is_none()
                && type_name
                    .is_some_and(|type_name| server.iter().any(|known| known.eq_ignore_ascii_case(type_name)))
    };
    match field.data_type() {
        DataType::FixedSizeBinary(16) if says("arrow.uuid", &["uuid", "uniqueidentifier"]) => {
            Some(Extension::Uuid)
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
            if says("arrow.json", &["json", "jsonb"]) =>
        {
            Some(Extension::Json)
        }
        DataType::Int8 if name == Some("arrow.bool8") => Some(Extension::Bool8),
        _ => None,
    }
}

/// The field of a dictionary's values: what the dictionary's own field says of its type holds of them.
pub(super) fn of_values(dictionary: &Field, values: &DataType) -> Field {
    Field::new("values", values.clone(), true).with_metadata(dictionary.metadata().clone())
}

/// A value of the metadata Flight SQL defines for columns.
pub(super) fn metadata<'a>(field: &'a Field, key: &str) -> Option<&'a str> {
    // A field has few of them: to look at each is faster than to write the whole name.
    let mut all = field.metadata().iter();
    all.find(|(name, _)| name.strip_prefix("ARROW:FLIGHT:SQL:") == Some(key))
        .map(|(_, value)| value.as_str())
}

/// The type name an `arrow.opaque` field keeps in its extension metadata, a small JSON object.
pub(super) fn opaque_type_name(field: &Field) -> Option<String> {
    if field.metadata().get("ARROW:extension:name").map(String::as_str) != Some("arrow.opaque") {
        return None;
    }
    let json = field.metadata().get("ARROW:extension:metadata")?;
    let (_, after) = json.split_once("\"type_name\"")?;
    let text = after
        .trim_start()
        .strip_prefix(':')?
        .trim_start()
        .strip_prefix('"')?;
    // Type names have no escapes in practice; one that has is left out rather than shown wrongly.
    let (name, _) = text.split_once('"')?;
    (!name.is_empty() && !name.contains('\\')).then(|| name.to_owned())
}
