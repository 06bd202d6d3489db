//! One configuration out of several sources, of which the stronger overrides the weaker.

use super::Config;
use super::assign::{Pair, assign, meaning};
use crate::error::Result;
use crate::secret::Secret;

impl Config {
    /// Makes a configuration of names and values, the strongest layer first: what it says, under whatever name of an option, those after it do not.
    pub(crate) fn from_layers(layers: Vec<Vec<(String, Secret)>>) -> Result<Self> {
        let mut pairs: Vec<Pair> = Vec::new();
        for layer in layers {
            let known: Vec<_> = pairs.iter().map(|pair| meaning(&pair.key)).collect();
            let more = layer
                .into_iter()
                .filter(|(key, _)| !known.contains(&meaning(key)))
                .map(|(key, value)| Pair {
                    key,
                    value,
                    repeat: false,
                });
            pairs.extend(more);
        }
        let mut config = Self::default();
        assign(&mut config, &pairs)?;
        config.validate()?;
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use crate::secret::Secret;

    fn layer(pairs: &[(&str, &str)]) -> Vec<(String, Secret)> {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), Secret::new(*value)))
            .collect()
    }

    #[test]
    fn a_stronger_layer_wins_under_whatever_name() {
        let config = Config::from_layers(vec![
            layer(&[("Pwd", "new"), ("header.X-Org", "7")]),
            layer(&[
                ("host", "h"),
                ("user", "me"),
                ("password", "old"),
                ("header.x-org", "1"),
            ]),
        ])
        .unwrap();
        assert_eq!(
            config,
            Config::parse("Host=h;UID=me;PWD=new;header.x-org=7").unwrap()
        );
    }

    #[test]
    fn one_layer_says_nothing_twice() {
        let twice = layer(&[("host", "h"), ("password", "a"), ("PWD", "b")]);
        let error = Config::from_layers(vec![twice]).unwrap_err();
        assert!(error.message().contains("twice"), "{error}");
    }
}
