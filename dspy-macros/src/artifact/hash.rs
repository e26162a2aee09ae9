//! The content hash of an artifact, as the runtime makes it.

use super::json::Json;

/// `sha256:` and the SHA-256 of the value, its keys sorted and without spaces.
pub(super) fn of(value: &Json) -> String {
    let mut text = String::new();
    canonical(value, &mut text);
    format!("sha256:{}", hex(&text))
}

/// The SHA-256 of a text, as 64 hexadecimal digits.
pub(crate) fn hex(text: &str) -> String {
    sha256(text.as_bytes()).iter().map(|word| format!("{word:08x}")).collect()
}

fn canonical(value: &Json, out: &mut String) {
    match value {
        Json::Bare(text) => out.push_str(text),
        Json::Text(text) => quoted(text, out),
        Json::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                canonical(item, out);
            }
            out.push(']');
        }
        Json::Map(entries) => {
            let mut entries: Vec<_> = entries.iter().collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            out.push('{');
            for (index, (name, value)) in entries.into_iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                quoted(name, out);
                out.push(':');
                canonical(value, out);
            }
            out.push('}');
        }
    }
}

// The escapes that `serde_json` writes.
fn quoted(text: &str, out: &mut String) {
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            char if char < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(char))),
            char => out.push(char),
        }
    }
    out.push('"');
}

/// FIPS 180-4.
fn sha256(message: &[u8]) -> [u32; 8] {
    let (mut state, constants) = constants();
    let mut padded = message.to_vec();
    padded.push(0x80);
    while padded.len() % 64 != 56 {
        padded.push(0);
    }
    padded.extend((message.len() as u64 * 8).to_be_bytes());
    for block in padded.chunks_exact(64) {
        let mut words: Vec<u32> = block
            .chunks_exact(4)
            .map(|bytes| bytes.iter().fold(0, |word, byte| word << 8 | u32::from(*byte)))
            .collect();
        for at in 16..64 {
            let (a, b) = (words[at - 15], words[at - 2]);
            let low = a.rotate_right(7) ^ a.rotate_right(18) ^ (a >> 3);
            let high = b.rotate_right(17) ^ b.rotate_right(19) ^ (b >> 10);
            words.push(words[at - 16].wrapping_add(low).wrapping_add(words[at - 7]).wrapping_add(high));
        }
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = state;
        for (word, constant) in words.into_iter().zip(constants) {
            let mixed = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
            let chosen = (e & f) ^ (!e & g);
            let one = h.wrapping_add(mixed).wrapping_add(chosen).wrapping_add(constant).wrapping_add(word);
            let mixed = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
            let other = mixed.wrapping_add((a & b) ^ (a & c) ^ (b & c));
            (h, g, f, e, d, c, b, a) = (g, f, e, d.wrapping_add(one), c, b, a, one.wrapping_add(other));
        }
        for (sum, value) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
            *sum = sum.wrapping_add(value);
        }
    }
    state
}

// The first bits of the fractions of the square roots of the first 8 primes, and of the cube roots of
// the first 64.
fn constants() -> ([u32; 8], [u32; 64]) {
    let (mut squares, mut cubes) = ([0; 8], [0; 64]);
    let primes = (2_u128..).filter(|n| (2..*n).take_while(|d| d * d <= *n).all(|d| n % d != 0));
    for (index, prime) in primes.take(64).enumerate() {
        cubes[index] = fraction(prime << 96, 3);
        if index < 8 {
            squares[index] = fraction(prime << 64, 2);
        }
    }
    (squares, cubes)
}

// The last 32 bits of the whole part of a root: those after the point, where the number was shifted.
fn fraction(number: u128, power: u32) -> u32 {
    let (mut low, mut high) = (0_u128, 1_u128 << 36);
    while high - low > 1 {
        let middle = (low + high) / 2;
        match middle.checked_pow(power).is_some_and(|root| root <= number) {
            true => low = middle,
            false => high = middle,
        }
    }
    (low & u128::from(u32::MAX)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_published_hash() {
        let hex = |text: &str| sha256(text.as_bytes()).map(|word| format!("{word:08x}")).concat();
        assert_eq!(hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        let long = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
        assert_eq!(hex(long), "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    }
}
