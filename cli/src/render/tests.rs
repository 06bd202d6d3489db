//! Every format, from record batches.

use std::io::{self, Cursor as Bytes, Write};
use std::sync::{Arc, Mutex};

use jetbridge::arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float64Array,
    Int32Array, Int64Array, ListArray, MapBuilder, RecordBatch, StringArray, StringBuilder, StructArray,
    TimestampMicrosecondArray, UInt64Array,
};
use jetbridge::arrow::datatypes::{DataType, Field, Int32Type, Schema};
use jetbridge::arrow::ipc::reader::StreamReader;
use jetbridge::cursor::RowChunk;
use jetbridge::types::Columns;

use super::{Style, open};
use crate::args::Format;

const PLAIN: Style = Style {
    header: true,
    null: None,
    width: None,
};

/// What was written, to be looked at after the renderer has gone.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Page {
    fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }

    fn text(&self) -> String {
        String::from_utf8(self.bytes()).unwrap()
    }
}

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write(format: Format, style: Style, schema: &Arc<Schema>, batches: &[RecordBatch]) -> Page {
    let columns = Arc::new(Columns::new(Arc::clone(schema)));
    let page = Page::default();
    let mut renderer = open(format, &columns, style, page.clone()).unwrap();
    for batch in batches {
        renderer
            .rows(&RowChunk::new(Arc::clone(&columns), batch.clone(), 0).unwrap())
            .unwrap();
    }
    renderer.end().unwrap();
    page
}

fn render(format: Format, style: Style, batches: &[RecordBatch]) -> String {
    write(format, style, &batches[0].schema(), batches).text()
}

fn batch<const N: usize>(columns: [(&str, ArrayRef); N]) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true))).unwrap()
}

fn texts(texts: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringArray::from(texts.to_vec()))
}

fn people() -> RecordBatch {
    batch([
        ("id", Arc::new(Int32Array::from(vec![Some(1), Some(20), None]))),
        ("name", texts(&[Some("Ada"), None, Some("Łukasz")])),
        (
            "score",
            Arc::new(Float64Array::from(vec![Some(9.5), Some(f64::NAN), None])),
        ),
    ])
}

fn nested() -> RecordBatch {
    let list = ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1), None]), None]);
    let point = StructArray::from(vec![
        (
            Arc::new(Field::new("x", DataType::Float64, true)),
            Arc::new(Float64Array::from(vec![1.5, f64::NAN])) as ArrayRef,
        ),
        (
            Arc::new(Field::new("say", DataType::Utf8, true)),
            texts(&[Some("a \"b\""), None]),
        ),
    ]);
    let mut map = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    map.keys().append_value("k");
    map.values().append_value("v");
    map.append(true).unwrap();
    map.append(false).unwrap();
    batch([
        ("list", Arc::new(list)),
        ("point", Arc::new(point)),
        ("map", Arc::new(map.finish())),
    ])
}

fn kinds() -> RecordBatch {
    batch([
        ("big", Arc::new(UInt64Array::from(vec![u64::MAX]))),
        (
            "money",
            Arc::new(
                Decimal128Array::from(vec![123_456_789_012_345_678_901_i128])
                    .with_precision_and_scale(38, 2)
                    .unwrap(),
            ),
        ),
        ("yes", Arc::new(BooleanArray::from(vec![true]))),
        ("bytes", Arc::new(BinaryArray::from(vec![&[0_u8, 255][..]]))),
        ("day", Arc::new(Date32Array::from(vec![19_782]))),
        (
            "at",
            Arc::new(TimestampMicrosecondArray::from(vec![1_709_210_096_789_000]).with_timezone("UTC")),
        ),
        ("far", Arc::new(TimestampMicrosecondArray::from(vec![i64::MAX]))),
        (
            "word",
            Arc::new(["w"].into_iter().collect::<DictionaryArray<Int32Type>>()),
        ),
    ])
}

#[test]
fn a_table_aligns_numbers_right_and_text_left() {
    let table = render(Format::Table, PLAIN, &[people()]);
    let wanted = "
   id | name   | score
------+--------+-------
    1 | Ada    |   9.5
   20 | NULL   |   NaN
 NULL | Łukasz |  NULL
";
    assert_eq!(table, wanted.trim_start_matches('\n'));
}

#[test]
fn a_table_counts_columns_of_the_terminal_not_characters() {
    let table = render(
        Format::Table,
        PLAIN,
        &[batch([
            ("a", texts(&[Some("日本"), Some("e\u{301}")])),
            ("b", texts(&[Some("x"); 2])),
        ])],
    );
    assert_eq!(table, " a    | b\n------+---\n 日本 | x\n e\u{301}    | x\n");
}

#[test]
fn text_in_a_table_stays_on_its_line_and_commands_no_terminal() {
    let table = render(
        Format::Table,
        PLAIN,
        &[batch([("a", texts(&[Some("1\n2\t\u{1b}[2J\u{202e}")]))])],
    );
    assert_eq!(table.lines().nth(2), Some(" 1\\n2\\t\\u{1b}[2J\\u{202e}"));
}

#[test]
fn a_table_is_cut_to_its_width_but_never_a_number() {
    let rows = batch([
        ("id", Arc::new(Int64Array::from(vec![123_456_789_012]))),
        ("short", texts(&[Some("abc")])),
        ("long", texts(&[Some(&"x".repeat(1000))])),
    ]);
    let table = render(
        Format::Table,
        Style {
            width: Some(40),
            ..PLAIN
        },
        std::slice::from_ref(&rows),
    );
    assert_eq!(
        table.lines().nth(2),
        Some(" 123456789012 | abc   | xxxxxxxxxxxxxxx…")
    );
    assert!(table.lines().all(|line| line.chars().count() <= 41), "{table}");
    let narrow = render(
        Format::Table,
        Style {
            width: Some(5),
            ..PLAIN
        },
        std::slice::from_ref(&rows),
    );
    assert_eq!(narrow.lines().nth(2), Some(" 123456789012 | abc   | xxxxxxx…"));
    let whole = render(Format::Table, PLAIN, &[rows]);
    assert!(whole.contains(&"x".repeat(1000)));
}

#[test]
fn a_date_is_never_cut() {
    let rows = batch([
        ("day", Arc::new(Date32Array::from(vec![19_782]))),
        ("text", texts(&[Some(&"x".repeat(50))])),
    ]);
    let table = render(
        Format::Table,
        Style {
            width: Some(10),
            ..PLAIN
        },
        &[rows],
    );
    assert_eq!(table.lines().nth(2), Some(" 2024-02-29 | xxxxxxx…"));
}

#[test]
fn a_wide_character_is_not_cut_in_half() {
    let rows = batch([("a", texts(&[Some(&"日".repeat(20))]))]);
    let table = render(
        Format::Table,
        Style {
            width: Some(11),
            ..PLAIN
        },
        &[rows],
    );
    assert_eq!(table.lines().nth(2), Some(" 日日日日…"));
}

#[test]
fn a_page_that_needs_wider_columns_begins_with_a_header() {
    let numbers: Vec<i64> = (0..1_500)
        .map(|number| if number < 1_000 { 1 } else { 12_345 })
        .collect();
    let table = render(
        Format::Table,
        PLAIN,
        &[batch([("n", Arc::new(Int64Array::from(numbers)))])],
    );
    let headers: Vec<usize> = table
        .lines()
        .enumerate()
        .filter(|(_, line)| line.contains('n'))
        .map(|(line, _)| line)
        .collect();
    assert_eq!(headers, [0, 1_003]);
    assert_eq!(table.lines().count(), 1_500 + 5);
    assert_eq!(table.lines().nth(1_002), Some(""));
}

#[test]
fn small_batches_share_a_header() {
    let rows = |text: &str| batch([("a", texts(&[Some(text)]))]);
    let table = render(Format::Table, PLAIN, &[rows("x"), rows("longer"), rows("y")]);
    assert_eq!(table, " a\n--------\n x\n longer\n y\n");
}

#[test]
fn csv_quotes_what_has_to_be_quoted() {
    let rows = batch([
        ("plain", texts(&[Some("a b")])),
        ("with, comma", texts(&[Some("say \"hi\"\nagain")])),
    ]);
    assert_eq!(
        render(Format::Csv, PLAIN, &[rows]),
        "plain,\"with, comma\"\na b,\"say \"\"hi\"\"\nagain\"\n"
    );
}

#[test]
fn csv_tells_null_from_an_empty_text() {
    let rows = batch([
        ("a", texts(&[None, Some(""), Some("NULL")])),
        ("b", texts(&[Some("x"); 3])),
    ]);
    assert_eq!(
        render(Format::Csv, PLAIN, std::slice::from_ref(&rows)),
        "a,b\n,x\n\"\",x\nNULL,x\n"
    );
    let style = Style {
        null: Some("NULL".to_owned()),
        ..PLAIN
    };
    assert_eq!(
        render(Format::Csv, style, &[rows]),
        "a,b\nNULL,x\n,x\n\"NULL\",x\n"
    );
}

#[test]
fn csv_has_no_empty_line_for_a_row() {
    assert_eq!(
        render(Format::Csv, PLAIN, &[batch([("a", texts(&[None, Some("x")]))])]),
        "a\n\"\"\nx\n"
    );
}

#[test]
fn a_header_can_be_left_out() {
    let style = Style {
        header: false,
        ..PLAIN
    };
    assert_eq!(
        render(Format::Csv, style.clone(), &[batch([("a", texts(&[Some("x")]))])]),
        "x\n"
    );
    assert_eq!(
        render(
            Format::Table,
            style,
            &[batch([("long name", texts(&[Some("x")]))])]
        ),
        " x\n"
    );
}

#[test]
fn nested_cells_are_json_in_csv_and_table() {
    let wanted = r#"list,point,map
"[1,null]","{""x"":1.5,""say"":""a \""b\""""}","{""k"":""v""}"
,"{""x"":null,""say"":null}",
"#;
    assert_eq!(render(Format::Csv, PLAIN, &[nested()]), wanted);
    let table = render(Format::Table, PLAIN, &[nested()]);
    assert!(
        table.contains(r#" [1,null] | {"x":1.5,"say":"a \"b\""} | {"k":"v"}"#),
        "{table}"
    );
}

#[test]
fn json_is_one_object_per_line() {
    let wanted = r#"{"id":1,"name":"Ada","score":9.5}
{"id":20,"name":null,"score":null}
{"id":null,"name":"Łukasz","score":null}
"#;
    assert_eq!(render(Format::Json, PLAIN, &[people()]), wanted);
    let wanted = r#"{"list":[1,null],"point":{"x":1.5,"say":"a \"b\""},"map":{"k":"v"}}
{"list":null,"point":{"x":null,"say":null},"map":null}
"#;
    assert_eq!(render(Format::Json, PLAIN, &[nested()]), wanted);
}

#[test]
fn json_keeps_every_digit_and_writes_time_as_iso_8601() {
    let wanted = r#"{"big":18446744073709551615,"money":1234567890123456789.01,"yes":true,"bytes":"AP8=","day":"2024-02-29","#;
    let wanted = format!(
        "{wanted}\"at\":\"2024-02-29T12:34:56.789Z\",\"far\":\"+294247-01-10T04:00:54.775807\",\"word\":\"w\"}}\n"
    );
    assert_eq!(render(Format::Json, PLAIN, &[kinds()]), wanted);
}

#[test]
fn csv_keeps_every_digit_and_writes_time_as_iso_8601() {
    let csv = render(Format::Csv, PLAIN, &[kinds()]);
    let wanted = "18446744073709551615,1234567890123456789.01,true,0x00ff,2024-02-29,2024-02-29T12:34:56.789Z,\
                  +294247-01-10T04:00:54.775807,w";
    assert_eq!(csv.lines().nth(1), Some(wanted));
}

#[test]
fn json_escapes_what_json_must() {
    let json = render(
        Format::Json,
        PLAIN,
        &[batch([("\"k\"", texts(&[Some("\"\\\n\r\t\u{1}\u{7f}é")]))])],
    );
    assert_eq!(json, "{\"\\\"k\\\"\":\"\\\"\\\\\\n\\r\\t\\u0001\u{7f}é\"}\n");
}

#[test]
fn json_gives_columns_of_one_name_keys_of_their_own() {
    let column = || texts(&[Some("x")]);
    let rows = batch([
        ("a", column()),
        ("a", column()),
        ("a_2", column()),
        ("a", column()),
    ]);
    assert_eq!(
        render(Format::Json, PLAIN, &[rows]),
        "{\"a\":\"x\",\"a_3\":\"x\",\"a_2\":\"x\",\"a_4\":\"x\"}\n"
    );
}

#[test]
fn an_empty_result_has_a_header_in_csv_and_table_and_nothing_in_json() {
    let schema = people().schema();
    let empty = |format| write(format, PLAIN, &schema, &[]).text();
    assert_eq!(empty(Format::Csv), "id,name,score\n");
    assert_eq!(empty(Format::Table), " id | name | score\n----+------+-------\n");
    assert_eq!(empty(Format::Json), "");
}

#[test]
fn an_empty_result_has_a_schema_in_arrow() {
    let schema = people().schema();
    let stream = write(Format::Arrow, PLAIN, &schema, &[]).bytes();
    let mut reader = StreamReader::try_new(Bytes::new(stream), None).unwrap();
    assert_eq!(reader.schema(), schema);
    assert!(reader.next().is_none());
}

#[test]
fn arrow_comes_back_as_it_was() {
    let rows = [people(), people().slice(1, 1)];
    let stream = write(Format::Arrow, PLAIN, &people().schema(), &rows).bytes();
    let reader = StreamReader::try_new(Bytes::new(stream), None).unwrap();
    let read: Vec<_> = reader.map(Result::unwrap).collect();
    assert_eq!(format!("{read:?}"), format!("{rows:?}"));
}

#[test]
fn a_null_where_the_server_promised_none_does_not_spoil_the_stream() {
    let promised = Arc::new(Schema::new(vec![Field::new("id", DataType::Int32, false)]));
    let rows = batch([("id", Arc::new(Int32Array::from(vec![None, Some(1)])))]);
    let stream = write(Format::Arrow, PLAIN, &promised, &[rows]).bytes();
    let mut reader = StreamReader::try_new(Bytes::new(stream), None).unwrap();
    assert_eq!(reader.next().unwrap().unwrap().column(0).null_count(), 1);
}
