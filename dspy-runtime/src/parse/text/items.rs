//! The lines of a bulleted or numbered list.

use super::dress::trimmed;

/// Returns whether a line of the text begins with a bullet or a number.
pub(super) fn has_bullets(text: &str) -> bool {
    !text.starts_with(['[', '{', '"']) && text.lines().any(|line| bullet(line).is_some())
}

#[derive(Clone, Copy, PartialEq)]
enum Bullet {
    Sign,
    Number(u32),
}

/// The items of a list, each with the lines that it is wrapped onto, and whether words stand around.
///
/// # Errors
///
/// Where lines may be items or not: at a list inside the list, at numbers that skip, at text that is
/// neither an introduction nor a closing remark.
pub(super) fn items(text: &str) -> Result<(Vec<String>, bool), &'static str> {
    let mut items: Vec<String> = Vec::new();
    let mut numbers: Vec<Option<u32>> = Vec::new();
    let mut around = false;
    let (mut blank, mut closed) = (false, false);
    let mut indent = None;
    let mut fence = false;
    let mut lazy = false;
    for line in text.lines() {
        let width = line.len() - line.trim_start().len();
        if line.trim_start().starts_with("```") {
            fence = !fence;
        }
        let found = bullet(line).filter(|_| !fence);
        if let Some((bullet, item)) = found {
            if closed {
                return Err("text stands between the items of the list");
            }
            lazy = false;
            let first = *indent.get_or_insert(width);
            if width > first + 1 {
                return Err("a list stands inside the list");
            }
            if trimmed(item).is_empty() {
                return Err("an item of the list is empty");
            }
            if ["[ ]", "[x]", "[X]"].iter().any(|tick| item.trim_start().starts_with(tick)) {
                return Err("its boxes to tick say which items count");
            }
            items.push(trimmed(item).to_owned());
            numbers.push(if let Bullet::Number(number) = bullet { Some(number) } else { None });
        } else if trimmed(line).is_empty() {
            blank = true;
            continue;
        } else if let Some(item) = items.last_mut() {
            let indented = width > indent.unwrap_or(0);
            if !indented && blank {
                if !is_remark(line) {
                    return Err("text after the list may be an item or not");
                }
                closed = true;
                around = true;
            } else if closed {
                continue;
            } else {
                lazy = !indented;
                item.push(if indented && fence { '\n' } else { ' ' });
                item.push_str(trimmed(line));
            }
        } else if is_remark(line) {
            around = true;
        } else {
            return Err("text before the list may be an item or not");
        }
        blank = false;
    }
    if lazy {
        return Err("a line after the last item may be a part of it or not");
    }
    let mixed = numbers.iter().any(Option::is_some) != numbers.iter().all(Option::is_some);
    let first = numbers.first().copied().flatten().unwrap_or(0);
    let counted = numbers.iter().zip(first..).all(|(number, expected)| number.is_none_or(|n| n == expected));
    let all_one = numbers.iter().all(|number| number.is_none_or(|number| number == 1));
    if mixed || !(counted || all_one) {
        return Err("the numbers of the list skip, so that an item may be missing");
    }
    Ok((items, around))
}

/// Returns whether a line introduces a list or closes the reply: it ends as a sentence or heading does.
fn is_remark(line: &str) -> bool {
    let line = trimmed(line);
    line.starts_with('#')
        || line.starts_with("```")
        || line.trim_end_matches(['*', '_']).ends_with([':', '.', '!', '：', '。', '！'])
}

/// The bullet that a line begins with, and the text after it.
fn bullet(line: &str) -> Option<(Bullet, &str)> {
    let line = line.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\0');
    for sign in ["-", "*", "•", "+", "–", "‣", "◦", "·", "▪"] {
        if let Some(rest) = line.strip_prefix(sign)
            && (rest.is_empty() || rest.starts_with([' ', '\t', '\u{a0}']))
        {
            return Some((Bullet::Sign, rest));
        }
    }
    let (line, wrapped) = match line.strip_prefix('(') {
        Some(line) => (line, true),
        None => (line, false),
    };
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let number = line.get(..digits)?.parse().ok().filter(|_| digits <= 4)?;
    let rest = line.get(digits..)?;
    let rest = if wrapped { rest.strip_prefix(')')? } else { rest.strip_prefix(['.', ')'])? };
    (rest.is_empty() || rest.starts_with([' ', '\t', '\u{a0}'])).then_some((Bullet::Number(number), rest))
}
