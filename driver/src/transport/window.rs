//! How `prefetch_bytes` is shared out: the HTTP/2 windows are memory as well, so they are part of it.
//!
//! Each endpoint being read has a lane of `prefetch_bytes / endpoint_parallelism`. Most of it is the window of its HTTP/2 stream: what the
//! server may send before anybody asked for it. The rest is for batches that are decoded and wait. The window of the connection sets no bound of its
//! own: were it as small as that of one stream, a reader who sleeps would use it up, and with it the answers of all others on that connection.

use crate::config::Config;

/// The smallest window HTTP/2 lets one have without saying so.
const SMALLEST_WINDOW: usize = (64 << 10) - 1;
/// The largest window there is.
pub(crate) const CONNECTION_WINDOW: u32 = (1 << 31) - 1;

/// The window of one HTTP/2 stream.
pub(crate) fn stream_window(config: &Config) -> u32 {
    let most = config.get_window_size();
    let share = lane(config) / 8 * 7;
    u32::try_from(share.max(SMALLEST_WINDOW)).map_or(most, |share| share.min(most))
}

/// How many bytes of decoded batches of one endpoint may wait.
pub(crate) fn waiting_bytes(config: &Config) -> usize {
    let window = usize::try_from(stream_window(config)).unwrap_or(usize::MAX);
    lane(config).saturating_sub(window)
}

fn lane(config: &Config) -> usize {
    config.get_prefetch_bytes() / config.get_endpoint_parallelism().max(1)
}

#[cfg(test)]
mod tests {
    use super::{stream_window, waiting_bytes};
    use crate::config::Config;

    #[test]
    fn windows_and_waiting_batches_of_all_lanes_stay_within_prefetch_bytes() {
        for (bytes, lanes) in [
            (64 << 20, 4),
            (64 << 20, 16),
            (256 << 20, 4),
            (1 << 30, 1),
            (8 << 20, 7),
        ] {
            let config = Config::parse("flightsql://h")
                .unwrap()
                .prefetch_bytes(bytes)
                .endpoint_parallelism(lanes);
            let lane = usize::try_from(stream_window(&config)).unwrap() + waiting_bytes(&config);
            assert!(lane * lanes <= bytes, "{bytes} {lanes}: {lane}");
        }
    }

    #[test]
    fn a_window_is_never_smaller_than_http2_has_it_nor_larger_than_the_option() {
        let config = Config::parse("flightsql://h?prefetch_bytes=1KiB").unwrap();
        assert_eq!(stream_window(&config), 65_535);
        assert_eq!(waiting_bytes(&config), 0);
        let config = Config::parse("flightsql://h?prefetch_bytes=1GiB&window_size=1MiB").unwrap();
        assert_eq!(stream_window(&config), 1 << 20);
        assert_eq!(waiting_bytes(&config), 255 << 20);
    }
}
