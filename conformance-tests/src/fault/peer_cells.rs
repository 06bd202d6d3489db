//! What the peers made of the cases, as the file `peers.tsv` keeps it: a case a line, its cells after tabs.

use std::collections::BTreeMap;

/// The cells of each case, in the order of the peers.
pub type PeerCells = BTreeMap<String, [String; 3]>;

/// Reads the file.
pub fn read(text: &str) -> PeerCells {
    let line = |line: &str| {
        let mut cells = line.split('\t').map(str::to_owned);
        Some((cells.next()?, [cells.next()?, cells.next()?, cells.next()?]))
    };
    text.lines().filter_map(line).collect()
}

/// Writes the file.
pub fn write(cells: &PeerCells) -> String {
    let line = |(case, cells): (&String, &[String; 3])| format!("{case}\t{}\n", cells.join("\t"));
    cells.iter().map(line).collect()
}
