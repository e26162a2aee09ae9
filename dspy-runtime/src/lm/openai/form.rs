//! A file as a form (RFC 7578), and texts in a query.

use std::fmt::Write;

/// The content type and the body of a form that sends a file.
pub(super) fn of(purpose: &str, name: &str, text: &str) -> (String, Vec<u8>) {
    let boundary = boundary(name, text);
    let body = format!(
        "--{boundary}\r\n\
         Content-Disposition: form-data; name=\"purpose\"\r\n\r\n\
         {purpose}\r\n\
         --{boundary}\r\n\
         Content-Disposition: form-data; name=\"file\"; filename=\"{}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n\
         {text}\r\n\
         --{boundary}--\r\n",
        escaped(name)
    );
    (format!("multipart/form-data; boundary={boundary}"), body.into_bytes())
}

/// A line that does not stand in the text. The name is a hash of the text, so that it is no other each time.
fn boundary(name: &str, text: &str) -> String {
    let letters: String = name.chars().filter(char::is_ascii_alphanumeric).take(40).collect();
    let mut boundary = format!("dspy{letters}");
    while text.contains(&boundary) {
        boundary.push('x');
    }
    boundary
}

/// A name as it stands in quotes.
fn escaped(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

/// A text in a query, where only letters, digits and a few signs stand for themselves.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => quoted.push(byte.into()),
            other => {
                let _ = write!(quoted, "%{other:02X}");
            }
        }
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_boundary_is_no_line_of_the_file() {
        let first = boundary("a.jsonl", "{}\n");
        let text = format!("--{first}\r\n{first}x\n");
        let (content_type, body) = of("batch", "a.jsonl", &text);
        assert_eq!(content_type, format!("multipart/form-data; boundary={first}xx"));
        assert!(body.ends_with(format!("\r\n--{first}xx--\r\n").as_bytes()));
    }

    #[test]
    fn texts_are_quoted_by_byte() {
        assert_eq!(quoted("a-1_.~ &ä"), "a-1_.~%20%26%C3%A4");
    }
}
