//! Writes the rows of the tables, and the recordings of the wires, as the first corpus of each target.

use std::path::Path;

use dspy_fuzz::{RECORDINGS, TYPES, rows};

fn main() -> std::io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for row in rows() {
        let target = match row.kind.as_str() {
            "chat" => "sections",
            "json" => "json",
            _ => "coerce",
        };
        let place = TYPES.iter().position(|schema| *schema == row.schema).unwrap_or(0);
        let mut input = u16::try_from(place).unwrap_or(0).to_le_bytes().to_vec();
        input.extend(row.text.bytes().take(4096));
        // What one way of reading is fed, the others may be fed, too.
        let others = ["sections", "json", "coerce"].into_iter();
        for target in others.filter(|other| *other == target || row.text.len() < 200) {
            let folder = corpus.join(target);
            std::fs::create_dir_all(&folder)?;
            std::fs::write(folder.join(row.id.replace('/', "-")), &input)?;
        }
    }
    let folder = corpus.join("cuts");
    std::fs::create_dir_all(&folder)?;
    for (name, wire, bytes) in RECORDINGS {
        // In pieces of 64 bytes, and whole: the cut is what is left of its two bytes.
        let mut input = vec![wire, 64];
        input.extend(u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_le_bytes());
        input.extend(bytes);
        std::fs::write(folder.join(name), &input)?;
    }
    let folder = corpus.join("python");
    std::fs::create_dir_all(&folder)?;
    for (at, line) in include_str!("../../../dspy-sandbox/tests/sandbox/language.py").lines().enumerate() {
        std::fs::write(folder.join(at.to_string()), line)?;
    }
    Ok(())
}
