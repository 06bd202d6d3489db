use std::sync::Arc;

use arrow::array::{
    Array as _, ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray,
    FixedSizeBinaryArray, FixedSizeListArray, Float64Array, Int32Array, Int32Builder, Int64Array,
    LargeStringArray, ListArray, ListBuilder, MapBuilder, RecordBatch, StringArray, StringBuilder,
    StringViewArray, StructArray, TimestampMicrosecondArray,
};
use arrow::compute::concat_batches;
use arrow::datatypes::{Field, Int32Type};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, Encoding, GzipLevel, ZstdLevel};
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder, WriterVersion};

use super::File;
use crate::error::{Error, Kind, Result};

const LIMIT: usize = 16 << 20;

fn batch(rows: i32) -> RecordBatch {
    let odd = |n: i32| (n % 2 == 1).then_some(n);
    let texts = || {
        (0..rows).map(|n| odd(n).map(|n| format!("text {n} of {rows}, long enough to be no part of a view")))
    };
    let words: DictionaryArray<Int32Type> = (0..rows)
        .map(|n| ["a", "b", "c"][usize::try_from(n % 3).unwrap()])
        .collect();
    let times =
        TimestampMicrosecondArray::from_iter_values((0..rows).map(i64::from)).with_timezone("Europe/Berlin");
    let prices = Decimal128Array::from_iter((0..rows).map(|n| odd(n).map(i128::from)));
    let uuids = (0..rows).map(|n| Some([n.to_le_bytes()[0]; 16]));
    let uuids = FixedSizeBinaryArray::try_from_sparse_iter_with_size(uuids, 16).unwrap();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("i", Arc::new((0..rows).map(odd).collect::<Int32Array>())),
        (
            "f",
            Arc::new(
                (0..rows)
                    .map(|n| Some(f64::from(n) / 2.0))
                    .collect::<Float64Array>(),
            ),
        ),
        (
            "b",
            Arc::new((0..rows).map(|n| Some(n % 3 == 0)).collect::<BooleanArray>()),
        ),
        ("t", Arc::new(texts().collect::<StringArray>())),
        ("l", Arc::new(texts().collect::<LargeStringArray>())),
        ("v", Arc::new(texts().collect::<StringViewArray>())),
        (
            "y",
            Arc::new(
                texts()
                    .map(|text| text.map(String::into_bytes))
                    .collect::<BinaryArray>(),
            ),
        ),
        ("w", Arc::new(words)),
        ("d", Arc::new(Date32Array::from_iter_values(0..rows))),
        ("s", Arc::new(times)),
        ("m", Arc::new(prices.with_precision_and_scale(20, 2).unwrap())),
        ("u", Arc::new(uuids)),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true)))
        .unwrap()
}

fn file(
    batch: &RecordBatch,
    change: impl FnOnce(WriterPropertiesBuilder) -> WriterPropertiesBuilder,
) -> Vec<u8> {
    let properties = change(WriterProperties::builder()).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.into_inner().unwrap()
}

fn read(bytes: Vec<u8>, limit: usize) -> Result<Vec<RecordBatch>> {
    super::batches(bytes.into(), limit, usize::MAX)
}

fn refusal(bytes: Vec<u8>, limit: usize) -> Error {
    read(bytes, limit).expect_err("a refusal")
}

#[test]
fn what_was_written_is_read_as_it_was() {
    let written = batch(10_000);
    let codecs = [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::LZ4_RAW,
        Compression::ZSTD(ZstdLevel::default()),
        Compression::GZIP(GzipLevel::default()),
    ];
    for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
        for codec in codecs {
            let bytes = file(&written, |properties| {
                let texts = ["t", "l", "v", "y"].into_iter();
                // The second version writes texts as the end of the one before, which is refused below.
                let plain = |properties: WriterPropertiesBuilder, name: &str| {
                    properties.set_column_encoding(name.into(), Encoding::PLAIN)
                };
                texts
                    .fold(properties, plain)
                    .set_writer_version(version)
                    .set_compression(codec)
                    .set_max_row_group_row_count(Some(3_000))
            });
            let batches = read(bytes, LIMIT).unwrap();
            let read = concat_batches(&batches[0].schema(), &batches).unwrap();
            assert_eq!(
                read.schema().fields(),
                written.schema().fields(),
                "{version:?} {codec}"
            );
            for (column, field) in written.columns().iter().zip(written.schema().fields()) {
                let other = read.column_by_name(field.name()).unwrap();
                assert_eq!(other, column, "{} {version:?} {codec}", field.name());
            }
        }
    }
}

#[test]
fn a_file_without_rows_has_its_schema() {
    let empty = batch(0);
    let mut opened = File::new(file(&empty, |properties| properties).into(), LIMIT).unwrap();
    assert_eq!(opened.schema.fields(), empty.schema().fields());
    assert!(opened.next().unwrap().is_none());
}

#[test]
fn what_unpacks_to_more_than_the_limit_is_refused_before_it_is_unpacked() {
    let zeros: ArrayRef = Arc::new(Int64Array::from(vec![0; 1 << 20]));
    let zeros = RecordBatch::try_from_iter([("n", zeros)]).unwrap();
    let bytes = file(&zeros, |properties| {
        properties
            .set_dictionary_enabled(false)
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
    });
    assert!(bytes.len() < 1 << 20, "{}", bytes.len());
    let error = refusal(bytes.clone(), 1 << 20);
    assert_eq!(error.kind(), Kind::Resource, "{error}");
    assert_eq!(
        read(bytes, LIMIT)
            .unwrap()
            .iter()
            .map(RecordBatch::num_rows)
            .sum::<usize>(),
        1 << 20
    );
}

#[test]
fn one_text_that_stands_for_thousands_is_counted_as_often_as_it_stands() {
    let long = "x".repeat(100_000);
    let many: ArrayRef = Arc::new(StringArray::from(vec![long.as_str(); 500]));
    let many = RecordBatch::try_from_iter([("t", many)]).unwrap();
    let bytes = file(&many, |properties| properties);
    assert!(bytes.len() < 300_000, "{}", bytes.len());
    let error = refusal(bytes.clone(), LIMIT);
    assert_eq!(error.kind(), Kind::Resource, "{error}");
    assert_eq!(read(bytes, 4 * LIMIT).unwrap()[0].columns(), many.columns());
}

#[test]
fn what_has_no_bound_that_can_be_told_is_not_read() {
    let pairs =
        FixedSizeListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1), None]), None], 2);
    let pairs = RecordBatch::try_from_iter([("p", Arc::new(pairs) as ArrayRef)]).unwrap();
    let texts: ArrayRef = Arc::new(StringArray::from(vec!["ab", "abc"]));
    let texts = RecordBatch::try_from_iter([("t", texts)]).unwrap();
    let encoded = |encoding| {
        file(&texts, |properties| {
            properties.set_dictionary_enabled(false).set_encoding(encoding)
        })
    };
    for bytes in [
        file(&pairs, |properties| properties),
        encoded(Encoding::DELTA_BYTE_ARRAY),
        encoded(Encoding::DELTA_LENGTH_BYTE_ARRAY),
    ] {
        let error = refusal(bytes, LIMIT);
        assert_eq!(error.kind(), Kind::NotSupported, "{error}");
    }
}

/// Lists of texts, structs of a text and a list of numbers, and maps.
fn nested(rows: i32) -> RecordBatch {
    let mut lists = ListBuilder::new(StringBuilder::new());
    let mut maps = MapBuilder::new(None, StringBuilder::new(), Int32Builder::new());
    let mut numbers = ListBuilder::new(Int32Builder::new());
    for row in 0..rows {
        for n in 0..row % 4 {
            lists
                .values()
                .append_value(format!("text {n} of row {row}, no part of a view"));
            numbers.values().append_option((n != 1).then_some(n));
            maps.keys().append_value(format!("key {n}"));
            maps.values().append_value(row);
        }
        lists.append(row % 5 != 0);
        numbers.append(row % 7 != 0);
        maps.append(row % 3 != 0).unwrap();
    }
    let texts: ArrayRef = Arc::new(
        (0..rows)
            .map(|n| Some(format!("text {n}")))
            .collect::<LargeStringArray>(),
    );
    let numbers: ArrayRef = Arc::new(numbers.finish());
    let field = |name: &str, array: &ArrayRef| Arc::new(Field::new(name, array.data_type().clone(), true));
    let structs = StructArray::from(vec![(field("t", &texts), texts), (field("n", &numbers), numbers)]);
    RecordBatch::try_from_iter_with_nullable([
        ("l", Arc::new(lists.finish()) as ArrayRef, true),
        ("s", Arc::new(structs), true),
        ("m", Arc::new(maps.finish()), true),
    ])
    .unwrap()
}

#[test]
fn lists_structs_and_maps_are_read_as_they_were_written() {
    let written = nested(1000);
    for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
        let bytes = file(&written, |properties| {
            properties
                .set_encoding(Encoding::PLAIN)
                .set_writer_version(version)
                .set_max_row_group_row_count(Some(300))
        });
        let batches = read(bytes, LIMIT).unwrap();
        let read = concat_batches(&batches[0].schema(), &batches).unwrap();
        assert_eq!(read.columns(), written.columns(), "{version:?}");
    }
}

#[test]
fn a_list_is_counted_by_its_values_and_not_by_its_rows() {
    // One row, a million values that are all the same: a few bytes.
    let list = ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(7); 1 << 20])]);
    let list = RecordBatch::try_from_iter([("l", Arc::new(list) as ArrayRef)]).unwrap();
    let bytes = file(&list, |properties| properties);
    assert!(bytes.len() < 10_000, "{}", bytes.len());
    assert_eq!(refusal(bytes.clone(), LIMIT).kind(), Kind::Resource);
    assert_eq!(read(bytes, 4 * LIMIT).unwrap()[0].columns(), list.columns());
}

#[test]
fn a_file_cut_anywhere_is_an_error() {
    let bytes = file(&batch(50), |properties| properties);
    for length in (0..bytes.len()).step_by(37) {
        assert!(read(bytes[..length].to_vec(), LIMIT).is_err(), "{length}");
    }
}

#[test]
fn a_file_without_the_words_of_arrow_is_read_by_its_own() {
    let written = batch(10);
    let options = ArrowWriterOptions::new().with_skip_arrow_metadata(true);
    let mut writer = ArrowWriter::try_new_with_options(Vec::new(), written.schema(), options).unwrap();
    writer.write(&written).unwrap();
    let batches = read(writer.into_inner().unwrap(), LIMIT).unwrap();
    assert_eq!(batches[0].column_by_name("t"), written.column_by_name("t"));
    assert_eq!(batches[0].num_columns(), written.num_columns());
}
