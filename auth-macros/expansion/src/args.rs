//! What may stand in `#[authenticated_client(..)]`, as syntax. What it means is decided in `validate`.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{LitInt, LitStr, Token, parenthesized};

const ACCEPTED: &str = "`unauthenticated(\"package.Service\")`, `no_replay(\"package.Service/Method\")`, \
                        `replay_buffer_bytes(\"package.Service/Method\" = 65536)`, `name = MyClient`, \
                        `name(\"package.Service\" = MyClient)`, \
                        `default_host(\"package.Service\" = \"example.com\")` and `crate = path::to::auth_runtime`";

/// The arguments of one `#[authenticated_client(..)]`.
#[derive(Default)]
pub(crate) struct Arguments {
    pub(crate) unauthenticated: Option<Argument<LitStr>>,
    pub(crate) no_replay: Option<Argument<LitStr>>,
    pub(crate) replay_buffer_bytes: Option<Argument<Size>>,
    pub(crate) name: Option<Name>,
    pub(crate) default_host: Option<Argument<Host>>,
    pub(crate) runtime: Option<syn::Path>,
}

/// One argument: its keyword, for messages about it as a whole, and what stands in its parentheses.
pub(crate) struct Argument<T> {
    pub(crate) keyword: Ident,
    pub(crate) values: Vec<T>,
}

/// `"package.Service/Method" = 65536`
pub(crate) struct Size {
    pub(crate) path: LitStr,
    pub(crate) bytes: LitInt,
}

/// `"package.Service" = "example.com"`
pub(crate) struct Host {
    pub(crate) service: LitStr,
    pub(crate) host: LitStr,
}

/// What the authenticated client is called.
pub(crate) struct Name {
    pub(crate) keyword: Ident,
    pub(crate) clients: Names,
}

pub(crate) enum Names {
    /// `name = MyClient` or `name = "MyClient"`: in the one module that the attribute is on.
    OfModule(Ident),
    /// `name("package.Service" = MyClient)`: the same attribute goes to all modules.
    OfServices(Vec<(LitStr, Ident)>),
}

// === impl Arguments ===

impl Arguments {
    /// The path of the runtime, where it is not the usual one.
    pub(crate) fn runtime(&self) -> Option<&syn::Path> {
        self.runtime.as_ref()
    }

    /// The place of the first argument that is about a service, if there is any.
    pub(crate) fn first_of_a_service(&self) -> Option<Span> {
        let keywords = [
            self.unauthenticated.as_ref().map(|argument| &argument.keyword),
            self.no_replay.as_ref().map(|argument| &argument.keyword),
            self.replay_buffer_bytes.as_ref().map(|argument| &argument.keyword),
            self.name.as_ref().map(|name| &name.keyword),
            self.default_host.as_ref().map(|argument| &argument.keyword),
        ];
        keywords.into_iter().flatten().map(Ident::span).next()
    }
}

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut arguments = Self::default();
        let mut errors = Errors::default();
        while !input.is_empty() {
            // A broken argument ends the list: what follows it would only be guessed at.
            let keyword = match input.call(Ident::parse_any) {
                Ok(keyword) => keyword,
                Err(error) => {
                    errors
                        .push(syn::Error::new(error.span(), format!("expected an argument: accepted are {ACCEPTED}")));
                    break;
                }
            };
            match keyword.to_string().as_str() {
                "unauthenticated" => {
                    let argument = paths(input, &keyword)?;
                    errors.set(&mut arguments.unauthenticated, argument, &keyword);
                }
                "no_replay" => {
                    let argument = paths(input, &keyword)?;
                    errors.set(&mut arguments.no_replay, argument, &keyword);
                }
                "replay_buffer_bytes" => {
                    let argument = sizes(input, &keyword)?;
                    errors.set(&mut arguments.replay_buffer_bytes, argument, &keyword);
                }
                "crate" => {
                    let path = runtime(input)?;
                    errors.set(&mut arguments.runtime, path, &keyword);
                }
                "name" => {
                    let name = name(input, &keyword)?;
                    errors.set(&mut arguments.name, name, &keyword);
                }
                "default_host" => {
                    let argument = hosts(input, &keyword)?;
                    errors.set(&mut arguments.default_host, argument, &keyword);
                }
                unknown => {
                    errors.push(syn::Error::new(
                        keyword.span(),
                        format!("unknown argument `{unknown}`: accepted are {ACCEPTED}"),
                    ));
                    skip_to_comma(input)?;
                }
            }
            if input.is_empty() {
                break;
            }
            if let Err(error) = input.parse::<Token![,]>() {
                errors.push(syn::Error::new(error.span(), "expected a comma between two arguments"));
                break;
            }
        }
        skip_rest(input)?;
        errors.into_result().map(|()| arguments)
    }
}

fn paths(input: ParseStream<'_>, keyword: &Ident) -> syn::Result<Argument<LitStr>> {
    let usage = format!("write `{keyword}(\"package.Service\", \"package.Service/Method\")`");
    list(input, keyword, &usage, |content| content.parse())
}

fn sizes(input: ParseStream<'_>, keyword: &Ident) -> syn::Result<Argument<Size>> {
    let usage = "write the number of bytes after each path: `replay_buffer_bytes(\"package.Service/Method\" = 65536)`";
    list(input, keyword, usage, |content| {
        let path = content.parse()?;
        content.parse::<Token![=]>()?;
        Ok(Size { path, bytes: content.parse()? })
    })
}

fn hosts(input: ParseStream<'_>, keyword: &Ident) -> syn::Result<Argument<Host>> {
    let usage = "write the host after each service: `default_host(\"package.Service\" = \"example.com\")`";
    list(input, keyword, usage, |content| {
        let service = content.parse()?;
        content.parse::<Token![=]>()?;
        Ok(Host { service, host: content.parse()? })
    })
}

fn list<T>(
    input: ParseStream<'_>,
    keyword: &Ident,
    usage: &str,
    item: fn(ParseStream<'_>) -> syn::Result<T>,
) -> syn::Result<Argument<T>> {
    if !input.peek(syn::token::Paren) {
        return Err(syn::Error::new(keyword.span(), format!("`{keyword}` needs a list: {usage}")));
    }
    let content;
    parenthesized!(content in input);
    let values = Punctuated::<T, Token![,]>::parse_terminated_with(&content, item)
        .map_err(|error| syn::Error::new(error.span(), format!("{error}: {usage}")))?;
    if values.is_empty() {
        return Err(syn::Error::new(keyword.span(), format!("`{keyword}` is empty: {usage}")));
    }
    Ok(Argument { keyword: keyword.clone(), values: values.into_iter().collect() })
}

fn name(input: ParseStream<'_>, keyword: &Ident) -> syn::Result<Name> {
    let clients = if input.peek(syn::token::Paren) {
        const USAGE: &str = "write `name(\"package.Service\" = MyClient)`";
        let list = list(input, keyword, USAGE, |content| {
            let path = content.parse()?;
            content.parse::<Token![=]>()?;
            Ok((path, client_name(content, USAGE)?))
        })?;
        Names::OfServices(list.values)
    } else {
        let usage = "write `name = MyClient` or `name = \"MyClient\"`";
        input.parse::<Token![=]>().map_err(|error| syn::Error::new(error.span(), format!("{error}: {usage}")))?;
        Names::OfModule(client_name(input, usage)?)
    };
    Ok(Name { keyword: keyword.clone(), clients })
}

fn client_name(input: ParseStream<'_>, usage: &str) -> syn::Result<Ident> {
    if !input.peek(LitStr) {
        return input.parse().map_err(|error| syn::Error::new(error.span(), format!("{error}: {usage}")));
    }
    let text: LitStr = input.parse()?;
    let unlike = format!("`{}` is not a name for a type: {usage}", text.value());
    text.parse().map_err(|_| syn::Error::new(text.span(), unlike))
}

fn runtime(input: ParseStream<'_>) -> syn::Result<syn::Path> {
    let usage = "write `crate = path::to::auth_runtime`";
    let explain = |error: syn::Error| syn::Error::new(error.span(), format!("{error}: {usage}"));
    input.parse::<Token![=]>().map_err(explain)?;
    input.call(syn::Path::parse_mod_style).map_err(explain)
}

fn skip_to_comma(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<proc_macro2::TokenTree>()?;
    }
    Ok(())
}

fn skip_rest(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() {
        input.parse::<proc_macro2::TokenTree>()?;
    }
    Ok(())
}

/// Collects errors, so that one run of the compiler shows all of them.
#[derive(Default)]
pub(crate) struct Errors(Option<syn::Error>);

// === impl Errors ===

impl Errors {
    pub(crate) fn push(&mut self, error: syn::Error) {
        match &mut self.0 {
            Some(errors) => errors.combine(error),
            None => self.0 = Some(error),
        }
    }

    fn set<T>(&mut self, slot: &mut Option<T>, value: T, keyword: &Ident) {
        if slot.is_some() {
            self.push(syn::Error::new(
                keyword.span(),
                format!("duplicate argument `{keyword}`: write it once, with everything that belongs to it"),
            ));
        } else {
            *slot = Some(value);
        }
    }

    /// All errors so far, and one more.
    pub(crate) fn and(self, error: syn::Error) -> syn::Error {
        match self.0 {
            Some(mut errors) => {
                errors.combine(error);
                errors
            }
            None => error,
        }
    }

    pub(crate) fn into_result(self) -> syn::Result<()> {
        match self.0 {
            Some(errors) => Err(errors),
            None => Ok(()),
        }
    }
}
