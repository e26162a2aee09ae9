use dspy::lm::Scripted;
use dspy::strategy::{Ensemble, majority, majority_by};
use dspy::{Context, Predict, signature};
use proptest::prelude::*;

/// Answer the question in one word.
#[signature]
struct Answer {
    #[input]
    question: String,
    #[output(desc = "")]
    why: String,
    #[output(desc = "")]
    word: String,
}

fn answer(why: &str, word: &str) -> AnswerOutput {
    AnswerOutput { why: why.into(), word: word.into() }
}

#[test]
fn outputs_vote_by_their_last_field_or_by_one_of_choice() {
    let outputs = [answer("a", "Rome"), answer("b", "Paris"), answer("b", "paris.")];
    assert_eq!(majority(&outputs).expect("a form").map(|out| &*out.word), Some("Paris"));
    let by = majority_by(&outputs, |out| &out.why).expect("a form");
    assert_eq!(by.map(|out| &*out.word), Some("Paris"), "the first of those that agree");
    assert!(majority::<AnswerOutput>(&[]).expect("a form").is_none());
}

#[tokio::test]
async fn an_ensemble_votes_as_outputs_do() {
    let reply = |word: &str| format!("[[ ## why ## ]]\nso\n[[ ## word ## ]]\n{word}");
    let cx = Context::new(Scripted::replies(["Lyon", "Paris", " PARIS!"].map(reply)));
    let ensemble = Ensemble::new(vec![Predict::<Answer>::new(); 3]);
    let out =
        ensemble.call(&cx, AnswerInput { question: "Capital of France?".into() }).await.expect("it runs");
    assert_eq!(out.word, "Paris");
}

fn plain(word: &str) -> Option<String> {
    let word = word.trim().trim_end_matches('.').to_lowercase();
    (!word.is_empty()).then_some(word)
}

proptest! {
    #[test]
    fn nobody_has_more_votes_and_nobody_with_as_many_is_earlier(
        words in prop::collection::vec(" ?[abAB]?[.]?", 1..9),
    ) {
        let votes: Vec<_> = words.iter().map(|word| plain(word)).collect();
        let count = |place: usize| {
            votes[place].as_ref().map_or(0, |own| votes.iter().flatten().filter(|vote| *vote == own).count())
        };
        let places: Vec<usize> = (0..words.len()).collect();
        let won = *majority_by(&places, |place| &words[*place]).expect("a form").expect("there are some");
        for place in places {
            prop_assert!(count(place) <= count(won));
            prop_assert!(place >= won || count(place) < count(won));
        }
    }
}
