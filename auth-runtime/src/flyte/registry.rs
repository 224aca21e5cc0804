//! Flows of the user's own, found by the name that the configuration gives.

use std::{collections::BTreeMap, fmt};

use super::Config;
use crate::{AuthError, Flow, flow::ErasedFlow};

type Factory = Box<dyn Fn(&Config) -> Result<Box<dyn ErasedFlow>, AuthError> + Send + Sync>;

/// Names and what makes the flow for each. The case of a name does not count.
#[derive(Default)]
pub(super) struct Registry {
    factories: BTreeMap<String, Factory>,
}

impl Registry {
    pub(super) fn register<F: Flow>(
        &mut self,
        name: &str,
        factory: impl Fn(&Config) -> Result<F, AuthError> + Send + Sync + 'static,
    ) {
        let erase = move |config: &Config| factory(config).map(|flow| Box::new(flow) as Box<dyn ErasedFlow>);
        self.factories.insert(name.to_lowercase(), Box::new(erase));
    }

    /// `None` where nothing is registered under the name.
    pub(super) fn make(&self, name: &str, config: &Config) -> Option<Result<Box<dyn ErasedFlow>, AuthError>> {
        self.factories.get(&name.to_lowercase()).map(|factory| factory(config))
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.factories.keys().map(String::as_str)
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}
