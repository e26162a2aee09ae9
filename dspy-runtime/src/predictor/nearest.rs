//! The selection of the demonstrations nearest to an input.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::lm::Usage;
use crate::signature::Schema;
use crate::value::Record;

/// The vectors of a state's demonstrations, in their order, by embedder. Each is made once.
#[derive(Default)]
pub(super) struct Vectors(Mutex<Vec<(String, Made)>>);

type Made = Arc<OnceCell<Vec<Vec<f32>>>>;

impl Vectors {
    /// Makes the vectors of demonstrations by the context's embedder, if there are none yet.
    pub(super) async fn make(
        &self,
        cx: &Context,
        path: &Arc<str>,
        schema: &Schema,
        demos: &[Record],
    ) -> Result<Made> {
        let made = self.by(&cx.embedder().id().to_string());
        let make = || async {
            let texts: Vec<String> = demos.iter().map(|demo| text(schema, demo)).collect();
            let vectors = cx.scope().embed_for_all(&**cx.embedder(), path, &texts).await?;
            Ok::<_, Error>(vectors.into_iter().map(unit).collect())
        };
        // Who waits for one that fails tries for itself.
        made.get_or_try_init(make).await?;
        Ok(made)
    }

    /// The places of the `k` demonstrations whose inputs are nearest to these, the nearest first, and what it cost
    /// to embed the inputs; the earlier of those that are equally near.
    pub(super) async fn nearest(
        &self,
        (cx, path): (&Context, &Arc<str>),
        schema: &Schema,
        demos: &[Record],
        input: &Record,
        k: usize,
    ) -> (Usage, Result<Vec<usize>>) {
        let made = match self.make(cx, path, schema, demos).await {
            Ok(made) => made,
            Err(error) => return (Usage::default(), Err(error)),
        };
        let (usage, asked) = cx.scope().embed_for(&**cx.embedder(), path, &[text(schema, input)]).await;
        let asked = asked.map(|asked| asked.vectors.into_iter().next().map(unit).unwrap_or_default());
        let vectors = made.get().map_or(&[][..], Vec::as_slice);
        (usage, asked.and_then(|asked| ranked(&asked, vectors, k)))
    }

    fn by(&self, embedder: &str) -> Made {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, made)) = all.iter().find(|(by, _)| by == embedder) {
            return made.clone();
        }
        let made = Made::default();
        all.push((embedder.to_owned(), made.clone()));
        made
    }
}

fn ranked(asked: &[f32], among: &[Vec<f32>], k: usize) -> Result<Vec<usize>> {
    if among.iter().any(|vector| vector.len() != asked.len()) {
        let message = "the embedder gave vectors of several lengths";
        return Err(Error::new(ErrorKind::Decode, message));
    }
    let cosine = |vector: &Vec<f32>| vector.iter().zip(asked).map(|(a, b)| a * b).sum::<f32>();
    let mut ranked: Vec<(usize, f32)> = among.iter().map(cosine).enumerate().collect();
    ranked.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    Ok(ranked.into_iter().take(k).map(|(place, _)| place).collect())
}

/// The vector at length 1. One that is about that long stays as it is, to the bit.
fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length > 0.0 && (length - 1.0).abs() > 1e-4 {
        vector.iter_mut().for_each(|value| *value /= length);
    }
    vector
}

/// Returns the texts of a record's inputs. Files say nothing: they are no text, and long.
fn text(schema: &Schema, record: &Record) -> String {
    let inputs = schema.inputs().filter(|field| !field.spec().holds_media());
    let values = inputs.filter_map(|field| record.get(field.name()));
    let texts = values.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    texts.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_is_by_direction_and_ties_go_to_the_earlier() {
        let vectors = [vec![0.0, 9.0], vec![3.0, 0.1], vec![0.5, 0.0], vec![1.0, 0.0]].map(unit);
        assert_eq!(ranked(&unit(vec![7.0, 0.0]), &vectors, 3).expect("of one length"), [2, 3, 1]);
        assert_eq!(ranked(&[0.0, 0.0], &vectors, 2).expect("of one length"), [0, 1]);
        assert_eq!(ranked(&[1.0], &vectors, 2).expect_err("another length").kind(), ErrorKind::Decode);
    }
}
