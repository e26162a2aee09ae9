//! Server-sent events, as providers stream replies.
//!
//! Wire: <https://html.spec.whatwg.org/multipage/server-sent-events.html>. Providers use the `data`
//! field alone, which is all that is read here.

/// Collects bytes and gives back the data of each event that is whole.
#[derive(Debug, Default)]
pub(super) struct Events {
    /// What has come of the line that is not whole yet.
    line: Vec<u8>,
    /// The data lines of the event that is not whole yet.
    data: Vec<String>,
}

impl Events {
    /// The data of the events that these bytes complete.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut whole = Vec::new();
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            self.line.extend_from_slice(&rest[..end]);
            rest = &rest[end + 1..];
            let line = std::mem::take(&mut self.line);
            whole.extend(self.line(&line));
        }
        self.line.extend_from_slice(rest);
        whole
    }

    fn line(&mut self, line: &[u8]) -> Option<String> {
        let line = String::from_utf8_lossy(line);
        let line = line.strip_suffix('\r').unwrap_or(&line);
        if line.is_empty() {
            return (!self.data.is_empty()).then(|| std::mem::take(&mut self.data).join("\n"));
        }
        if let Some(data) = line.strip_prefix("data:") {
            self.data.push(data.strip_prefix(' ').unwrap_or(data).to_owned());
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_whole_however_the_bytes_are_cut() {
        let text = ": ping\r\ndata: {\"a\":\ndata: \"é\"}\n\nevent: x\ndata:[DONE]\n\n\n\ndata: cut";
        for size in 1..text.len() {
            let mut events = Events::default();
            let found: Vec<_> = text.as_bytes().chunks(size).flat_map(|bytes| events.push(bytes)).collect();
            assert_eq!(found, ["{\"a\":\n\"é\"}", "[DONE]"], "chunks of {size}");
        }
    }
}
