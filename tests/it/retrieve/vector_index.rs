use std::sync::atomic::Ordering;

use dspy::lm::{Embedder, Embeddings as Made, ModelId};
use dspy::retrieve::{Passage, Retriever, VectorIndex};
use dspy::{Budget, Context, Error, ErrorKind, Result};
use futures_util::future::{BoxFuture, FutureExt, ready};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{context, ids, message, passages};
use crate::embed::Provider;
use crate::file::File;

/// Reads its vectors out of the texts: `3 4` is the vector (3, 4).
#[derive(Debug)]
pub struct Literal(ModelId);

impl Embedder for Literal {
    fn id(&self) -> &ModelId {
        &self.0
    }

    fn batch(&self) -> Option<usize> {
        None
    }

    fn embed<'a>(&'a self, texts: &'a [String]) -> BoxFuture<'a, Result<Made>> {
        let vector =
            |text: &String| text.split(' ').map(|number| number.parse().expect("a number")).collect();
        ready(Ok(Made::new(texts.iter().map(vector).collect()))).boxed()
    }
}

pub fn literal() -> Context {
    context().with_embedder(Literal(ModelId::new("test", "literal")))
}

#[tokio::test]
async fn scores_are_cosines_and_ties_keep_their_order() {
    let cx = literal();
    let texts = ["0 2", "3 4", "-1 0", "0 0", "30 40"];
    let passages = texts.iter().map(|text| Passage::new(*text, *text));
    let embeddings = VectorIndex::build(&cx, passages).await.expect("vectors");
    let found = embeddings.search(&cx, "5 0", 9).await.expect("vectors");
    assert_eq!(ids(&found), ["3 4", "30 40", "0 2", "0 0", "-1 0"]);
    let scores: Vec<f64> = found.iter().map(|passage| passage.score).collect();
    assert!(scores.iter().zip([0.6, 0.6, 0.0, 0.0, -1.0]).all(|(a, b)| (a - b).abs() < 1e-7), "{scores:?}");
    assert_eq!(embeddings.search(&cx, "5 0", 0).await.expect("none"), []);

    let build =
        |text: &'static str| VectorIndex::build(&cx, [Passage::new("a", "1 2"), Passage::new("b", text)]);
    assert!(message(build("inf 1").await).contains("infinite"));
    assert!(message(build("NaN 1").await).contains("infinite or none"));
    assert!(message(embeddings.search(&cx, "1 2 3", 1).await).contains("3 numbers where 2"));
    build("3e30 4e30").await.expect("large is not infinite");
}

#[tokio::test]
async fn each_passage_is_embedded_once_and_each_query() {
    let provider = Provider::new(3);
    let calls = provider.calls();
    let cx = context().with_embedder(provider);
    let mut embeddings = VectorIndex::build(&cx, passages()).await.expect("vectors");
    assert_eq!(calls.load(Ordering::SeqCst), 2);
    let empty = VectorIndex::<()>::build(&cx, []).await.expect("nothing to embed");
    assert!(empty.is_empty() && empty.search(&cx, "parcel", 3).await.expect("no call").is_empty());

    let refused = embeddings.add(&cx, [Passage::new("e", "x"), Passage::new("a", "y")]).await;
    assert!(message(refused).contains("same id `a`"));
    let budget = cx.with_budget(Budget::calls(0));
    assert!(embeddings.add(&budget, [Passage::new("e", "x")]).await.expect_err("no call left").is_budget());
    assert_eq!((embeddings.len(), calls.load(Ordering::SeqCst)), (4, 2), "none was added or paid for");
    embeddings.add(&cx, [Passage::new("e", "parcels, parcels")]).await.expect("new");
    assert_eq!(ids(&embeddings.search(&cx, "parcels", 1).await.expect("vectors")), ["e"]);
    assert_eq!(calls.load(Ordering::SeqCst), 4);

    let other = message(embeddings.search(&context(), "parcels", 1).await);
    assert!(other.contains("openai/text-embedding-3-small") && other.contains("builtin/hashed@1"), "{other}");
    assert!(message(embeddings.add(&context(), []).await).contains("not comparable"));
}

/// Never answers.
#[derive(Debug)]
struct Silent(ModelId);

impl Embedder for Silent {
    fn id(&self) -> &ModelId {
        &self.0
    }

    fn embed<'a>(&'a self, _: &'a [String]) -> BoxFuture<'a, Result<Made>> {
        std::future::pending().boxed()
    }
}

#[tokio::test]
async fn what_is_given_up_leaves_all_as_it_was() {
    let cx = context();
    let mut embeddings = VectorIndex::build(&cx, passages()).await.expect("vectors");
    let silent = cx.with_embedder(Silent(cx.embedder().id().clone()));
    assert!(embeddings.add(&silent, [Passage::new("e", "x")]).now_or_never().is_none());
    assert!(embeddings.search(&silent, "x", 3).now_or_never().is_none());
    assert_eq!((embeddings.len(), embeddings.get("e")), (4, None));
    assert_eq!(embeddings.search(&cx, "lost parcel", 9).await.expect("vectors").len(), 4);
    assert_eq!(silent.usage().calls, 2, "both may have cost something");
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Page {
    number: u32,
}

#[tokio::test]
async fn a_file_gives_back_what_was_saved() {
    let cx = context();
    let file = File::new("retrieve-round");
    let numbered =
        passages().into_iter().zip(0..).map(|(passage, number)| passage.with_meta(Page { number }));
    let saved = VectorIndex::build(&cx, numbered).await.expect("vectors");
    saved.save(&file.0).expect("written");
    let loaded = VectorIndex::<Page>::load(&file.0, &cx).expect("read");
    for query in ["the lost parcel", "money", "cat?"] {
        let both = [saved.search(&cx, query, 9).await, loaded.search(&cx, query, 9).await];
        let [a, b] = both.map(|found| found.expect("vectors"));
        assert_eq!(a, b);
    }
    assert_eq!(loaded.get("c").map(|passage| passage.meta.number), Some(2));

    let provider = context().with_embedder(Provider::new(1));
    let error = VectorIndex::<Page>::load(&file.0, &provider).expect_err("another embedder");
    assert_eq!(error.kind(), ErrorKind::NotConfigured);
    let said = error.to_string();
    assert!(said.contains("openai/text-embedding-3-small") && said.contains("builtin/hashed@1"), "{said}");
    assert!(message(VectorIndex::<()>::load(&file.0, &cx)).contains("passage 0 (from 0) is not of the type"));
    VectorIndex::<()>::build(&cx, []).await.expect("empty").save(&file.0).expect("written");
    assert!(VectorIndex::<()>::load(&file.0, &cx).expect("read").is_empty());
    assert_eq!(
        VectorIndex::<()>::load("no/such/file", &cx).map_err(|error| error.kind()).err(),
        Some(ErrorKind::Io)
    );
}

#[tokio::test]
async fn a_damaged_file_is_refused_wherever_it_is_damaged() {
    let cx = context();
    let file = File::new("retrieve-damage");
    VectorIndex::build(&cx, passages()).await.expect("vectors").save(&file.0).expect("written");
    let whole = std::fs::read(&file.0).expect("written");
    let load = |content: &[u8]| -> Result<VectorIndex, Error> {
        std::fs::write(&file.0, content).expect("ours");
        VectorIndex::load(&file.0, &cx)
    };
    load(&whole).expect("whole");
    for end in (0..whole.len()).step_by(97).chain([whole.len() - 1]) {
        load(whole.get(..end).expect("inside")).expect_err("cut off");
    }
    for place in (0..whole.len()).step_by(101) {
        let mut damaged = whole.clone();
        damaged[place] ^= 0x04;
        load(&damaged).expect_err("a bit is another");
    }
    load(&[whole.as_slice(), b"x"].concat()).expect_err("more than there should be");
    let text = |from: &str, to: &str| {
        let end = whole.iter().position(|byte| *byte == b'\n').expect("a line");
        let head = String::from_utf8(whole[..end].to_vec()).expect("JSON").replace(from, to);
        message(load(&[head.as_bytes(), &whole[end..]].concat()))
    };
    assert!(text("\"version\":1", "\"version\":3").contains("format version 3"));
    assert!(text("dspy-embeddings", "other").contains("no file that `VectorIndex::save` has written"));
    assert!(text("\"dimensions\":512", "\"dimensions\":511").contains("damaged"));
    assert!(text("\"passages\":4", "\"passages\":3").contains("damaged"));
    assert!(text("\"passages\":4", "\"passages\":18446744073709551615").contains("damaged"));
}
