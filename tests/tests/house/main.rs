//! How the code stands: which module may know which, how long files are, what documents say about them.

mod async_items;
mod blocks;
mod circles;
mod commands;
mod diffs;
mod documents;
mod layers;
mod links;
mod manifests;
mod modules;
mod pages;
mod paths;
mod public_items;
mod public_types;
mod recipes;
mod resolve;
mod sizes;
mod words;
