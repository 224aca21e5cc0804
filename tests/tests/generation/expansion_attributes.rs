//! What happens when the attribute comes twice, and that an error never takes the user's item away.

#![allow(clippy::unwrap_used, reason = "a failed test panics")]

use auth_macros_expansion::authenticated_client;
use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::{ImplItem, Item, ItemMod, Visibility, parse_quote};

const GENERATED: &str = include_str!(concat!(env!("OUT_DIR"), "/shapes/root/_.rs"));
const ATTRIBUTE: &str = "#[::auth_runtime::authenticated_client(unauthenticated(\"Root/Version\"))]";

/// tonic's module, without the attribute.
fn module() -> ItemMod {
    let file = syn::parse_file(&GENERATED.replace(ATTRIBUTE, "")).unwrap();
    let module = file.items.into_iter().find_map(|item| match item {
        Item::Mod(module) if module.ident == "root_client" => Some(module),
        _ => None,
    });
    module.unwrap()
}

/// What remains of `expanded` when the authenticated client is taken away again.
fn without_client(expanded: TokenStream) -> String {
    let mut module: ItemMod = syn::parse2(expanded).unwrap();
    let (_, items) = module.content.as_mut().unwrap();
    // It begins with the runtime's name, and nothing of tonic's follows it.
    let begin = items.iter().position(|item| item.to_token_stream().to_string().contains("__private"));
    items.truncate(begin.unwrap());
    module.to_token_stream().to_string()
}

#[test]
fn tonics_module_comes_back_as_it_was_with_the_authenticated_client_inside() {
    let module = module();
    let expanded = authenticated_client(quote!(), module.to_token_stream());
    assert_eq!(without_client(expanded), module.to_token_stream().to_string());
}

#[test]
fn a_method_is_as_visible_as_tonics_and_there_on_the_same_conditions() {
    let mut module = module();
    let (_, items) = module.content.as_mut().unwrap();
    for item in items {
        let Item::Impl(implementation) = item else { continue };
        implementation.attrs.push(parse_quote!(#[cfg(first)]));
        implementation
            .attrs
            .push(parse_quote!(#[cfg_attr(second, cfg(third), allow(deprecated), cfg_attr(fourth, cfg(fifth)))]));
        for item in &mut implementation.items {
            match item {
                ImplItem::Fn(function) if function.sig.ident == "version" => function.vis = Visibility::Inherited,
                _ => {}
            }
        }
    }
    let expanded = authenticated_client(quote!(), module.to_token_stream()).to_string();
    let conditions = quote! {
        #[cfg(first)]
        #[cfg(any(not(second), third))]
        #[cfg(any(not(second), any(not(fourth), fifth)))]
        #[inline]
        fn version
    };
    assert!(expanded.contains(&conditions.to_string()), "{expanded}");
}

#[test]
fn a_second_attribute_that_says_the_same_or_nothing_is_harmless() {
    let once = crate::expanded(GENERATED).unwrap().remove(0).to_token_stream().to_string();
    let empty = "#[::auth_runtime::authenticated_client]";
    for attributes in [
        format!("{ATTRIBUTE} {ATTRIBUTE}"),
        format!("{ATTRIBUTE} {empty}"),
        format!("{empty} {ATTRIBUTE}"),
        format!("{empty} {empty} {ATTRIBUTE} {ATTRIBUTE}"),
    ] {
        let [client] = crate::expanded(&GENERATED.replace(ATTRIBUTE, &attributes)).unwrap().try_into().unwrap();
        assert_eq!(client.to_token_stream().to_string(), once, "{attributes}");
    }
    let settings = quote!(unauthenticated("Root/Version"));
    let mut module = module();
    module.attrs.push(parse_quote!(#[auth_runtime::authenticated_client(#settings)]));
    let expanded = authenticated_client(settings, module.to_token_stream()).to_string();
    assert_eq!(expanded.matches("struct AuthenticatedRootClient").count(), 1);
    assert!(!expanded.contains("authenticated_client ("));
}

#[test]
fn a_second_attribute_that_says_something_else_is_an_error() {
    let other = "#[::auth_runtime::authenticated_client(no_replay(\"Root\"))]";
    let error =
        crate::expanded(&GENERATED.replace(ATTRIBUTE, &format!("{ATTRIBUTE} {other}"))).unwrap_err().to_string();
    assert!(error.contains("put all arguments into one"), "{error}");
}

#[test]
fn on_an_error_the_item_comes_back_untouched() {
    let items = [
        quote!(
            fn function(argument: u8) -> u8 {
                argument
            }
        ),
        quote!(
            enum Enum {
                One,
            }
        ),
        quote!(
            pub struct Unit;
        ),
        quote!(
            mod elsewhere;
        ),
        quote!(
            pub mod without_client {
                pub struct Other;
            }
        ),
        quote!(let not_an_item = 1;),
        quote!(
            #[derive(Clone)]
            pub struct CallsClient<T> {
                inner: tonic::client::Grpc<T>,
            }
        ),
        module().to_token_stream(),
    ];
    for item in items {
        let expanded = authenticated_client(quote!(unknown), item.clone()).to_string();
        let rest = expanded.strip_prefix(&item.to_string()).unwrap_or_else(|| panic!("{item}: {expanded}"));
        assert!(rest.trim().starts_with(":: core :: compile_error ! {"), "{item}: {rest}");
    }
}
