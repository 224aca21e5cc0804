//! tonic's generated client module into the model. What tonic generates is known here and nowhere else.
//!
//! The shape of that code is no stable interface of tonic. So everything that is read is checked, and whatever cannot
//! be read is an error that names the supported versions: a method is never silently left out.

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::Parser as _;
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Expr, Fields, FnArg, GenericArgument, GenericParam, Ident, ImplItemFn, ItemImpl, ItemStruct, LitStr,
    PathArguments, ReceiverKind, ReturnType, Token, Type, TypeParamBound,
};

use crate::args::Errors;
use crate::conditions;
use crate::model::{Client, Method, RpcKind};
use crate::refusal;
use crate::settings::MethodSettings;
use crate::source::{Item, Module};

/// The versions of tonic-build whose output can be read.
pub const SUPPORTED_TONIC: &str = ">=0.14.2, <0.15";

/// Reads the one client in a module.
pub(crate) fn client(module: &Module, items: &[Item]) -> syn::Result<Client> {
    let structure = client_struct(module, items)?;
    let mut errors = Errors::default();
    let mut methods = Vec::new();
    let mut own = Vec::new();
    let mut has_transport = false;
    for item in items.iter().filter(|item| item.is("impl")) {
        let implementation = item.implementation()?;
        if !is_inherent_impl_of(&implementation, &structure.ident) {
            continue;
        }
        let conditions = conditions::of(&implementation.attrs);
        for item in Item::all(item.statements()).iter().filter(|item| item.is("fn")) {
            if item.may_take_self_mutably() {
                let function = item.function()?;
                if takes_self_mutably(&function) {
                    match method(&function, item.statements()) {
                        Ok((service, mut method)) => {
                            method.attributes.extend(conditions.iter().cloned());
                            methods.push((service, method));
                        }
                        Err(error) => errors.push(error),
                    }
                    continue;
                }
            }
            let Some(name) = &item.name else { continue };
            if name == "connect" {
                has_transport = type_argument(&implementation.self_ty).is_some_and(is_tonics_channel);
            }
            own.push(name.clone());
        }
    }
    for (_, method) in methods.iter().filter(|(_, method)| own.contains(&method.ident)) {
        errors.push(refusal::name_of_tonic(&method.ident, &method.name));
    }
    errors.into_result()?;

    // Each method has exactly one path. More paths than methods are methods in a shape that was not recognised above.
    let paths = path_literals(module.content());
    if paths.len() != methods.len() {
        let problem = format!("it has {} gRPC paths, but {} methods could be read", paths.len(), methods.len());
        return Err(unreadable(&structure.ident, &problem));
    }
    let service = one_service(&structure.ident, &methods)?;
    let methods = methods.into_iter().map(|(_, method)| method).collect();

    Ok(Client {
        attributes: carried(&structure.attrs),
        visibility: structure.vis.clone(),
        ident: structure.ident.clone(),
        has_transport,
        service,
        default_host: None,
        methods,
    })
}

/// Whether a struct is one of tonic's clients: `struct XClient<T> { inner: tonic::client::Grpc<T> }`.
pub(crate) fn is_client_struct(structure: &ItemStruct) -> bool {
    let Fields::Named(fields) = &structure.fields else { return false };
    let (Some(field), 1) = (fields.named.first(), fields.named.len()) else { return false };
    let mut parameters = structure.generics.params.iter();
    let (Some(GenericParam::Type(transport)), None) = (parameters.next(), parameters.next()) else { return false };
    match arguments_of(&field.ty, &["client", "Grpc"]) {
        Some(Type::Path(argument)) => argument.path.is_ident(&transport.ident),
        _ => false,
    }
}

fn client_struct(module: &Module, items: &[Item]) -> syn::Result<ItemStruct> {
    let structs =
        items.iter().filter(|item| item.is("struct")).map(Item::structure).collect::<syn::Result<Vec<_>>>()?;
    let (mut clients, others): (Vec<_>, Vec<_>) = structs.into_iter().partition(is_client_struct);
    if let [_, second, ..] = clients.as_slice() {
        return Err(refusal::second_client(&second.ident));
    }
    clients.pop().ok_or_else(|| match others.iter().find(|other| other.ident.to_string().ends_with("Client")) {
        Some(other) => unreadable(&other.ident, "it is not a struct of one `tonic::client::Grpc<T>`"),
        None => refusal::module_without_client(module),
    })
}

fn is_inherent_impl_of(implementation: &ItemImpl, client: &Ident) -> bool {
    match (&implementation.trait_, &*implementation.self_ty) {
        (None, Type::Path(this)) => {
            this.path.segments.last().is_some_and(|segment| segment.ident.unraw() == client.unraw())
        }
        _ => false,
    }
}

/// Of all that tonic generates in a client only the methods of the service take `&mut self`.
fn takes_self_mutably(function: &ImplItemFn) -> bool {
    function.sig.receiver().is_some_and(|receiver| matches!(receiver.kind, ReceiverKind::Reference(_, _, Some(_))))
}

/// Reads one method, and the service that its path names. Its body stands beside it.
fn method(function: &ImplItemFn, body: TokenStream) -> syn::Result<(String, Method)> {
    let signature = &function.sig;
    let unreadable = |problem: &str| unreadable(&signature.ident, problem);
    if signature.asyncness.is_none() {
        return Err(unreadable("it is not `async`"));
    }
    let (Some(FnArg::Typed(request)), 2) = (signature.inputs.iter().nth(1), signature.inputs.len()) else {
        return Err(unreadable("it does not take one request"));
    };
    let (request, client_streaming) = request_message(&request.ty)
        .ok_or_else(|| unreadable("its request is neither `IntoRequest<M>` nor `IntoStreamingRequest<Message = M>`"))?;
    let response = match &signature.output {
        ReturnType::Type(_, response) => response,
        ReturnType::Default => return Err(unreadable("it returns nothing")),
    };
    let (response, server_streaming) = response_message(response)
        .ok_or_else(|| unreadable("it does not return `Result<tonic::Response<_>, tonic::Status>`"))?;
    let (kind, call) = match (client_streaming, server_streaming) {
        (false, false) => (RpcKind::Unary, "unary"),
        (false, true) => (RpcKind::ServerStreaming, "server_streaming"),
        (true, false) => (RpcKind::ClientStreaming, "client_streaming"),
        (true, true) => (RpcKind::BidiStreaming, "streaming"),
    };
    if !contains_call(body.clone(), call) {
        return Err(unreadable(&format!("its types say that it calls `{call}`, and its body does not")));
    }
    let codec =
        codec(body.clone()).ok_or_else(|| unreadable("its body does not begin its call with `let codec = ..`"))?;
    let [path] = path_literals(body).try_into().map_err(|_| unreadable("its body does not contain one gRPC path"))?;
    let (service, name) = path
        .value()
        .strip_prefix('/')
        .and_then(|path| path.split_once('/'))
        .map(|(service, name)| (service.to_owned(), name.to_owned()))
        .ok_or_else(|| unreadable("its gRPC path is not `/package.Service/Method`"))?;

    let method = Method {
        attributes: carried(&function.attrs),
        visibility: function.vis.clone(),
        ident: signature.ident.clone(),
        kind,
        name,
        request: request.clone(),
        response: response.clone(),
        codec,
        settings: MethodSettings::default(),
    };
    Ok((service, method))
}

/// How the body makes its codec: `let codec = tonic_prost::ProstCodec::default();`.
fn codec(body: TokenStream) -> Option<Expr> {
    let tokens: Vec<_> = body.into_iter().collect();
    let is_let = |window: &[TokenTree]| match window {
        [TokenTree::Ident(keyword), TokenTree::Ident(name), TokenTree::Punct(equals)] => {
            keyword == "let" && name == "codec" && equals.as_char() == '='
        }
        _ => false,
    };
    let initializer = tokens.windows(3).position(is_let)? + 3;
    let ends = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ';');
    let expression = tokens.into_iter().skip(initializer).take_while(|token| !ends(token)).collect();
    syn::parse2(expression).ok()
}

fn one_service(client: &Ident, methods: &[(String, Method)]) -> syn::Result<Option<String>> {
    let mut services = methods.iter().map(|(service, _)| service);
    let Some(first) = services.next() else { return Ok(None) };
    match services.find(|service| *service != first) {
        None => Ok(Some(first.clone())),
        Some(other) => Err(unreadable(client, &format!("its methods are of two services, `{first}` and `{other}`"))),
    }
}

/// `M` of `impl tonic::IntoRequest<M>`, which is one message, or of `impl tonic::IntoStreamingRequest<Message = M>`,
/// which is a stream of them.
fn request_message(request: &Type) -> Option<(&Type, bool)> {
    let Type::ImplTrait(request) = request else { return None };
    let (Some(TypeParamBound::Trait(bound)), 1) = (request.bounds.first(), request.bounds.len()) else { return None };
    let segment = bound.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    let (Some(argument), 1) = (arguments.args.first(), arguments.args.len()) else { return None };
    match argument {
        GenericArgument::Type(message) if segment.ident == "IntoRequest" => Some((message, false)),
        GenericArgument::AssocType(message)
            if segment.ident == "IntoStreamingRequest" && message.ident == "Message" =>
        {
            Some((&message.ty, true))
        }
        _ => None,
    }
}

/// `M` of `Result<tonic::Response<M>, tonic::Status>`, which is one message, or of the same with
/// `tonic::codec::Streaming<M>`, which is a stream of them.
fn response_message(response: &Type) -> Option<(&Type, bool)> {
    let Type::Path(result) = response else { return None };
    let segment = result.path.segments.last().filter(|segment| segment.ident == "Result")?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    let (Some(GenericArgument::Type(response)), Some(GenericArgument::Type(status)), 2) =
        (arguments.args.first(), arguments.args.last(), arguments.args.len())
    else {
        return None;
    };
    let message = arguments_of(response, &["tonic", "Response"])?;
    if !matches!(status, Type::Path(status) if ends_with(&status.path, &["tonic", "Status"])) {
        return None;
    }
    Some(match arguments_of(message, &["codec", "Streaming"]) {
        Some(message) => (message, true),
        None => (message, false),
    })
}

fn is_tonics_channel(transport: &Type) -> bool {
    matches!(transport, Type::Path(path) if ends_with(&path.path, &["transport", "Channel"]))
}

/// The one type argument of a path that ends in the given names: `T` of `tonic::client::Grpc<T>`.
fn arguments_of<'a>(path: &'a Type, names: &[&str]) -> Option<&'a Type> {
    match path {
        Type::Path(typed) if ends_with(&typed.path, names) => type_argument(path),
        _ => None,
    }
}

fn type_argument(path: &Type) -> Option<&Type> {
    let Type::Path(path) = path else { return None };
    let PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else { return None };
    match (arguments.args.first(), arguments.args.len()) {
        (Some(GenericArgument::Type(argument)), 1) => Some(argument),
        _ => None,
    }
}

fn ends_with(path: &syn::Path, names: &[&str]) -> bool {
    let segments = path.segments.iter().rev().map(|segment| &segment.ident);
    path.segments.len() >= names.len() && segments.zip(names.iter().rev()).all(|(segment, name)| segment == name)
}

/// The attributes that hold for the authenticated client as well: documentation, conditions and deprecations.
fn carried(attributes: &[Attribute]) -> Vec<Attribute> {
    let as_it_is = |attribute: &&Attribute| ["doc", "deprecated"].iter().any(|name| attribute.path().is_ident(name));
    attributes.iter().filter(as_it_is).cloned().chain(conditions::of(attributes)).collect()
}

/// The literals in `PathAndQuery::from_static("..")`, at any depth.
fn path_literals(tokens: TokenStream) -> Vec<LitStr> {
    let mut literals = Vec::new();
    let mut after_from_static = false;
    for token in tokens {
        if let TokenTree::Group(group) = &token {
            let arguments = after_from_static
                .then(|| Punctuated::<LitStr, Token![,]>::parse_terminated.parse2(group.stream()).ok())
                .flatten();
            match arguments {
                Some(arguments) => literals.extend(arguments),
                None => literals.extend(path_literals(group.stream())),
            }
        }
        after_from_static = matches!(&token, TokenTree::Ident(ident) if ident == "from_static");
    }
    literals
}

/// Whether the tokens contain `.name(`, at any depth.
fn contains_call(tokens: TokenStream, name: &str) -> bool {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let here = tokens.windows(3).any(|window| match window {
        [TokenTree::Punct(dot), TokenTree::Ident(ident), TokenTree::Group(_)] => dot.as_char() == '.' && ident == name,
        _ => false,
    });
    here || tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => contains_call(group.stream(), name),
        _ => false,
    })
}

/// tonic generated something else than what is known here.
fn unreadable(name: &Ident, problem: &str) -> syn::Error {
    syn::Error::new(
        name.span(),
        format!(
            "cannot read `{name}` as generated by tonic: {problem}; this version reads the clients of tonic-build \
             {SUPPORTED_TONIC}: use that for code generation, or update auth-runtime and build-support"
        ),
    )
}
