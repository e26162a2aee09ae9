//! Two texts beside each other, line by line.

/// The width of a column.
const WIDTH: usize = 58;

/// The lines of two texts in two columns, with a mark between those that differ.
pub(super) fn side_by_side(left: &str, right: &str) -> String {
    let (left, right): (Vec<&str>, Vec<&str>) = (left.lines().collect(), right.lines().collect());
    let mut out = String::new();
    for (a, b) in aligned(&left, &right) {
        let mark = match (a, b) {
            (Some(a), Some(b)) if a == b => ' ',
            (Some(_), Some(_)) => '|',
            (Some(_), None) => '<',
            _ => '>',
        };
        let (a, b) = (wrapped(a.unwrap_or_default()), wrapped(b.unwrap_or_default()));
        for place in 0..a.len().max(b.len()) {
            let column = |lines: &[String]| lines.get(place).cloned().unwrap_or_default();
            let line = format!("{:WIDTH$} {mark} {}", column(&a), column(&b));
            out.push_str(line.trim_end());
            out.push('\n');
        }
    }
    out
}

/// Lines that belong together: the longest common subsequence, and what lies between its lines in pairs.
fn aligned<'a>(left: &[&'a str], right: &[&'a str]) -> Vec<(Option<&'a str>, Option<&'a str>)> {
    // lengths[i][j]: of the common subsequence of left[i..] and right[j..].
    let mut lengths = vec![vec![0_usize; right.len() + 1]; left.len() + 1];
    for (i, a) in left.iter().enumerate().rev() {
        for (j, b) in right.iter().enumerate().rev() {
            lengths[i][j] =
                if a == b { lengths[i + 1][j + 1] + 1 } else { lengths[i + 1][j].max(lengths[i][j + 1]) };
        }
    }
    let (mut i, mut j, mut rows) = (0, 0, Vec::new());
    let (mut gone, mut new) = (Vec::new(), Vec::new());
    while i < left.len() || j < right.len() {
        match (left.get(i), right.get(j)) {
            (Some(a), Some(b)) if a == b => {
                pair(&mut gone, &mut new, &mut rows);
                rows.push((Some(*a), Some(*b)));
                (i, j) = (i + 1, j + 1);
            }
            (Some(a), b) if b.is_none() || lengths[i + 1][j] >= lengths[i][j + 1] => {
                gone.push(*a);
                i += 1;
            }
            (_, Some(b)) => {
                new.push(*b);
                j += 1;
            }
            (_, None) => break,
        }
    }
    pair(&mut gone, &mut new, &mut rows);
    rows
}

fn pair<'a>(
    gone: &mut Vec<&'a str>,
    new: &mut Vec<&'a str>,
    rows: &mut Vec<(Option<&'a str>, Option<&'a str>)>,
) {
    for place in 0..gone.len().max(new.len()) {
        rows.push((gone.get(place).copied(), new.get(place).copied()));
    }
    gone.clear();
    new.clear();
}

/// A line as lines of a column, broken between words where that is possible.
fn wrapped(line: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in line.split_inclusive(' ') {
        for piece in pieces(word) {
            let last = lines.last().map_or(0, |last| last.chars().count());
            if last > 0 && last + piece.trim_end().chars().count() > WIDTH {
                lines.push(String::new());
            }
            if let Some(last) = lines.last_mut() {
                last.push_str(&piece);
            }
        }
    }
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

/// A word in pieces that fit.
fn pieces(word: &str) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    letters.chunks(WIDTH).map(|piece| piece.iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_lines_stand_beside_each_other_and_others_are_marked() {
        let shown = side_by_side("one\ntwo\nthree", "one\n2\nthree\nfour");
        let marks: Vec<char> = shown.lines().map(|line| line.chars().nth(WIDTH + 1).unwrap_or(' ')).collect();
        assert_eq!(marks, [' ', '|', ' ', '>']);
        assert!(shown.lines().next().is_some_and(|line| line.starts_with("one") && line.ends_with("one")));
    }

    #[test]
    fn long_lines_are_broken_and_nothing_is_lost() {
        let long = "word ".repeat(40) + &"x".repeat(100);
        let lines = wrapped(&long);
        assert!(lines.iter().all(|line| line.chars().count() <= WIDTH), "{lines:?}");
        let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count();
        assert_eq!(lines.iter().map(|line| letters(line)).sum::<usize>(), letters(&long));
    }
}
