//! The quotes that open and close strings.

use super::Reader;

/// An opening quote.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quote {
    pub(super) width: usize,
    /// The characters that may close it.
    pub(super) closers: &'static [char],
    /// Whether three of them in a row open and close it.
    pub(super) triple: bool,
}

impl Reader<'_> {
    /// The quote that opens here.
    pub(super) fn quote(&self) -> Option<Quote> {
        self.quote_at(self.at)
    }

    pub(super) fn quote_at(&self, at: usize) -> Option<Quote> {
        let byte = self.byte(at)?;
        if self.strict {
            return (byte == b'"').then_some(Quote { width: 1, closers: &['"'], triple: false });
        }
        let (width, closers): (usize, &[char]) = match byte {
            b'"' => (1, &['"']),
            b'\'' => (1, &['\'']),
            b'`' => (1, &['`']),
            128.. => match self.char_at(at)? {
                '“' | '”' | '„' | '‟' => (3, &['”', '“', '‟', '"']),
                '‘' | '’' | '‚' | '‛' => (3, &['’', '‘', '‛', '\'']),
                '＂' => (3, &['＂']),
                '«' => (2, &['»']),
                '‹' => (3, &['›']),
                '「' => (3, &['」']),
                '『' => (3, &['』']),
                _ => return None,
            },
            _ => return None,
        };
        let three = self.byte(at + 1) == Some(byte) && self.byte(at + 2) == Some(byte);
        let triple = width == 1 && three;
        Some(Quote { width: if triple { 3 } else { width }, closers, triple })
    }
}
