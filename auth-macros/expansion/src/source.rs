//! A client module, taken apart only as far as it has to be read.
//!
//! Most of what tonic generates are function bodies. Parsing them would take the compiler longer than everything else
//! that the attribute does, so they stay tokens, and so does whatever is not asked for.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::{Attribute, ImplItemFn, ItemImpl, ItemStruct, Token, Visibility};

/// `#[..] pub mod name { .. }`
pub(crate) struct Module {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) ident: Ident,
    content: Group,
}

/// An item, or a function of an `impl`, that is known by its keyword.
pub(crate) struct Item {
    /// `struct`, `impl`, `fn`, ...
    pub(crate) keyword: Ident,
    /// What stands right behind the keyword, if that is a name.
    pub(crate) name: Option<Ident>,
    /// All that stands before the body, attributes included.
    head: TokenStream,
    pub(crate) body: Option<Group>,
}

/// What stands before a module's braces.
struct ModuleHead {
    attributes: Vec<Attribute>,
    visibility: Visibility,
    ident: Ident,
}

// === impl Module ===

impl Module {
    /// `None` for anything but a module with its contents.
    pub(crate) fn split(item: TokenStream) -> Option<Self> {
        let mut tokens: Vec<_> = item.into_iter().collect();
        let Some(TokenTree::Group(content)) = tokens.pop() else { return None };
        if content.delimiter() != Delimiter::Brace {
            return None;
        }
        let ModuleHead { attributes, visibility, ident } = syn::parse2(tokens.into_iter().collect()).ok()?;
        Some(Self { attributes, visibility, ident, content })
    }

    pub(crate) fn content(&self) -> TokenStream {
        self.content.stream()
    }

    /// The module, with something added to the end of its contents.
    pub(crate) fn with(self, addition: TokenStream) -> TokenStream {
        let Self { attributes, visibility, ident, content } = self;
        let mut stream = content.stream();
        stream.extend(addition);
        let mut extended = Group::new(Delimiter::Brace, stream);
        extended.set_span(content.span());
        quote::quote!(#(#attributes)* #visibility mod #ident #extended)
    }
}

impl Parse for ModuleHead {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        input.parse::<Token![mod]>()?;
        Ok(Self { attributes, visibility, ident: input.parse()? })
    }
}

// === impl Item ===

impl Item {
    /// The items in a module, or the functions in an `impl`.
    pub(crate) fn all(content: TokenStream) -> Vec<Self> {
        let mut items = Vec::new();
        let mut head = Head::default();
        for token in content {
            let ends = match &token {
                TokenTree::Punct(punct) if punct.as_char() == ';' => true,
                TokenTree::Group(group) => group.delimiter() == Delimiter::Brace && head.ends_with_braces(),
                _ => false,
            };
            if !ends {
                head.push(token);
                continue;
            }
            let Head { tokens, keyword, name, .. } = std::mem::take(&mut head);
            let body = match token {
                TokenTree::Group(body) => Some(body),
                _ => None,
            };
            if let Some(keyword) = keyword {
                items.push(Self { keyword, name, head: tokens.into_iter().collect(), body });
            }
        }
        items
    }

    pub(crate) fn is(&self, keyword: &str) -> bool {
        self.keyword == keyword
    }

    /// The whole struct.
    pub(crate) fn structure(&self) -> syn::Result<ItemStruct> {
        let mut tokens = self.head.clone();
        match &self.body {
            Some(body) => body.to_tokens(&mut tokens),
            None => tokens.extend(quote::quote!(;)),
        }
        syn::parse2(tokens)
    }

    /// The `impl` without its functions.
    pub(crate) fn implementation(&self) -> syn::Result<ItemImpl> {
        syn::parse2(self.without_body())
    }

    /// The function without its body.
    pub(crate) fn function(&self) -> syn::Result<ImplItemFn> {
        ImplItemFn::parse.parse2(self.without_body())
    }

    /// What stands in a function's body.
    pub(crate) fn statements(&self) -> TokenStream {
        self.body.as_ref().map(Group::stream).unwrap_or_default()
    }

    /// Whether this may be a function that takes `&mut self`.
    pub(crate) fn may_take_self_mutably(&self) -> bool {
        let arguments = self.head.clone().into_iter().find_map(|token| match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => Some(group.stream()),
            _ => None,
        });
        arguments.and_then(|arguments| arguments.into_iter().next()).is_some_and(|first| is_punct(&first, '&'))
    }

    /// Whether the name stands anywhere before the body.
    pub(crate) fn names(&self, name: &Ident) -> bool {
        contains(name, self.head.clone())
    }

    fn without_body(&self) -> TokenStream {
        let head = &self.head;
        quote::quote!(#head {})
    }
}

/// What has been seen of an item.
#[derive(Default)]
struct Head {
    tokens: Vec<TokenTree>,
    keyword: Option<Ident>,
    name: Option<Ident>,
    /// Behind the `#` of an attribute, whose brackets do not belong to the item itself.
    in_attribute: bool,
}

impl Head {
    fn push(&mut self, token: TokenTree) {
        let behind_keyword = match (&self.keyword, self.tokens.last()) {
            (Some(keyword), Some(TokenTree::Ident(last))) => keyword == last,
            _ => false,
        };
        match &token {
            TokenTree::Group(_) if self.in_attribute => {
                self.in_attribute = false;
                // `#![..]` is the module's, not the item's.
                if self.tokens.last().is_some_and(|last| is_punct(last, '!')) {
                    self.tokens.truncate(self.tokens.len() - 2);
                    return;
                }
            }
            TokenTree::Punct(punct) if punct.as_char() == '#' && self.keyword.is_none() => self.in_attribute = true,
            TokenTree::Ident(ident) if self.keyword.is_none() && !is_modifier(ident) => {
                self.keyword = Some(ident.clone());
            }
            TokenTree::Ident(ident) if behind_keyword => self.name = Some(ident.clone()),
            _ => {}
        }
        self.tokens.push(token);
    }

    /// Whether braces end the item, and are not a part of what ends with a semicolon.
    fn ends_with_braces(&self) -> bool {
        let semicolon = ["use", "static", "type", "let"];
        self.keyword.as_ref().is_some_and(|keyword| !semicolon.iter().any(|known| keyword == known))
    }
}

fn contains(name: &Ident, tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == *name,
        TokenTree::Group(group) => contains(name, group.stream()),
        _ => false,
    })
}

/// Whether the name stands anywhere without a path before it, so that the module says what it means. Before `=` it is an
/// associated type of what stands around it.
pub(crate) fn names_without_path(name: &Ident, tokens: TokenStream) -> bool {
    let mut tokens = tokens.into_iter().peekable();
    let (mut colon, mut behind_path) = (false, false);
    while let Some(token) = tokens.next() {
        let is_colon = is_punct(&token, ':');
        let found = match token {
            TokenTree::Ident(ident) => {
                let associated = tokens.peek().is_some_and(|next| is_punct(next, '='));
                ident == *name && !behind_path && !associated
            }
            TokenTree::Group(group) => names_without_path(name, group.stream()),
            _ => false,
        };
        if found {
            return true;
        }
        behind_path = colon && is_colon;
        colon = is_colon;
    }
    false
}

/// What may stand before the keyword of an item.
fn is_modifier(ident: &Ident) -> bool {
    ["pub", "async", "unsafe", "const", "extern", "default"].iter().any(|modifier| ident == modifier)
}

fn is_punct(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == character)
}
