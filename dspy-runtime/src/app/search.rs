//! Optimizers by name.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::args::Auto;
use crate::error::{Error, Result};
use crate::evaluate::AnyMetric;
use crate::module::Module;
use crate::optimize::{
    Ace, AnyOptimizer, BootstrapFewShot, Configure, Copro, Gepa, InferRules, LabeledFewShot, Mipro,
    Optimizer, RandomSearch, SearchSettings, Simba,
};
use crate::signature::{Row, nearest};

/// Makes an optimizer at a level of effort.
type Make<R, P> = Arc<dyn Fn(Auto, &SearchSettings) -> Box<dyn AnyOptimizer<R, P>> + Send + Sync>;

struct Entry<R, P> {
    make: Make<R, P>,
    has_levels: bool,
}

/// The optimizers that can be named on the command line.
pub(super) struct Optimizers<R, P> {
    by_name: BTreeMap<String, Entry<R, P>>,
    /// The one that is meant where none is named.
    default: String,
}

impl<R: Row, P: Module> Optimizers<R, P>
where
    R::Input: Into<P::Input>,
{
    /// The library's own, for a metric.
    pub(super) fn of(metric: &AnyMetric<R, P::Output>) -> Self {
        let mut all = Self { by_name: BTreeMap::new(), default: "auto".to_owned() };
        macro_rules! own {
            ($($name:literal: $make:expr;)*) => {
                $({
                    let metric = metric.clone();
                    let make = $make;
                    all.insert($name, false, move |_| make(metric.clone()));
                })*
            };
        }
        own! {
            "ace": Ace::new;
            "bootstrap": BootstrapFewShot::new;
            "copro": Copro::new;
            "infer-rules": InferRules::new;
            "labeled": LabeledFewShot::new;
            "random": RandomSearch::new;
            "simba": Simba::new;
        }
        let (of_auto, of_mipro, of_gepa) = (metric.clone(), metric.clone(), metric.clone());
        all.insert("auto", true, move |auto| match auto {
            Auto::Light => crate::Auto::light(of_auto.clone()),
            Auto::Medium => crate::Auto::medium(of_auto.clone()),
            Auto::Heavy => crate::Auto::heavy(of_auto.clone()),
        });
        all.insert("mipro", true, move |auto| match auto {
            Auto::Light => Mipro::light(of_mipro.clone()),
            Auto::Medium => Mipro::medium(of_mipro.clone()),
            Auto::Heavy => Mipro::heavy(of_mipro.clone()),
        });
        all.insert("gepa", true, move |auto| match auto {
            Auto::Light => Gepa::light(of_gepa.clone()),
            Auto::Medium => Gepa::medium(of_gepa.clone()),
            Auto::Heavy => Gepa::heavy(of_gepa.clone()),
        });
        all
    }

    fn insert<T>(&mut self, name: &str, has_levels: bool, make: impl Fn(Auto) -> T + Send + Sync + 'static)
    where
        T: Optimizer<R, P> + Configure + Send + Sync + 'static,
    {
        let make: Make<R, P> = Arc::new(move |auto, settings| Box::new(make(auto).configure(settings)));
        self.by_name.insert(name.to_owned(), Entry { make, has_levels });
    }

    /// Adds one of the user's, which is meant from now on where none is named.
    pub(super) fn add<T>(&mut self, name: &str, make: impl Fn() -> T + Send + Sync + 'static)
    where
        T: Optimizer<R, P> + Configure + Send + Sync + 'static,
    {
        self.insert(name, false, move |_| make());
        name.clone_into(&mut self.default);
    }

    /// The name that is meant.
    pub(super) fn name<'a>(&'a self, asked: Option<&'a str>) -> &'a str {
        asked.unwrap_or(&self.default)
    }

    pub(super) fn make(
        &self,
        name: &str,
        auto: Option<Auto>,
        settings: &SearchSettings,
    ) -> Result<Box<dyn AnyOptimizer<R, P>>> {
        match self.by_name.get(name) {
            Some(entry) if auto.is_some() && !entry.has_levels => {
                Err(Error::data(format!("`--auto` is for optimizers that have levels; `{name}` has none")))
            }
            Some(entry) => Ok((entry.make)(auto.unwrap_or(Auto::Light), settings)),
            None => {
                let names = || self.by_name.keys().map(String::as_str);
                let near = nearest(name, names()).map(|near| format!("; did you mean `{near}`?"));
                let near =
                    near.unwrap_or_else(|| format!("; there is {}", names().collect::<Vec<_>>().join(", ")));
                Err(Error::data(format!("there is no optimizer `{name}`{near}")))
            }
        }
    }
}
