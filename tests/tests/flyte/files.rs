//! Which file is read, and what happens if it cannot be.

use crate::support::{Surroundings, line};

fn endpoint(surroundings: &Surroundings) -> Option<String> {
    surroundings.config().endpoint().value().clone()
}

fn yaml(endpoint: &str) -> String {
    format!("admin:\n  endpoint: {endpoint}\n")
}

fn ini(endpoint: &str) -> String {
    format!("[platform]\nurl = {endpoint}\n")
}

#[test]
fn without_a_file_there_is_no_endpoint() {
    let config = Surroundings::new().config();
    assert_eq!((config.endpoint().value(), config.file()), (&None, None));
}

#[test]
fn files_are_looked_for_in_flytekits_order() {
    let mut surroundings = Surroundings::new();
    surroundings.write("home/.flyte/config.yaml", &yaml("usual"));
    assert_eq!(endpoint(&surroundings).as_deref(), Some("usual"));
    surroundings.write("home/.flyte/config", &ini("older"));
    assert_eq!(endpoint(&surroundings).as_deref(), Some("older"));
    surroundings.write("work/flytekit.config", &ini("nearby"));
    assert_eq!(endpoint(&surroundings).as_deref(), Some("nearby"));
    let named = surroundings.write("elsewhere/named.yml", &yaml("named"));
    surroundings = surroundings.set("FLYTECTL_CONFIG", named);
    assert_eq!(endpoint(&surroundings).as_deref(), Some("named"));
    let overriding = surroundings.write("elsewhere/overriding.yaml", &yaml("overriding"));
    surroundings = surroundings.set("_FLYTECTL_CONFIG_PYFLYTE_OVERRIDE", overriding);
    assert_eq!(endpoint(&surroundings).as_deref(), Some("overriding"));
}

#[test]
fn a_file_that_is_named_but_missing_is_an_error_and_no_other_is_taken() {
    let surroundings = Surroundings::new().set("FLYTECTL_CONFIG", "/nowhere/config.yaml");
    surroundings.write("home/.flyte/config.yaml", &yaml("another-installation"));
    let complaint = surroundings.complaint();
    assert!(complaint.contains("/nowhere/config.yaml, which the variable FLYTECTL_CONFIG names"), "{complaint}");
}

#[test]
fn malformed_yaml_names_file_and_line() {
    let surroundings = Surroundings::with_yaml("admin:\n  endpoint: a\n  insecure: [true\n  clientId: b\n");
    let complaint = surroundings.complaint();
    assert!(complaint.contains("config.yaml:4: it is not YAML"), "{complaint}");
}

#[test]
fn a_key_that_is_there_twice_is_malformed() {
    let complaint = Surroundings::with_yaml("admin:\n  clientId: a\n  clientId: b\n").complaint();
    assert!(complaint.contains("config.yaml:3: it is not YAML"), "{complaint}");
}

#[test]
fn a_file_without_sections_is_an_error() {
    assert!(Surroundings::with_yaml("- admin\n").complaint().contains("config.yaml:1: it has no sections"));
    let complaint = Surroundings::with_yaml("# settings\nadmin: localhost\n").complaint();
    assert!(complaint.contains("config.yaml:2: `admin` must be a section"), "{complaint}");
}

#[test]
fn an_empty_file_and_one_about_other_things_say_nothing() {
    for text in ["", "# nothing\n", "admin:\n", "logger:\n  show-source: true\n  level: 0\n", "---\n...\n"] {
        let config = Surroundings::with_yaml(text).config();
        assert_eq!((config.endpoint().value(), config.warnings()), (&None, &[][..]), "{text:?}");
    }
}

#[test]
fn what_is_no_text_is_an_error() {
    let surroundings = Surroundings::new();
    let path = surroundings.path("binary.yaml");
    std::fs::write(&path, [0xff, 0xfe, 0x00]).unwrap();
    let complaint = surroundings.set("FLYTECTL_CONFIG", path).complaint();
    assert!(complaint.contains("binary.yaml is not UTF-8"), "{complaint}");
}

#[test]
fn a_huge_file_is_not_read() {
    let complaint = Surroundings::with_yaml(&"# \n".repeat(400_000)).complaint();
    assert!(complaint.contains("has more than 1048576 bytes"), "{complaint}");
}

#[test]
fn a_file_that_nests_without_end_is_an_error() {
    let nested_by_aliases: String = (1..80).map(|n| format!("a{n}: &a{n} [*a{}]\n", n - 1)).collect();
    for text in [
        "- ".repeat(200_000),
        format!("admin: {}{}", "[".repeat(100), "]".repeat(100)),
        format!("admin: {}", "{a: ".repeat(70)),
        (0..70).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect(),
        format!("a0: &a0 []\n{nested_by_aliases}"),
    ] {
        let complaint = Surroundings::with_yaml(&text).complaint();
        assert!(complaint.contains(": it is nested too deep"), "{complaint}");
    }
}

#[test]
fn aliases_that_stand_for_more_than_a_whole_file_are_an_error() {
    let long = format!("a: &a {}\nadmin:\n  scopes: [{}]\n", "x".repeat(400_000), "*a,".repeat(100_000));
    let doubling: String = (1..40).map(|n| format!("a{n}: &a{n} [*a{}, *a{}]\n", n - 1, n - 1)).collect();
    for text in [long, format!("a0: &a0 x\n{doubling}")] {
        let complaint = Surroundings::with_yaml(&text).complaint();
        assert!(complaint.contains(": its aliases (`*`) stand for too much"), "{complaint}");
    }
}

#[test]
fn aliases_are_followed() {
    let config = Surroundings::with_yaml("all: &all [a, b]\nadmin: &admin\n  scopes: *all\nmore: *admin\n").config();
    assert_eq!(config.scopes().value(), &["a", "b"]);
}

#[test]
fn a_folder_instead_of_a_file_is_an_error() {
    let surroundings = Surroundings::new();
    let folder = surroundings.path("home");
    std::fs::create_dir_all(&folder).unwrap();
    let complaint = surroundings.set("FLYTECTL_CONFIG", folder).complaint();
    assert!(complaint.contains("cannot be read"), "{complaint}");
}

#[test]
fn unknown_keys_are_warnings_that_name_what_was_meant() {
    let config =
        Surroundings::with_yaml("admin:\n  endpoint: a\n  clientid: b\n  tokenURI: c\n  colour: red\n").config();
    assert_eq!(config.client_id().value().as_deref(), Some("b"), "the case does not count");
    let [token, colour] = config.warnings() else { panic!("{:?}", config.warnings()) };
    assert!(token.contains("config.yaml:4: the key `admin.tokenURI` is not known"), "{token}");
    assert!(token.contains("did you mean `admin.tokenUrl`?"), "{token}");
    assert!(colour.contains("config.yaml:5: the key `admin.colour` is not known and has no effect"), "{colour}");
    assert!(!colour.contains("did you mean"), "{colour}");
}

#[test]
fn flytekits_older_format_is_read() {
    let surroundings = Surroundings::new();
    surroundings.write(
        "home/.flyte/config",
        "; flytekit\n[sdk]\nworkflow_packages = a\n  b\n[platform]\nurl: dns:///flyte.example.com\nINSECURE = yes\n\
         console_endpoint = http://console\n[credentials]\nauth_mode = standard\nscopes = a,\n  b\ncolour = red\n",
    );
    let config = surroundings.config();
    assert_eq!(config.endpoint_url().as_deref(), Some("http://flyte.example.com"));
    assert_eq!(line(config.insecure().origin()), Some(7));
    assert_eq!(config.scopes().value(), &["a", "b"]);
    let [colour] = config.warnings() else { panic!("{:?}", config.warnings()) };
    assert!(colour.contains("config:13: the key `credentials.colour`"), "{colour}");
}

#[test]
fn malformed_ini_names_file_and_line() {
    for (text, expected) in [
        ("url = a\n", "flytekit.config:1: a section such as `platform`, in brackets, must come before it"),
        ("[platform]\n\nurl\n", "flytekit.config:3: it is neither a section nor `option = value`"),
        ("[platform]\nurl = a\nurl = b\n", "flytekit.config:3: `platform.url` is set a second time"),
    ] {
        let surroundings = Surroundings::new();
        surroundings.write("work/flytekit.config", text);
        let complaint = surroundings.complaint();
        assert!(complaint.contains(expected), "{complaint}");
    }
}
