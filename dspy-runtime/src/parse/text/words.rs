//! Words that change what a value among them means.
//!
//! Finding a label or a number in a sentence is safe only where no word turns it round, weakens it
//! or names another. These lists are what is looked for; a sentence that holds one is refused, and
//! asking again is cheaper than a wrong answer.

use std::collections::HashSet;
use std::sync::LazyLock;

type Words = LazyLock<HashSet<&'static str>>;

/// Says that something is not so, in the languages that models reply in most.
static NEGATIONS: Words = LazyLock::new(|| {
    "not no never none neither nor without cannot cant dont isnt wasnt non false incorrect wrong \
     nicht kein keine keinen nie niemals ohne pas jamais sans aucun aucune ni sin nunca ningun \
     tampoco mai senza nao não nem sem niet geen ei ikke inte ingen ne bez не ни нет без ليس لا غير \
     不 不是 非 没有 沒有 否 いいえ ではない 아니다"
        .split(' ')
        .collect()
});

/// Leaves open which of several is meant, or how far something holds.
static OPEN: Words = LazyLock::new(|| {
    "or either maybe perhaps possibly probably might may could unsure unclear uncertain if unless \
     except than but almost nearly hardly barely partly partially slightly somewhat between unlike \
     opposite contrary instead rather oder ou alternatively versus vs far lacks lack lacking fails \
     fail failed leaning leans tends toward towards used formerly previously earlier borderline \
     avoid avoids avoided denies excluded excludes rejected rejects unlikely doubt doubtful \
     questionable impossible"
        .split(' ')
        .collect()
});

/// Are labels now and then, and words of any sentence far more often.
static COMMON: Words = LazyLock::new(|| {
    "a an i the it in on or and to no not none other any all is be do so as at by of".split(' ').collect()
});

/// Makes the label after it another, mostly the next one up or down.
static SHIFTING: Words = LazyLock::new(|| {
    "below above under over beyond near less more lower higher extra super ultra semi sub mid"
        .split(' ')
        .collect()
});

/// Makes a number another number, or only a bound on one.
static COUNTING: Words = LazyLock::new(|| {
    "percent lakh crore mil mio mrd mn tn pairs percentage about around approximately approx roughly \
     circa ca some least most over under above below more less fewer greater up minus negative plus \
     times hundred thousand million billion trillion dozen half quarter k m bn two three four five \
     six seven eight nine ten eleven twelve january february march april june july august september \
     october november december zero out"
        .split(' ')
        .collect()
});

/// Stands before a value that is given as the answer.
static GIVING: Words = LazyLock::new(|| {
    "is are was be as say answer label category class choose chose chosen select selected pick \
     picked like seems appears considered rated assign assigned called with it's that's this's \
     equals equal total totals count counted found gives get got scored score rating value number \
     result sentiment confidence"
        .split(' ')
        .collect()
});

/// May stand between those words and the value.
static FILLERS: Words = LazyLock::new(|| {
    "a an the clearly definitely certainly simply just very of exactly most likely to boxed"
        .split(' ')
        .collect()
});

/// Takes back what was said, when it is said next.
static RETRACTS: Words = LazyLock::new(|| {
    "not no wait actually but scratch correction wrong hmm or maybe and".split(' ').collect()
});

/// Takes back what was said at any distance.
static REGRETS: Words = LazyLock::new(|| {
    "wait scratch correction sorry wrong incorrect retract nope mistake hmm".split(' ').collect()
});

/// Says that the value after it is no answer.
static DISOWNED: Words =
    LazyLock::new(|| "not never wrong incorrect invalid example instead unlike e.g".split(' ').collect());

/// Says that another value of a reply may be the one that is meant.
static COMPARISONS: Words = LazyLock::new(|| {
    "or either alternatively alternative alternatives first former instead incorrect wrong example \
     both oder option options possibility variant second another other not unlike"
        .split(' ')
        .collect()
});

/// Says that the value after it is meant in the place of the one before.
static REPLACEMENTS: Words = LazyLock::new(|| {
    "final finally answer result solution correction corrections correct corrected correctly actually wait sorry \
     mistake oops fix fixed revise revised revision updated improved improvement refined better now therefore thus \
     so conclusion overall ultimately below json output response reply scratch redo redone endgültig korrektur \
     korrigiert antwort ergebnis réponse résultat correcto corregido respuesta resultado"
        .split(' ')
        .collect()
});

/// Says that the value after it stands beside the one before, or came before it.
static ADDITIONS: Words = LazyLock::new(|| {
    "also and plus addition additionally furthermore moreover too further more old older previous previously original \
     originally before earlier discarded rejected bad und auch et aussi y también"
        .split(' ')
        .collect()
});

/// Speaks of how something is to be written.
static SHOWING: Words = LazyLock::new(|| {
    "format formats formatted form follows following example examples template structure layout section sections \
     marker markers header headers heading headings reply respond"
        .split(' ')
        .collect()
});

pub(super) fn shows(word: &str) -> bool {
    SHOWING.contains(word)
}

pub(super) fn adds(word: &str) -> bool {
    ADDITIONS.contains(word)
}

pub(super) fn replaces(word: &str) -> bool {
    REPLACEMENTS.contains(word)
}

pub(super) fn negates(word: &str) -> bool {
    NEGATIONS.contains(word) || word.ends_with("n't") || word.ends_with("n’t")
}

pub(super) fn opens(word: &str) -> bool {
    OPEN.contains(word)
}

pub(super) fn is_common(word: &str) -> bool {
    COMMON.contains(word)
}

pub(super) fn shifts(word: &str) -> bool {
    SHIFTING.contains(word)
}

pub(super) fn counts(word: &str) -> bool {
    COUNTING.contains(word)
}

pub(super) fn gives(word: &str) -> bool {
    GIVING.contains(word)
}

pub(super) fn fills(word: &str) -> bool {
    FILLERS.contains(word)
}

pub(super) fn retracts(word: &str) -> bool {
    RETRACTS.contains(word)
}

pub(super) fn regrets(word: &str) -> bool {
    REGRETS.contains(word)
}

pub(super) fn disowns(word: &str) -> bool {
    DISOWNED.contains(word)
}

pub(super) fn compares(word: &str) -> bool {
    COMPARISONS.contains(word)
}
