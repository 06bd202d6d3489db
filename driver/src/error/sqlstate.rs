//! SQLSTATE codes.

use std::fmt;

/// A five-character SQLSTATE code (ISO/IEC 9075, ODBC 3.8 appendix A).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SqlState([u8; 5]);

macro_rules! states {
    ($($name:ident = $code:literal, $doc:literal;)*) => {
        impl SqlState {
            $(
                #[doc = concat!("`", $code, "`: ", $doc)]
                pub const $name: Self = Self::from_literal($code);
            )*

            /// Every code this crate itself can emit, with its meaning.
            pub const ALL: &'static [(Self, &'static str)] = &[$((Self::$name, $doc)),*];
        }
    };
}

states! {
    UNABLE_TO_CONNECT = "08001", "the connection could not be made";
    CONNECTION_CLOSED = "08003", "the session or pool is closed";
    TRANSACTION_OUTCOME_UNKNOWN = "08007", "the connection broke while a commit was under way";
    CONNECTION_FAILURE = "08S01", "the connection broke";
    PROTOCOL_VIOLATION = "08P01", "the server broke the protocol";
    WRONG_PARAMETER_COUNT = "07001", "the number of parameters is wrong";
    TYPE_MISMATCH = "07006", "the value cannot be read as the type asked for";
    NULL_WITHOUT_OPTION = "22002", "a NULL was read into a type that has none";
    NUMBER_OUT_OF_RANGE = "22003", "the number does not fit the type asked for";
    INVALID_TEXT = "22018", "the text cannot be read as the type asked for";
    INVALID_TRANSACTION_STATE = "25000", "there is no such transaction, or one is open already";
    INVALID_AUTHORIZATION = "28000", "the server refused the credentials";
    SERIALIZATION_FAILURE = "40001", "the transaction was rolled back by a conflict";
    SYNTAX_OR_ACCESS = "42000", "the server refused the statement";
    ALREADY_EXISTS = "42S01", "the table or view exists already";
    NOT_FOUND = "42S02", "the table, view or handle does not exist";
    COLUMN_NOT_FOUND = "42S22", "the column does not exist";
    INSUFFICIENT_PRIVILEGE = "42501", "the user may not do that";
    GENERAL = "HY000", "an error without a code of its own";
    OUT_OF_MEMORY = "HY001", "memory is exhausted";
    CANCELLED = "HY008", "the operation was cancelled";
    SEQUENCE = "HY010", "the call is not possible in this state";
    RESOURCE_LIMIT = "HY013", "a resource is exhausted";
    INVALID_OPTION = "HY024", "an option of the connection string is wrong";
    NOT_SUPPORTED = "HYC00", "the server or driver lacks this feature";
    NO_DATA_SOURCE = "IM002", "no data source or profile has that name";
    TIMEOUT = "HYT00", "a deadline passed";
    CONNECT_TIMEOUT = "HYT01", "the deadline for connecting passed";
}

impl SqlState {
    const fn from_literal(code: &str) -> Self {
        match code.as_bytes() {
            [a, b, c, d, e] => Self([*a, *b, *c, *d, *e]),
            _ => Self(*b"HY000"),
        }
    }

    /// Reads a code: five ASCII digits or capital letters.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        let bytes: [u8; 5] = code.as_bytes().try_into().ok()?;
        bytes
            .iter()
            .all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
            .then_some(Self(bytes))
    }

    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("HY000")
    }
}

impl fmt::Display for SqlState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for SqlState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::SqlState;

    #[test]
    fn a_code_is_five_digits_or_capitals() {
        assert_eq!(SqlState::parse("42S02"), Some(SqlState::NOT_FOUND));
        for wrong in ["", "42s02", "42S0", "42S022", "42 02", "４２S02"] {
            assert_eq!(SqlState::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn every_code_of_ours_is_well_formed() {
        for (state, _) in SqlState::ALL {
            assert_eq!(SqlState::parse(state.as_str()), Some(*state));
        }
    }
}
