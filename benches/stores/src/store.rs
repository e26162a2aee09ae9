//! The stores, each in a few lines.

use std::path::Path;

/// Keeps values under keys.
pub trait Store {
    fn get(&self, key: &[u8; 32]) -> Option<Vec<u8>>;
    /// Returns once the value outlives this process.
    fn put(&self, key: &[u8; 32], value: &[u8]);
}

pub fn names() -> Vec<&'static str> {
    [("file", true), ("sqlite", cfg!(feature = "rusqlite")), ("redb", cfg!(feature = "redb"))]
        .into_iter()
        .filter_map(|(name, there)| there.then_some(name))
        .collect()
}

pub fn open(name: &str, folder: &Path) -> Box<dyn Store> {
    match name {
        "file" => Box::new(file::Files(folder.to_owned())),
        #[cfg(feature = "rusqlite")]
        "sqlite" => Box::new(sqlite::Sqlite::open(folder)),
        #[cfg(feature = "redb")]
        "redb" => Box::new(redb::Redb::open(folder)),
        other => panic!("no store {other}"),
    }
}

mod file {
    use std::fmt::Write as _;
    use std::io::Write as _;
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// A file for each value, written beside its place and then moved there.
    pub struct Files(pub PathBuf);

    static NEXT: AtomicU64 = AtomicU64::new(0);

    impl Files {
        fn path(&self, key: &[u8; 32]) -> PathBuf {
            let hex = key.iter().fold(String::new(), |mut hex, byte| {
                let _ = write!(hex, "{byte:02x}");
                hex
            });
            self.0.join(&hex[..2]).join(&hex[2..])
        }
    }

    impl super::Store for Files {
        fn get(&self, key: &[u8; 32]) -> Option<Vec<u8>> {
            std::fs::read(self.path(key)).ok()
        }

        fn put(&self, key: &[u8; 32], value: &[u8]) {
            let path = self.path(key);
            let folder = path.parent().expect("it has one");
            let part = format!("part-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
            let part = folder.join(part);
            let mut file = std::fs::File::create(&part)
                .or_else(|_| std::fs::create_dir_all(folder).and_then(|()| std::fs::File::create(&part)))
                .expect("a file");
            file.write_all(value).expect("room");
            drop(file);
            std::fs::rename(&part, &path).expect("the same disk");
        }
    }
}

#[cfg(feature = "rusqlite")]
mod sqlite {
    use std::path::Path;
    use std::sync::Mutex;
    use std::time::Duration;

    use rusqlite::{Connection, OptionalExtension};

    /// A table in a file with a write-ahead log.
    pub struct Sqlite(Mutex<Connection>);

    impl Sqlite {
        pub fn open(folder: &Path) -> Self {
            // The first openings at once can be refused whatever the timeout.
            for _ in 0..100 {
                if let Ok(connection) = connect(folder) {
                    return Self(Mutex::new(connection));
                }
                std::thread::sleep(Duration::from_millis(10));
            }
            panic!("it stays locked");
        }
    }

    fn connect(folder: &Path) -> rusqlite::Result<Connection> {
        let connection = Connection::open(folder.join("cache.db"))?;
        connection.busy_timeout(Duration::from_secs(30))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.execute(
            "create table if not exists replies (key blob primary key, value blob) without rowid",
            (),
        )?;
        Ok(connection)
    }

    impl super::Store for Sqlite {
        fn get(&self, key: &[u8; 32]) -> Option<Vec<u8>> {
            let connection = self.0.lock().expect("whole");
            let mut select =
                connection.prepare_cached("select value from replies where key = ?").expect("SQL");
            select.query_row([key], |row| row.get(0)).optional().expect("it reads")
        }

        fn put(&self, key: &[u8; 32], value: &[u8]) {
            let connection = self.0.lock().expect("whole");
            let mut insert =
                connection.prepare_cached("insert or replace into replies values (?, ?)").expect("SQL");
            insert.execute((key, value)).expect("it writes");
        }
    }
}

#[cfg(feature = "redb")]
mod redb {
    use std::path::Path;
    use std::time::Duration;

    use redb::{ConcurrencyMode, Database, ReadableDatabase, TableDefinition};

    const REPLIES: TableDefinition<&[u8; 32], &[u8]> = TableDefinition::new("replies");

    /// A tree in a file that several processes write, a transaction for each put.
    pub struct Redb(Database);

    impl Redb {
        pub fn open(folder: &Path) -> Self {
            let path = folder.join("cache.redb");
            for _ in 0..200 {
                let made =
                    Database::builder().set_concurrency_mode(ConcurrencyMode::MultiWriter).create(&path);
                if let Ok(made) = made {
                    return Self(made);
                }
                std::thread::sleep(Duration::from_millis(10));
            }
            panic!("it stays locked");
        }
    }

    impl super::Store for Redb {
        fn get(&self, key: &[u8; 32]) -> Option<Vec<u8>> {
            let table = self.0.begin_read().expect("it reads").open_table(REPLIES).ok()?;
            Some(table.get(key).expect("it reads")?.value().to_vec())
        }

        fn put(&self, key: &[u8; 32], value: &[u8]) {
            let write = self.0.begin_write().expect("it writes");
            write.open_table(REPLIES).expect("a table").insert(key, value).expect("it writes");
            write.commit().expect("it writes");
        }
    }
}
