//! What the fuzz targets share.

/// Takes libFuzzer's panic hook away: it ends the process at every panic, also at those of the Arrow libraries which the driver turns into
/// errors. A panic that leaves a target still ends the process.
pub fn allow_guarded_panics() {
    std::panic::set_hook(Box::new(|panic| {
        if std::env::var_os("SHOW_PANICS").is_some() {
            eprintln!("{panic}");
        }
    }));
}
