//! The sample database: a small shop, made of numbers that are the same every time.

use rusqlite::{Connection, params};

const SCHEMA: &str = "
CREATE TABLE countries (code CHAR(2) NOT NULL PRIMARY KEY, name TEXT NOT NULL, vat DECIMAL(4, 2) NOT NULL);
CREATE TABLE customers (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT, country CHAR(2) NOT NULL REFERENCES countries (code),
    born DATE, joined TIMESTAMP NOT NULL, active BOOLEAN NOT NULL, avatar BLOB);
CREATE TABLE products (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, price DECIMAL(10, 2) NOT NULL, weight REAL, stock INT NOT NULL);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    placed TIMESTAMP NOT NULL, shipped TIMESTAMP, note TEXT);
CREATE TABLE order_items (
    order_id INTEGER NOT NULL REFERENCES orders (id) ON DELETE CASCADE, line SMALLINT NOT NULL,
    product_id INTEGER NOT NULL REFERENCES products (id), quantity INT NOT NULL, price DECIMAL(10, 2) NOT NULL,
    PRIMARY KEY (order_id, line));
CREATE INDEX orders_by_customer ON orders (customer_id);
CREATE VIEW revenue AS
    SELECT customers.country AS country, count(DISTINCT orders.id) AS orders, round(sum(order_items.quantity * order_items.price), 2) AS total
    FROM customers JOIN orders ON orders.customer_id = customers.id JOIN order_items ON order_items.order_id = orders.id
    GROUP BY customers.country;
";

const COUNTRIES: [(&str, &str, &str); 6] = [
    ("AT", "Austria", "20.00"),
    ("CH", "Switzerland", "8.10"),
    ("DE", "Germany", "19.00"),
    ("FR", "France", "20.00"),
    ("JP", "日本", "10.00"),
    ("US", "United States", "0.00"),
];
const NAMES: [&str; 12] = [
    "Ada", "Björn", "Chloé", "Dmitri", "Emi", "Farid", "Grace", "Hana", "Ines", "José", "Kofi", "Lea",
];
const GOODS: [&str; 10] = [
    "anvil", "bell", "compass", "drill", "easel", "flute", "globe", "hammer", "ink", "jar",
];
const CUSTOMERS: i64 = 500;
const PRODUCTS: i64 = 100;
const ORDERS: i64 = 2500;

/// Numbers that look random and never change.
struct Dice(u64);

impl Dice {
    /// A number from 0 to `sides` - 1.
    fn roll(&mut self, sides: i64) -> i64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(self.0 >> 33).unwrap_or_default() % sides
    }

    fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        let index = usize::try_from(self.roll(i64::try_from(list.len()).unwrap_or(1))).unwrap_or_default();
        list.get(index).copied().unwrap_or_default()
    }
}

/// Makes the tables and fills them.
pub(crate) fn fill(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute_batch(SCHEMA)?;
    let mut dice = Dice(7);
    for (code, name, vat) in COUNTRIES {
        transaction.execute(
            "INSERT INTO countries VALUES (?1, ?2, ?3)",
            params![code, name, vat],
        )?;
    }
    fill_customers(&transaction, &mut dice)?;
    fill_products(&transaction, &mut dice)?;
    fill_orders(&transaction, &mut dice)?;
    transaction.commit()
}

fn fill_customers(connection: &Connection, dice: &mut Dice) -> rusqlite::Result<()> {
    let mut insert = connection.prepare("INSERT INTO customers VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?;
    for id in 1..=CUSTOMERS {
        let name = format!("{} {}", dice.pick(&NAMES), id);
        let email = (dice.roll(5) > 0).then(|| format!("customer{id}@example.com"));
        let codes = COUNTRIES.map(|(code, ..)| code);
        let country = dice.pick(&codes);
        let born = (dice.roll(4) > 0).then(|| {
            format!(
                "{}-{:02}-{:02}",
                1950 + dice.roll(55),
                1 + dice.roll(12),
                1 + dice.roll(28)
            )
        });
        let avatar = (dice.roll(10) == 0).then(|| vec![0xFF_u8, 0xD8, 0x00, 0x7F]);
        insert.execute(params![
            id,
            name,
            email,
            country,
            born,
            moment(dice),
            dice.roll(10) > 0,
            avatar
        ])?;
    }
    Ok(())
}

fn fill_products(connection: &Connection, dice: &mut Dice) -> rusqlite::Result<()> {
    let mut insert = connection.prepare("INSERT INTO products VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for id in 1..=PRODUCTS {
        let name = format!("{} no. {id}", dice.pick(&GOODS));
        let weight = (dice.roll(6) > 0)
            .then(|| f64::from(i32::try_from(dice.roll(40_000)).unwrap_or_default()) / 1000.0);
        insert.execute(params![id, name, price(dice), weight, dice.roll(1000)])?;
    }
    Ok(())
}

fn fill_orders(connection: &Connection, dice: &mut Dice) -> rusqlite::Result<()> {
    let mut order = connection.prepare("INSERT INTO orders VALUES (?1, ?2, ?3, ?4, ?5)")?;
    let mut item = connection.prepare("INSERT INTO order_items VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for id in 1..=ORDERS {
        let (placed, shipped) = (moment(dice), (dice.roll(8) > 0).then(|| moment(dice)));
        let note = (dice.roll(20) == 0).then_some("please, no 'plastic' — merci");
        order.execute(params![id, 1 + dice.roll(CUSTOMERS), placed, shipped, note])?;
        for line in 1..=1 + dice.roll(4) {
            item.execute(params![
                id,
                line,
                1 + dice.roll(PRODUCTS),
                1 + dice.roll(9),
                price(dice)
            ])?;
        }
    }
    Ok(())
}

fn price(dice: &mut Dice) -> String {
    format!("{}.{:02}", 1 + dice.roll(300), dice.roll(100))
}

fn moment(dice: &mut Dice) -> String {
    let (year, month, day) = (2020 + dice.roll(6), 1 + dice.roll(12), 1 + dice.roll(28));
    let (hour, minute, second) = (dice.roll(24), dice.roll(60), dice.roll(60));
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}
