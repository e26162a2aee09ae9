//! The guide, each chapter as a doc comment, so that every block of Rust in it is compiled and run.

macro_rules! chapters {
    ($($name:ident: $file:literal)*) => {
        $(
            #[cfg(doctest)]
            #[doc = include_str!(concat!("../docs/src/", $file))]
            pub mod $name {}
        )*
    };
}

chapters! {
    tutorial: "tutorial.md"
    concepts: "concepts.md"
    optimizers: "optimizers.md"
    tasks: "dspy/tasks.md"
    names: "dspy/names.md"
    classification: "cookbook/classification.md"
    extraction: "cookbook/extraction.md"
    rag: "cookbook/rag.md"
    agents: "cookbook/agents.md"
    mcp: "cookbook/mcp.md"
    streaming: "cookbook/streaming.md"
    batch: "cookbook/batch.md"
    evaluation: "cookbook/evaluation.md"
    caching: "cookbook/caching.md"
    local_model: "cookbook/local-model.md"
    tests: "cookbook/tests.md"
    operating: "operating.md"
    troubleshooting: "troubleshooting.md"
}
