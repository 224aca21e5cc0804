//! Writes Rust that calls each method of the authenticated clients; it compiles only if each is there and of the right kind.

use std::cell::RefCell;
use std::error::Error;
use std::path::Path;
use std::rc::Rc;
use std::{env, fs};

use prost_build::{Config, Service, ServiceGenerator};
use prost_types::FileDescriptorSet;

/// Writes the function `generated_methods`, to be included by a test that has the helpers `unary`,
/// `server_streaming`, `client_streaming` and `bidi_streaming`.
pub(crate) fn write(source: &str, descriptors: FileDescriptorSet, file: &Path) -> Result<(), Box<dyn Error>> {
    let calls = Rc::new(RefCell::new(Vec::new()));
    let scratch = Path::new(&env::var("OUT_DIR")?).join("scratch");
    fs::create_dir_all(&scratch)?;
    // prost knows the Rust names; its own output is not wanted a second time.
    Config::new()
        .service_generator(Box::new(Recorder { source: source.to_owned(), calls: Rc::clone(&calls) }))
        .out_dir(scratch)
        .compile_fds(descriptors)?;

    let calls = calls.borrow().join("\n");
    fs::write(
        file,
        format!("pub(super) fn generated_methods() -> Vec<GeneratedMethod> {{\n    vec![\n{calls}\n    ]\n}}\n"),
    )?;
    Ok(())
}

struct Recorder {
    source: String,
    calls: Rc<RefCell<Vec<String>>>,
}

impl ServiceGenerator for Recorder {
    fn generate(&mut self, service: Service, _: &mut String) {
        let package = service.package.replace('.', "::");
        let module = tonic_module_name(&service.name);
        let client = format!(
            "::whole_flyteidl::{}::{package}::{module}_client::Authenticated{}Client",
            self.source, service.name,
        );
        for method in &service.methods {
            let kind = match (method.client_streaming, method.server_streaming) {
                (false, false) => "unary",
                (false, true) => "server_streaming",
                (true, false) => "client_streaming",
                (true, true) => "bidi_streaming",
            };
            let path = format!("{}.{}/{}", service.package, service.proto_name, method.proto_name);
            self.calls.borrow_mut().push(format!(
                "        {kind}({path:?}, async |client: &{client}, request| client.{}(request).await),",
                method.name,
            ));
        }
    }
}

/// tonic's own rule, which is not prost's: an underscore before every capital letter.
fn tonic_module_name(service: &str) -> String {
    let mut name = String::new();
    for (position, letter) in service.char_indices() {
        if letter.is_uppercase() && position > 0 {
            name.push('_');
        }
        name.extend(letter.to_lowercase());
    }
    name
}
