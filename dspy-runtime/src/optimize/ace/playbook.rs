//! A list of numbered notes, and how it is changed: by code, never by writing it anew.

use std::fmt::Write;

use dspy_numbers::embedding::Embedding;

/// From this cosine on two notes say the same.
const SAME: f32 = 0.9;

/// The heading before the notes in the instructions.
const HEADING: &str = "Notes from earlier work:";

/// The notes of one predictor.
#[derive(Clone, Debug, Default)]
pub(super) struct Playbook {
    notes: Vec<Note>,
    made: usize,
}

#[derive(Clone, Debug)]
struct Note {
    number: usize,
    text: String,
    embedding: Embedding,
}

/// The changes that a model wants.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    pub(super) add: Vec<String>,
    /// New texts by number.
    pub(super) revise: Vec<(usize, String)>,
    pub(super) remove: Vec<usize>,
}

impl Playbook {
    /// The notes as they stand in instructions, a line each.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for Note { number, text: note, .. } in &self.notes {
            let _ = writeln!(text, "[{number}] {note}");
        }
        text.trim_end().to_owned()
    }

    /// Instructions with the notes after them.
    pub(super) fn after(&self, instructions: &str) -> String {
        match self.notes.is_empty() {
            true => instructions.to_owned(),
            false => format!("{}\n\n{HEADING}\n{}", instructions.trim_end(), self.text()),
        }
    }

    /// About how many tokens the notes take, at four bytes each.
    pub(super) fn tokens(&self) -> usize {
        self.text().len().div_ceil(4)
    }

    /// Makes changes: removals first, so that there is room; a note that is there already, or for which there
    /// is no room, is not taken.
    pub(super) fn change(&mut self, changes: Changes, max_tokens: usize) {
        self.notes.retain(|note| !changes.remove.contains(&note.number));
        for (number, text) in changes.revise {
            let Some(text) = line(&text) else { continue };
            let embedding = Embedding::new(&text);
            let Some(place) = self.notes.iter().position(|note| note.number == number) else { continue };
            let same =
                |(other, note): (usize, &Note)| other != place && embedding.cosine(&note.embedding) >= SAME;
            if self.notes.iter().enumerate().any(same) {
                continue;
            }
            let before = std::mem::replace(&mut self.notes[place], Note { number, text, embedding });
            if self.tokens() > max_tokens {
                self.notes[place] = before;
            }
        }
        for text in changes.add {
            let Some(text) = line(&text) else { continue };
            let embedding = Embedding::new(&text);
            if self.notes.iter().any(|note| embedding.cosine(&note.embedding) >= SAME) {
                continue;
            }
            self.notes.push(Note { number: self.made + 1, text, embedding });
            if self.tokens() > max_tokens {
                self.notes.pop();
            } else {
                // A number is not given twice, so that it always means the same note.
                self.made += 1;
            }
        }
    }
}

/// A note in one line, without the mark of a list; nothing if nothing is left.
fn line(text: &str) -> Option<String> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = text.trim_start_matches(['-', '*', '•', ' ']);
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adding(notes: &[&str]) -> Changes {
        Changes { add: notes.iter().map(|note| (*note).to_owned()).collect(), ..Changes::default() }
    }

    #[test]
    fn notes_are_changed_one_by_one() {
        let mut book = Playbook::default();
        assert_eq!(book.after("Do it."), "Do it.");
        book.change(adding(&["- Red is ripe.", "red is ripe", "Blue is\ncold.", " "]), 100);
        assert_eq!(book.text(), "[1] Red is ripe.\n[2] Blue is cold.", "the same note is not taken twice");
        let revise =
            vec![(2, "Blue is wet.".to_owned()), (7, "Nothing.".to_owned()), (2, "Red is ripe".to_owned())];
        book.change(Changes { revise, remove: vec![9], ..Changes::default() }, 100);
        assert_eq!(book.text(), "[1] Red is ripe.\n[2] Blue is wet.");
        book.change(Changes { remove: vec![1], ..adding(&["Green is sour."]) }, 100);
        assert_eq!(
            book.after("Do it."),
            "Do it.\n\nNotes from earlier work:\n[2] Blue is wet.\n[3] Green is sour."
        );
    }

    #[test]
    fn there_is_a_bound() {
        let mut book = Playbook::default();
        for number in 0..50 {
            book.change(adding(&[&format!("note{number} about thing{number} alone{number}")]), 60);
            assert!(book.tokens() <= 60);
        }
        assert!(book.tokens() > 40);
    }
}
