//! Spellings that mean the same.

/// Lower case.
pub(in crate::parse) fn lower(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// Lower case without accents, so that `Café` and `cafe` are one.
pub(in crate::parse) fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            '\u{300}'..='\u{36f}' => {}
            c if c.is_ascii() => folded.push(c),
            c => match bare(c) {
                Some(bare) => folded.push_str(bare),
                None => folded.push(c),
            },
        }
    }
    folded
}

/// Leaves out what only parts words: `feature_request`, `Feature-Request` and `FeatureRequest` are one.
/// A sign or a dash between digits parts no words.
pub(in crate::parse) fn squashed(text: &str) -> String {
    let folded = folded(text.trim());
    let mut squashed = String::with_capacity(folded.len());
    let mut before = None;
    let mut chars = folded.chars().peekable();
    while let Some(c) = chars.next() {
        let parts = matches!(c, ' ' | '_' | '-' | '\u{2010}' | '\u{2011}' | '\u{a0}');
        let word = |c: Option<&char>| c.is_some_and(|c| c.is_alphabetic());
        let next = chars.peek();
        let inside = before.is_some() && next.is_some();
        if !(parts
            && inside
            && (word(before.as_ref()) || word(next) || separator(before) || next == Some(&c)))
        {
            squashed.push(c);
        }
        before = Some(c);
    }
    squashed
}

/// Tells whether two names are one, however they are [squashed].
pub(in crate::parse) fn same(one: &str, other: &str) -> bool {
    // The first letter always stays, and most names differ there.
    let first = |text: &str| text.trim().chars().next().filter(char::is_ascii);
    let differ = first(one).zip(first(other)).is_some_and(|(one, other)| !one.eq_ignore_ascii_case(&other));
    !differ && squashed(one) == squashed(other)
}

fn separator(c: Option<char>) -> bool {
    matches!(c, Some(' ' | '_' | '-'))
}

/// A Latin letter without its accent.
fn bare(c: char) -> Option<&'static str> {
    Some(match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' | 'ǎ' | 'ạ' | 'ả' | 'ấ' | 'ầ' | 'ẩ' | 'ẫ' | 'ậ' => {
            "a"
        }
        'æ' => "ae",
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' | 'ẹ' | 'ẻ' | 'ẽ' | 'ế' | 'ề' | 'ể' | 'ễ' | 'ệ' => {
            "e"
        }
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => "g",
        'ĥ' | 'ħ' => "h",
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' | 'ị' | 'ỉ' => "i",
        'ĵ' => "j",
        'ķ' => "k",
        'ĺ' | 'ļ' | 'ľ' | 'ł' => "l",
        'ñ' | 'ń' | 'ņ' | 'ň' => "n",
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' | 'ơ' | 'ọ' | 'ỏ' | 'ố' | 'ồ' | 'ổ' | 'ỗ' | 'ộ' => {
            "o"
        }
        'œ' => "oe",
        'ŕ' | 'ŗ' | 'ř' => "r",
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => "s",
        'ß' => "ss",
        'ţ' | 'ť' | 'ŧ' | 'ț' => "t",
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' | 'ư' | 'ụ' | 'ủ' => "u",
        'ŵ' => "w",
        'ý' | 'ÿ' | 'ŷ' | 'ỳ' | 'ỹ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        'þ' => "th",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_label_are_one() {
        for spelling in
            ["FeatureRequest", "feature_request", "FEATURE-REQUEST", "Feature Request", "féature  request"]
        {
            assert_eq!(squashed(spelling), "featurerequest", "{spelling}");
            assert!(same(spelling, " Feature_request"), "{spelling}");
        }
        assert_eq!(squashed("Straße"), squashed("strasse"));
        assert_eq!(squashed("cafe\u{301}"), squashed("café"));
    }

    #[test]
    fn what_is_another_value_stays_another() {
        for (one, other) in
            [("-1", "1"), ("1-2", "12"), ("1.5", "15"), ("C++", "C"), ("A-", "A"), ("да", "нет")]
        {
            assert_ne!(squashed(one), squashed(other), "{one} {other}");
            assert!(!same(one, other), "{one} {other}");
        }
    }
}
