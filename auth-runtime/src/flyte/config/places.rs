//! Which file is read: the order of flytekit and that of Flyte 2, in one.

use std::path::{Path, PathBuf};

use super::{document::Document, ownership, sources::ConfigSources};
use crate::AuthError;

/// For flytekit's own use; it comes before everything else.
const OVERRIDE_VARIABLE: &str = "_FLYTECTL_CONFIG_PYFLYTE_OVERRIDE";

/// Flyte 2's, then everybody's.
const FILE_VARIABLES: [&str; 2] = ["UCTL_CONFIG", "FLYTECTL_CONFIG"];

/// What Flyte sets in the pods of its tasks. Files of the working directory are a task's own there and say nothing about
/// the cluster.
const POD_VARIABLES: [&str; 4] =
    ["_U_EP_OVERRIDE", "_UNION_EAGER_API_KEY", "EAGER_API_KEY", "FLYTE_INTERNAL_EXECUTION_ID"];

/// A file of our own beside the others', for settings that flytectl up to 1.15 does not let into its own.
const OWN_FILE: &str = "auth-runtime.yaml";

/// The files that were found.
pub(super) struct Found {
    /// In the order in which they are asked: our own, then the one that is shared with other tools.
    pub(super) documents: Vec<Document>,
    /// The one that is shared.
    pub(super) shared: Option<PathBuf>,
    /// Our own.
    pub(super) own: Option<PathBuf>,
    /// Whether a variable names the shared one.
    pub(super) named: bool,
    pub(super) warnings: Vec<String>,
}

impl ConfigSources {
    /// # Errors
    ///
    /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) for a file that is named but is not there,
    /// or that cannot be read.
    pub(super) fn find(&self) -> Result<Found, AuthError> {
        let mut warnings = Vec::new();
        let (shared, named) = match &self.file {
            Some(path) => (Some(Document::read(path, false)?), false),
            None => self.find_shared(&mut warnings)?,
        };
        let path = shared.as_ref().map(|shared| shared.path().to_owned());
        let own = self.own_file(shared.as_ref())?;
        let found = own.as_ref().map(|own| own.path().to_owned());
        Ok(Found { documents: own.into_iter().chain(shared).collect(), shared: path, own: found, named, warnings })
    }

    fn own_file(&self, shared: Option<&Document>) -> Result<Option<Document>, AuthError> {
        let beside = shared.map(|shared| self.working_directory().join(shared.path()).with_file_name(OWN_FILE));
        let usual = || self.home.as_deref().map(|home| home.join(".flyte").join(OWN_FILE));
        let Some(own) = beside.or_else(usual).filter(|own| own.is_file()) else { return Ok(None) };
        let nearby = self.lies_nearby(&own)
            || shared.is_some_and(Document::is_nearby)
            // Nobody has named it: whoever can write to the folder of the shared file could have put it there.
            || !ownership::is_ours_alone(&own);
        Document::read(&own, nearby && !self.is_believed(&own)).map(Some)
    }

    /// The file that one of these variables names. Where it is not there flytekit takes the next one,
    /// which may be another installation's: here that is an error.
    fn named_file(&self, variables: &[&str]) -> Result<Option<Document>, AuthError> {
        for variable in variables {
            let Some(path) = self.variable(variable)?.map(PathBuf::from) else { continue };
            // A relative path is another file in each directory.
            let is_relative = path.is_relative();
            let path = self.working_directory().join(path);
            if path.exists() {
                return Document::read(&path, is_relative && !self.is_believed(&path)).map(Some);
            }
            return Err(AuthError::configuration(
                "configuration file",
                format!("{}, which the variable {variable} names, is not there; correct or unset it", path.display()),
            ));
        }
        Ok(None)
    }

    /// The first file that is there, and whether a variable names it.
    fn find_shared(&self, warnings: &mut Vec<String>) -> Result<(Option<Document>, bool), AuthError> {
        if let Some(named) = self.named_file(&[OVERRIDE_VARIABLE])? {
            return Ok((Some(named), true));
        }
        let in_pod = self.first_set(POD_VARIABLES)?.is_some();
        let nearby = if in_pod { None } else { self.nearby_file(warnings)? };
        if let Some(nearby) = nearby {
            for variable in FILE_VARIABLES {
                if self.variable(variable)?.is_some() {
                    warnings.push(format!(
                        "the file {} overrules the one that the variable {variable} names, as in Flyte 2; remove one \
                         of the two",
                        nearby.path().display()
                    ));
                }
            }
            return Ok((Some(nearby), false));
        }
        if let Some(named) = self.named_file(&FILE_VARIABLES)? {
            return Ok((Some(named), true));
        }
        let flytekits = self.working_directory().join("flytekit.config");
        if !in_pod && flytekits.is_file() {
            return Ok((Some(Document::read(&flytekits, !self.is_believed(&flytekits))?), false));
        }
        let usual = self.home_files().into_iter().find(|path| path.is_file());
        Ok((usual.map(|path| Document::read(&path, false)).transpose()?, false))
    }

    /// Flyte 2's files of the working directory. Where somebody is at home there, the user's own come in their turn.
    fn nearby_file(&self, warnings: &mut Vec<String>) -> Result<Option<Document>, AuthError> {
        let directory = self.working_directory();
        let any = Some(directory.join("config.yaml")).filter(|path| !self.is_at_home(path));
        if let Some(document) = any.and_then(|path| self.file_of_any_program(&path, warnings)) {
            return Ok(Some(document));
        }
        let root = self.git_root().map(|root| root.join(".flyte/config.yaml"));
        let flytes = [directory.join(".flyte/config.yaml")]
            .into_iter()
            .chain(root)
            .find(|path| path.is_file() && !self.is_at_home(path));
        flytes.map(|path| Document::read(&path, !self.is_believed(&path))).transpose()
    }

    /// Many programs have a `config.yaml`. One without Flyte's section is another's, and so is one that is malformed.
    fn file_of_any_program(&self, path: &Path, warnings: &mut Vec<String>) -> Option<Document> {
        if !path.is_file() {
            return None;
        }
        match Document::read(path, !self.is_believed(path)) {
            Ok(document) => Some(document).filter(Document::is_flytes),
            Err(error) => {
                warnings.push(format!("{error}; the file is passed over"));
                None
            }
        }
    }

    /// The first of these variables that is set to something.
    pub(super) fn first_set<N: AsRef<str>>(
        &self,
        variables: impl IntoIterator<Item = N>,
    ) -> Result<Option<String>, AuthError> {
        for variable in variables {
            if self.variable(variable.as_ref())?.is_some() {
                return Ok(Some(variable.as_ref().to_owned()));
            }
        }
        Ok(None)
    }

    /// The user's own files, in order.
    pub(super) fn home_files(&self) -> Vec<PathBuf> {
        let home = self.home.iter();
        let files = [".union/config.yaml", ".flyte/config", ".flyte/config.yaml"];
        home.flat_map(|home| files.map(|file| home.join(file))).collect()
    }

    /// Where the working directory is.
    pub(super) fn working_directory(&self) -> PathBuf {
        std::path::absolute(&self.directory)
            .or_else(|_| std::env::current_dir())
            .unwrap_or_else(|_| self.directory.clone())
    }

    /// What `git rev-parse --show-toplevel` says, without running a program that the directory may configure.
    pub(super) fn git_root(&self) -> Option<PathBuf> {
        let directory = self.working_directory();
        let root = directory.ancestors().find(|folder| folder.join(".git").exists())?;
        ownership::is_ours(&root.join(".git")).then(|| root.to_owned())
    }
}
