//! Metrics that are ready to use.

use dspy::evaluate::metrics::{all, any, contains, exact_match, json_equal, matches, token_f1, weighted};
use dspy::evaluate::{AnyMetric, Case, Evaluate};
use dspy::lm::Scripted;
use dspy::trace::Trace;
use dspy::{Context, Metric, Predict, Result, Rows, Score, signature};
use serde_json::json;

/// Answer the question.
#[signature]
struct Quiz {
    #[meta]
    answers: Vec<String>,
    #[input]
    question: String,
    /// A few words.
    #[output]
    answer: String,
}

fn row(answers: &[&str], answer: &str) -> Quiz {
    let answers = answers.iter().map(ToString::to_string).collect();
    Quiz { answers, question: "Where?".into(), answer: answer.into() }
}

fn out(answer: &str) -> QuizOutput {
    QuizOutput { answer: answer.into() }
}

async fn judge(metric: &AnyMetric<Quiz, QuizOutput>, row: &Quiz, out: &QuizOutput) -> Result<Score> {
    let cx = Context::new(Scripted::answering(|_| panic!("they ask no model")));
    metric.judge(Case::new(&cx, row, out, &Trace::default())).await
}

async fn judged(metric: &AnyMetric<Quiz, QuizOutput>, row: &Quiz, out: &QuizOutput) -> (f64, String) {
    let score = judge(metric, row, out).await.expect("it judges");
    (score.value, score.feedback.unwrap_or_default())
}

fn exact() -> AnyMetric<Quiz, QuizOutput> {
    exact_match(|row: &Quiz| &row.answer, |out: &QuizOutput| &out.answer)
}

#[tokio::test]
async fn one_of_several_right_answers_is_enough() {
    let several = row(&["Eiffel tower", "la tour Eiffel"], "");
    let metric = exact_match(|row: &Quiz| &row.answers, |out: &QuizOutput| &out.answer);
    assert_eq!(judged(&metric, &several, &out("The Eiffel Tower!")).await.0, 1.0);
    let (score, why) = judged(&metric, &several, &out("x")).await;
    assert_eq!((score, &*why), (0.0, "wanted `Eiffel tower` or `la tour Eiffel`, `x` came"));
    let none = judge(&metric, &row(&[], ""), &out("x")).await;
    assert!(none.expect_err("nothing to compare with").to_string().contains("no right answer"));

    let metric = token_f1(|row: &Quiz| &row.answers, |out: &QuizOutput| &out.answer);
    let (score, why) = judged(&metric, &several, &out("the tower")).await;
    assert!((score - 2.0 / 3.0).abs() < 1e-12, "of the better one: {score}");
    assert!(why.ends_with("missing: `eiffel`"), "{why}");

    let metric = contains(|row: &Quiz| &row.answers, |out: &QuizOutput| &out.answer);
    let (score, why) = judged(&metric, &several, &out("It is the Eiffel Tower, no art.")).await;
    assert_eq!((score, why.contains("lacks `la tour Eiffel`")), (0.5, true), "{why}");
    let art = row(&["art"], "");
    assert_eq!(judged(&metric, &art, &out("a party")).await.0, 0.0, "whole words");
}

#[tokio::test]
async fn patterns_and_json_are_judged_with_reasons() {
    let metric = matches(r"^\d+$", |out: &QuizOutput| &out.answer).expect("a pattern");
    let (score, why) = judged(&metric, &row(&[], ""), &out("12a")).await;
    assert_eq!((score, &*why), (0.0, "`12a` does not fit the pattern `^\\d+$`"));
    assert_eq!(metric.to_string(), r"matches(^\d+$)");

    let metric = json_equal(|row: &Quiz| &row.answer, |out: &QuizOutput| &out.answer);
    let wanted = row(&[], &json!({"a": 1, "b": [1, 2]}).to_string());
    assert_eq!(judged(&metric, &wanted, &out("{\"b\": [1.0, 2], \"a\": 1}")).await.0, 1.0);
    let (score, why) = judged(&metric, &wanted, &out("{\"b\": [1, 3], \"a\": 1}")).await;
    assert_eq!((score, &*why), (0.0, "b[1]: wanted `2`, `3` came"));
}

#[tokio::test]
async fn combined_metrics_merge_scores_names_and_feedback() {
    let short = || AnyMetric::named("short", |_: &Quiz, out: &QuizOutput| out.answer.len() < 4);
    let (paris, rome) = (row(&[], "Paris"), out("Rome"));
    let metric = weighted([(0.75, exact()), (0.25, short())]);
    assert_eq!(metric.to_string(), "weighted(0.75 exact_match, 0.25 short)");
    let (score, why) = judged(&metric, &paris, &out("Rom")).await;
    assert_eq!((score, &*why), (0.25, "exact_match: wanted `Paris`, `Rom` came"));
    let (score, why) = judged(&all([exact(), short()]), &paris, &rome).await;
    assert_eq!((score, &*why), (0.0, "exact_match: wanted `Paris`, `Rome` came; short: scored 0"));
    let either = any([exact(), all([short()])]);
    assert_eq!(either.to_string(), "any(exact_match, all(short))");
    assert_eq!(judged(&either, &paris, &out("Rom")).await.0, 1.0);
    assert_eq!(judged(&either, &paris, &rome).await.0, 0.0);

    for broken in
        [weighted([(0.0, exact())]), weighted([(f64::NAN, exact())]), weighted([]), all([]), any([])]
    {
        assert!(judge(&broken, &paris, &rome).await.is_err(), "{broken}");
    }
}

#[tokio::test]
async fn they_go_wherever_a_metric_goes() {
    let rows: Rows<Quiz> = [row(&[], "Paris"), row(&[], "Rome")].into_iter().collect();
    let cx = Context::new(Scripted::answering(|_| "[[ ## answer ## ]]\nParis".into()));
    let metric = weighted([(1.0, exact()), (1.0, exact())]);
    let report = Evaluate::new(metric).run(&cx, &Predict::<Quiz>::new(), &rows).await.expect("rows");
    assert_eq!((report.score(), report.metric()), (0.5, "weighted(1 exact_match, 1 exact_match)"));
}
