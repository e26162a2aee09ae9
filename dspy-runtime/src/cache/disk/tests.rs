use std::time::UNIX_EPOCH;

use super::*;
use crate::lm::{Lexical, Message, Request, Response};

/// A folder of one test, away when the test is over.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("dspy-cache-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }

    fn open(&self) -> Disk {
        Disk::open(&self.0, 1 << 30).expect("a folder")
    }

    fn files(&self) -> Vec<PathBuf> {
        let folders = sweep::folders(&self.0.join(FORMAT)).expect("folders");
        let files = folders.iter().flat_map(|folder| fs::read_dir(folder).expect("a folder"));
        files.map(|file| file.expect("a file").path()).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn key(n: usize) -> Key {
    Key::of(&Lexical::new(), &Request::from(vec![Message::user(n.to_string())]))
}

fn json(text: &str) -> String {
    serde_json::to_string(&Response::new(text)).expect("JSON")
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_000_000 + seconds)
}

fn text(disk: &Disk, key: &Key) -> Option<String> {
    disk.get(key, at(0)).map(|kept| kept.response().text.clone())
}

#[test]
fn what_was_put_is_there_for_every_process_and_under_its_key_alone() {
    let folder = Folder::new("put");
    let (disk, other) = (folder.open(), folder.open());
    disk.put(&key(1), 7, json("one").as_bytes(), at(0)).expect("room");
    assert_eq!(text(&other, &key(1)).as_deref(), Some("one"));
    other.put(&key(1), 8, json("two").as_bytes(), at(0)).expect("room");
    assert_eq!((text(&disk, &key(1)).as_deref(), text(&disk, &key(2))), (Some("two"), None));
    fs::create_dir_all(disk.place(&key(2)).parent().expect("a folder")).expect("made");
    fs::copy(disk.place(&key(1)), disk.place(&key(2))).expect("copied");
    assert_eq!(text(&disk, &key(2)), None, "it is under another key");
    disk.clear().expect("it is ours");
    assert_eq!((text(&disk, &key(1)), folder.files().len()), (None, 0));
    fs::remove_dir_all(&folder.0).expect("it is ours");
    disk.put(&key(1), 7, json("one").as_bytes(), at(0)).expect("the folder is made again");
}

#[test]
fn a_byte_that_changed_or_is_missing_makes_it_a_miss() {
    let folder = Folder::new("corrupt");
    let disk = folder.open();
    disk.put(&key(1), 7, json("whole").as_bytes(), at(0)).expect("room");
    let (place, whole) = (disk.place(&key(1)), fs::read(disk.place(&key(1))).expect("an entry"));
    for offset in 0..whole.len() {
        for bit in [0x01, 0x80] {
            let mut bytes = whole.clone();
            bytes[offset] ^= bit;
            fs::write(&place, &bytes).expect("it is ours");
            assert_eq!(text(&disk, &key(1)), None, "byte {offset}");
        }
        fs::write(&place, &whole[..offset]).expect("it is ours");
        assert_eq!(text(&disk, &key(1)), None, "cut off at {offset}");
    }
    fs::write(&place, [&whole[..], b"\n"].concat()).expect("it is ours");
    assert_eq!(text(&disk, &key(1)), None, "longer");
    fs::write(&place, vec![0; whole.len()]).expect("it is ours");
    assert_eq!(text(&disk, &key(1)), None, "empty blocks, as power that goes may leave them");
    disk.put(&key(1), 7, json("again").as_bytes(), at(0)).expect("room");
    assert_eq!(text(&disk, &key(1)).as_deref(), Some("again"));
}

#[test]
fn what_was_used_least_recently_goes_first() {
    let folder = Folder::new("sweep");
    let disk = folder.open();
    disk.limit(100 * 4_096);
    for n in 0..100 {
        disk.put(&key(n), 7, json("small").as_bytes(), at(n as u64)).expect("room");
    }
    disk.sweep(at(200));
    assert_eq!(folder.files().len(), 100, "they are within the bound");
    assert!(disk.get(&key(0), at(300)).is_some(), "a use");
    assert!(!disk.is_due());
    for n in 100..107 {
        disk.put(&key(n), 7, json("small").as_bytes(), at(n as u64)).expect("room");
    }
    assert!(disk.is_due(), "a sixteenth of the bound");
    disk.sweep(at(300));
    assert_eq!(folder.files().len(), 90);
    assert!(text(&disk, &key(0)).is_some() && text(&disk, &key(106)).is_some());
    assert!((1..=17).all(|n| text(&disk, &key(n)).is_none()));
}

#[test]
fn what_a_killed_process_left_goes_and_what_is_being_written_stays() {
    let folder = Folder::new("parts");
    let disk = folder.open();
    disk.put(&key(1), 7, json("whole").as_bytes(), at(0)).expect("room");
    let place = disk.place(&key(1));
    let part = |name: &str, seconds| {
        let path = place.with_file_name(format!("{PART}{name}"));
        fs::write(&path, "beg").expect("it is ours");
        File::options()
            .write(true)
            .open(&path)
            .and_then(|file| file.set_modified(at(seconds)))
            .expect("it is");
        path
    };
    let (old, new) = (part("1-1", 0), part("1-2", 3_600));
    disk.sweep(at(3_601));
    assert!(!old.exists() && new.exists() && text(&disk, &key(1)).is_some());
}

#[test]
fn other_formats_are_left_alone() {
    let folder = Folder::new("formats");
    let newer = folder.0.join("replies-2/aa/entry");
    fs::create_dir_all(newer.parent().expect("a folder")).expect("made");
    fs::write(&newer, "newer").expect("written");
    let disk = folder.open();
    disk.limit(0);
    disk.put(&key(1), 7, json("one").as_bytes(), at(0)).expect("room");
    disk.sweep(at(9_999));
    disk.clear().expect("it is ours");
    assert_eq!(fs::read_to_string(newer).expect("it is there"), "newer");
}

#[test]
fn a_path_that_cannot_be_a_folder_is_an_error_with_its_name() {
    let folder = Folder::new("file");
    fs::write(&folder.0, "a file").expect("written");
    let error = Disk::open(&folder.0, 1).expect_err("it is a file");
    assert!(error.to_string().contains(FORMAT), "{error}");
    fs::remove_file(&folder.0).expect("it is ours");
}

#[cfg(unix)]
#[test]
fn nobody_else_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new("modes");
    folder.open().put(&key(1), 7, json("one").as_bytes(), at(0)).expect("room");
    let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    let file = &folder.files()[0];
    assert_eq!((mode(file), mode(file.parent().expect("one"))), (0o600, 0o700));
    assert_eq!(mode(&folder.0), 0o700);
}
