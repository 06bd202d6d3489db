//! The session's cookie jar (RFC 6265), shared by all its channels.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use cookie_store::CookieStore;
use url::Url;

use crate::metadata::Metadata;

/// The most cookies kept; a server that sets more is not heard.
const MOST: usize = 64;
/// The longest `Set-Cookie` read.
const LONGEST: usize = 4096;

/// Cookies a server has set, from headers, trailers and errors alike.
pub(crate) struct CookieJar(Mutex<CookieStore>);

impl CookieJar {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(CookieStore::default()))
    }

    /// Takes what an answer sets.
    pub(crate) fn absorb(&self, origin: &Url, answer: &Metadata) {
        if answer.get_bytes("set-cookie").is_none() {
            return;
        }
        let mut store = self.lock();
        for cookie in answer
            .get_all("set-cookie")
            // What could not be sent back in a header is not kept: it would fail every later call.
            .filter(|cookie| cookie.len() <= LONGEST && !cookie.bytes().any(|byte| byte.is_ascii_control()))
        {
            // A cookie that cannot be read is the server's mistake, and no reason to fail the call it came with.
            if store.iter_any().count() < MOST {
                let _unreadable = store.parse(cookie, origin);
            }
        }
    }

    /// The value of the `Cookie` header for a server, if it has any.
    pub(crate) fn header(&self, origin: &Url) -> Option<String> {
        let store = self.lock();
        let pairs: Vec<_> = store
            .get_request_values(origin)
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// Forgets all: a closed session's cookie is never sent again.
    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, CookieStore> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for CookieJar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CookieJar({} cookies)", self.lock().iter_any().count())
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::CookieJar;
    use crate::metadata::Metadata;

    fn answer(cookies: &[&str]) -> Metadata {
        cookies
            .iter()
            .map(|cookie| ("set-cookie", cookie.as_bytes().to_vec()))
            .collect()
    }

    #[test]
    fn cookies_come_back_to_the_server_that_set_them() {
        let (jar, here) = (CookieJar::new(), Url::parse("http://127.0.0.1:1/").unwrap());
        jar.absorb(&here, &answer(&["a=1; Path=/", "b=2"]));
        let header = jar.header(&here).unwrap();
        assert!(header == "a=1; b=2" || header == "b=2; a=1", "{header}");
        assert_eq!(jar.header(&Url::parse("http://other/").unwrap()), None);
    }

    #[test]
    fn a_cookie_that_expired_is_gone() {
        let (jar, here) = (CookieJar::new(), Url::parse("https://h/").unwrap());
        jar.absorb(&here, &answer(&["session=1; Path=/"]));
        jar.absorb(&here, &answer(&["session=; Path=/; Max-Age=0"]));
        assert_eq!(jar.header(&here), None);
    }

    #[test]
    fn a_secure_cookie_does_not_leave_tls() {
        let jar = CookieJar::new();
        jar.absorb(
            &Url::parse("https://h/").unwrap(),
            &answer(&["s=1; Secure; Path=/"]),
        );
        assert_eq!(jar.header(&Url::parse("http://h/").unwrap()), None);
    }

    #[test]
    fn rubbish_and_floods_are_ignored() {
        let (jar, here) = (CookieJar::new(), Url::parse("http://h/").unwrap());
        let many: Vec<_> = (0..1000).map(|n| format!("c{n}=1")).collect();
        let many: Vec<_> = many
            .iter()
            .map(String::as_str)
            .chain(["", ";;;", "=", "\u{7f}", "\u{7}a=1", "a=\u{9}1"])
            .collect();
        jar.absorb(&here, &answer(&many));
        assert!(jar.header(&here).unwrap().len() < 1000);
    }
}
