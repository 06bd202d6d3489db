//! The fuzz targets on the stable compiler: the corpus of `driver/fuzz`, and damage to it, for a bounded time.

mod seeds;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use super::{TARGETS, answers, catalog, connection_string, flight_info, frames, rows};

/// How long one target may take, and how many inputs it reads at most.
const LIMIT: Duration = Duration::from_secs(10);
const MOST_CASES: u64 = 150_000;
/// How long with `JETBRIDGE_FULL=1`, and then with other damage each time.
const FULL_LIMIT: Duration = Duration::from_secs(600);

#[test]
fn connection_strings_hold_under_damage() {
    run("connection_string", connection_string);
}

#[test]
fn flight_infos_hold_under_damage() {
    run("flight_info", flight_info);
}

#[test]
fn frames_hold_under_damage() {
    run("frames", frames);
}

#[test]
fn rows_hold_under_damage() {
    run("rows", rows);
}

#[test]
fn catalog_answers_hold_under_damage() {
    run("catalog", catalog);
}

#[test]
fn answers_hold_under_damage() {
    run("answers", answers);
}

#[cfg(feature = "parquet-locations")]
#[test]
fn parquet_files_hold_under_damage() {
    run("parquet", super::parquet);
}

#[test]
fn every_target_has_its_seeds_in_the_corpus() {
    for (target, _) in TARGETS {
        let directory = corpus(target);
        for (name, bytes) in seeds::of(target) {
            let file = directory.join(name);
            if std::env::var_os("JETBRIDGE_BLESS").is_some() {
                std::fs::create_dir_all(&directory).unwrap();
                std::fs::write(&file, bytes).unwrap();
            }
            assert!(
                file.is_file(),
                "{} is missing: JETBRIDGE_BLESS=1 cargo test -p jetbridge fuzzing writes it",
                file.display()
            );
        }
    }
}

/// One change to an input.
#[derive(Debug, Clone)]
enum Damage {
    Set(Index, u8),
    Flip(Index, u8),
    Word(Index, u32),
    Cut(Index),
    Remove(Index, Index),
    Double(Index, Index),
    Splice(Index, Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let word = prop_oneof![
        Just(0),
        Just(u32::MAX),
        Just(1 << 31),
        Just(i32::MAX as u32),
        any::<u32>()
    ];
    prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Damage::Set(at, byte)),
        (any::<Index>(), 0..8_u8).prop_map(|(at, bit)| Damage::Flip(at, bit)),
        (any::<Index>(), word).prop_map(|(at, word)| Damage::Word(at, word)),
        any::<Index>().prop_map(Damage::Cut),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Damage::Remove(from, to)),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Damage::Double(from, to)),
        (any::<Index>(), any::<Index>()).prop_map(|(at, other)| Damage::Splice(at, other)),
    ]
}

fn apply(damage: &Damage, bytes: &mut Vec<u8>, inputs: &[Vec<u8>]) {
    if bytes.is_empty() {
        return;
    }
    let length = bytes.len();
    let range = |from: &Index, to: &Index| {
        let (from, to) = (from.index(length), to.index(length));
        from.min(to)..from.max(to)
    };
    match damage {
        Damage::Set(at, byte) => bytes[at.index(length)] = *byte,
        Damage::Flip(at, bit) => bytes[at.index(length)] ^= 1 << bit,
        Damage::Word(at, word) => {
            let at = at.index(length);
            for (place, byte) in bytes[at..].iter_mut().zip(word.to_le_bytes()) {
                *place = byte;
            }
        }
        Damage::Cut(at) => bytes.truncate(at.index(length)),
        Damage::Remove(from, to) => drop(bytes.drain(range(from, to))),
        Damage::Double(from, to) => {
            let range = range(from, to);
            let part = bytes[range.clone()].to_vec();
            bytes.splice(range.start..range.start, part.into_iter().take(4096));
        }
        Damage::Splice(at, other) => {
            bytes.truncate(at.index(length));
            bytes.extend_from_slice(other.get::<Vec<u8>>(inputs));
        }
    }
}

/// Runs a target on its corpus, and on damaged copies until the time or the number is up: always the same ones, unless it is given more time.
fn run(name: &str, target: fn(&[u8])) {
    let mut inputs: Vec<_> = seeds::of(name).into_iter().map(|(_, bytes)| bytes).collect();
    let mut files: Vec<_> = std::fs::read_dir(corpus(name))
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    inputs.extend(files.iter().map(|file| std::fs::read(file).unwrap()));
    assert!(!inputs.is_empty(), "{name} has no corpus");
    let begun = Instant::now();
    for input in &inputs {
        target(input);
    }
    let full = std::env::var_os("JETBRIDGE_FULL").is_some();
    let (limit, most, rng) = match full {
        true => (
            FULL_LIMIT,
            u64::MAX,
            TestRng::from_seed(RngAlgorithm::ChaCha, &rand_seed()),
        ),
        false => (
            LIMIT,
            MOST_CASES,
            TestRng::deterministic_rng(RngAlgorithm::ChaCha),
        ),
    };
    let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), rng);
    let strategy = (any::<Index>(), proptest::collection::vec(damage(), 1..8));
    let (mut cases, mut slowest) = (0, Duration::ZERO);
    while cases < most && begun.elapsed() < limit {
        let (which, all) = strategy.new_tree(&mut runner).unwrap().current();
        let mut bytes = which.get(&inputs).clone();
        for damage in &all {
            apply(damage, &mut bytes, &inputs);
        }
        let started = Instant::now();
        if std::panic::catch_unwind(|| target(&bytes)).is_err() {
            panic!("{name} does not hold for {bytes:?}");
        }
        slowest = slowest.max(started.elapsed());
        cases += 1;
    }
    println!("{name}: {cases} inputs, the slowest took {slowest:?}");
}

/// Another each time.
fn rand_seed() -> [u8; 32] {
    std::array::from_fn(|_| fastrand::u8(..))
}

fn corpus(target: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "fuzz", "corpus", target]
        .iter()
        .collect()
}
