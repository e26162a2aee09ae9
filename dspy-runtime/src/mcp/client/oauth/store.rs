//! The tokens that were given.

use std::sync::{Arc, PoisonError, RwLock};

use futures_util::future::{BoxFuture, FutureExt, ready};
use rmcp::transport::auth::{AuthError, CredentialStore, StoredCredentials};

use super::super::secrets::Secrets;

/// The last that was given to a client, in memory and where its user keeps it. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Store {
    last: Arc<RwLock<Option<StoredCredentials>>>,
    keeping: Option<Keeping>,
}

#[derive(Clone)]
struct Keeping {
    load: Arc<dyn Fn() -> Option<String> + Send + Sync>,
    save: Arc<dyn Fn(&str) + Send + Sync>,
}

/// A store that tells a connection what must not be shown.
pub(super) struct Telling(Store, Secrets);

impl Store {
    pub(super) fn new(
        load: impl Fn() -> Option<String> + Send + Sync + 'static,
        save: impl Fn(&str) + Send + Sync + 'static,
    ) -> Self {
        let keeping = Keeping { load: Arc::new(load), save: Arc::new(save) };
        Self { last: Arc::default(), keeping: Some(keeping) }
    }

    pub(super) fn telling(&self, secrets: Secrets) -> Telling {
        Telling(self.clone(), secrets)
    }

    fn get(&self) -> Option<StoredCredentials> {
        let last = self.last.read().unwrap_or_else(PoisonError::into_inner).clone();
        // What is kept but cannot be read is as if it were not there: the person is asked.
        last.or_else(|| serde_json::from_str(&(self.keeping.as_ref()?.load)()?).ok())
    }

    fn set(&self, credentials: Option<StoredCredentials>) {
        let text = serde_json::to_string(&credentials).unwrap_or_default();
        *self.last.write().unwrap_or_else(PoisonError::into_inner) = credentials;
        if let Some(keeping) = &self.keeping {
            (keeping.save)(&text);
        }
    }
}

impl Telling {
    fn tell(&self, credentials: &StoredCredentials) {
        // As JSON, since the types of the tokens are not ours to name.
        let text = serde_json::to_value(credentials).unwrap_or_default();
        let tokens = ["access_token", "refresh_token", "id_token"];
        let tokens = tokens.into_iter().filter_map(|name| text["token_response"][name].as_str());
        tokens.for_each(|token| self.1.add(token));
    }

    fn loaded(&self) -> Option<StoredCredentials> {
        let credentials = self.0.get()?;
        self.tell(&credentials);
        Some(credentials)
    }
}

/// The outcome of a step of the store.
type Step<'a, T> = BoxFuture<'a, Result<T, AuthError>>;

impl CredentialStore for Telling {
    fn load<'a, 'b>(&'a self) -> Step<'b, Option<StoredCredentials>>
    where
        'a: 'b,
        Self: 'b,
    {
        ready(Ok(self.loaded())).boxed()
    }

    fn save<'a, 'b>(&'a self, credentials: StoredCredentials) -> Step<'b, ()>
    where
        'a: 'b,
        Self: 'b,
    {
        self.tell(&credentials);
        self.0.set(Some(credentials));
        ready(Ok(())).boxed()
    }

    fn clear<'a, 'b>(&'a self) -> Step<'b, ()>
    where
        'a: 'b,
        Self: 'b,
    {
        self.0.set(None);
        ready(Ok(())).boxed()
    }
}
