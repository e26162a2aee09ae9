//! Finds the one JSON object of a reply.

use serde_json::{Map, Value};

use crate::problem::{Problem, Repair};

/// The object that a reply is, or the last whole one that it holds.
pub(super) fn object(reply: &str) -> Result<(Map<String, Value>, Option<Repair>), Problem> {
    if let Ok(Value::Object(object)) = serde_json::from_str(reply) {
        return Ok((object, None));
    }
    let mut last = None;
    let mut from = 0;
    while let Some(start) = reply[from..].find('{').map(|at| from + at) {
        let mut stream =
            serde_json::Deserializer::from_str(&reply[start..]).into_iter::<Map<String, Value>>();
        from = match stream.next() {
            Some(Ok(object)) => {
                last = Some(object);
                start + stream.byte_offset().max(1)
            }
            _ => start + 1,
        };
        if from - start == 1 && reply.len() > SEARCHED {
            break;
        }
    }
    match last {
        Some(object) => Ok((object, Some(Repair::Surroundings))),
        None => Err(Problem::new("", reply, "there is no JSON object in the reply")),
    }
}

/// In a longer reply than this one failed start of an object ends the search, to stay linear.
const SEARCHED: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_fences_around_the_object_are_left_out() {
        for reply in [
            "```json\n{\"a\": \"} ] {\"}\n```",
            "Sure! {\"a\": \"} ] {\"} Anything else?",
            "{not json} {\"a\": \"draft\"} {\"a\": \"} ] {\"}",
        ] {
            let (object, repair) = object(reply).expect(reply);
            assert_eq!(object["a"], "} ] {", "{reply}");
            assert_eq!(repair, Some(Repair::Surroundings));
        }
    }

    #[test]
    fn no_object_is_an_error() {
        assert!(object("I cannot answer that.").is_err());
        assert!(object("{\"a\": ").is_err());
        assert!(object("[1, 2]").is_err());
    }
}
