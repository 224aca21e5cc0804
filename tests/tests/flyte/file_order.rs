//! Which of the files is read: flytekit's order and Flyte 2's.

use auth_runtime::flyte::{AuthType, Origin};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::support::Surroundings;

fn yaml(endpoint: &str) -> String {
    format!("admin:\n  endpoint: {endpoint}\n")
}

fn endpoint(surroundings: &Surroundings) -> String {
    surroundings.config().endpoint().value().clone().unwrap()
}

#[test]
fn files_are_looked_for_in_flyte_2s_order() {
    let mut surroundings = Surroundings::new().running_in("work/deep");
    surroundings.write("work/.git/HEAD", "");
    surroundings.write("home/.flyte/config.yaml", &yaml("home"));
    assert_eq!(endpoint(&surroundings), "home");
    surroundings.write("home/.union/config.yaml", &yaml("union"));
    assert_eq!(endpoint(&surroundings), "union");
    for variable in ["FLYTECTL_CONFIG", "UCTL_CONFIG"] {
        let named = surroundings.write(&format!("{variable}.yaml"), &yaml(variable));
        surroundings = surroundings.set(variable, named);
        assert_eq!(endpoint(&surroundings), variable);
    }
    for (path, name) in [
        ("work/.flyte/config.yaml", "root"),
        ("work/deep/.flyte/config.yaml", "folder"),
        ("work/deep/config.yaml", "file"),
    ] {
        surroundings.write(path, &yaml(name));
        assert_eq!(endpoint(&surroundings), name);
        let warnings = surroundings.config().warnings().join("\n");
        assert!(warnings.contains(path) && warnings.contains("the variable UCTL_CONFIG names"), "{warnings}");
    }
    let overriding = surroundings.write("overriding.yaml", &yaml("overriding"));
    assert_eq!(endpoint(&surroundings.set("_FLYTECTL_CONFIG_PYFLYTE_OVERRIDE", overriding)), "overriding");
}

#[test]
fn at_home_the_users_own_file_comes_in_its_turn() {
    for directory in ["home", "home/.flyte", "home/deep"] {
        let surroundings = Surroundings::new().running_in(directory);
        surroundings.write("home/.git/HEAD", "");
        surroundings.write("home/.flyte/config.yaml", &yaml("home"));
        assert_eq!(endpoint(&surroundings), "home", "{directory}");
        let named = surroundings.write("named.yaml", &yaml("named"));
        let config = surroundings.set("FLYTECTL_CONFIG", named).config();
        assert_eq!(config.endpoint().value().as_deref(), Some("named"), "{directory}");
        assert!(config.warnings().is_empty());
    }
}

#[test]
fn a_config_yaml_of_another_program_is_passed_over() {
    for (text, warned) in [
        ("server:\n  port: 80\n", false),
        ("", false),
        ("- a\n- b\n", true),
        ("{{ template }}\n  : [\n", true),
        ("task:\n  project: mine\n", false),
    ] {
        let surroundings = Surroundings::new();
        surroundings.write("home/.flyte/config.yaml", &yaml("home"));
        surroundings.write("work/config.yaml", text);
        let config = surroundings.config();
        assert_eq!(config.endpoint().value().as_deref(), Some("home"), "{text:?}");
        let warnings = config.warnings();
        assert_eq!(warnings.len(), usize::from(warned), "{warnings:?}");
        assert!(warnings.iter().all(|warning| warning.contains("passed over")), "{warnings:?}");
    }
}

#[test]
fn a_malformed_file_of_flytes_own_place_is_an_error() {
    let surroundings = Surroundings::new();
    surroundings.write("home/.flyte/config.yaml", &yaml("home"));
    surroundings.write("work/.flyte/config.yaml", "admin: [\n");
    assert!(surroundings.complaint().contains("config.yaml:"), "no other installation's is taken");
}

#[test]
fn the_root_of_a_repository_is_found_without_running_git() {
    let surroundings = Surroundings::new().running_in("work/deep/below");
    surroundings.write("home/.flyte/config.yaml", &yaml("home"));
    surroundings.write("work/.flyte/config.yaml", &yaml("root"));
    assert_eq!(endpoint(&surroundings), "home", "no repository");
    // A worktree or a submodule has a file there. Git would run what this one configures.
    surroundings.write("work/.git", "gitdir: ../elsewhere\n");
    assert_eq!(endpoint(&surroundings), "root");
    surroundings.write("work/deep/.git/config", "[core]\n  fsmonitor = touch mark\n");
    assert_eq!(endpoint(&surroundings), "home", "the nearest repository counts, which has no such file");
    assert!(!surroundings.path("work/deep/mark").exists());
}

#[test]
fn our_own_file_lies_beside_the_shared_one_and_wins_over_it() {
    let own = "admin:\n  issuer: https://idp.example\n  endpoint: of-our-own\n";
    for shared in ["home/.flyte/config.yaml", "home/.union/config.yaml", "home/.flyte/config", "named/any.yaml"] {
        let mut surroundings = Surroundings::new();
        let text = if shared.ends_with("yaml") { yaml("shared") } else { "[platform]\nurl = shared\n".to_owned() };
        let path = surroundings.write(shared, &text);
        if shared.starts_with("named") {
            surroundings = surroundings.set("FLYTECTL_CONFIG", &path);
        }
        assert_eq!(endpoint(&surroundings), "shared");
        let beside = path.with_file_name("auth-runtime.yaml");
        std::fs::write(&beside, own).unwrap();
        let config = surroundings.config();
        assert_eq!(config.issuer().value().as_deref(), Some("https://idp.example"));
        assert_eq!(config.issuer().origin(), &Origin::File { path: beside.clone(), line: 2 });
        assert_eq!(config.endpoint().value().as_deref(), Some("of-our-own"));
        assert_eq!((config.file(), config.own_file()), (Some(path.as_path()), Some(beside.as_path())));
        let variable = surroundings.set("FLYTE_ADMIN_ISSUER", "https://other.example").config();
        assert_eq!(variable.issuer().value().as_deref(), Some("https://other.example"));
    }
    let alone = Surroundings::new();
    alone.write("home/.flyte/auth-runtime.yaml", own);
    assert_eq!(endpoint(&alone), "of-our-own");
    alone.write("home/.flyte/auth-runtime.yaml", "admin:\n  issuer: [\n");
    assert!(alone.complaint().contains("auth-runtime.yaml:"));
}

#[test]
fn the_variables_of_flyte_2s_pods_are_read() {
    let pod = || {
        Surroundings::new()
            .set("_U_EP_OVERRIDE", "dns:///flyte.internal:81")
            .set("_U_INSECURE", "true")
            .set("_U_INSECURE_SKIP_VERIFY", "1")
            .set("_U_ORG_NAME", "org")
    };
    let config = pod().config();
    assert_eq!(config.endpoint_url().as_deref(), Some("http://flyte.internal:81"));
    assert_eq!((*config.insecure().value(), *config.insecure_skip_verify().value()), (true, true));
    assert_eq!(config.organization().value().as_deref(), Some("org"));

    // Flyte 2 reads the last three as switches, and none of the two beside a file that is named.
    let off = pod().set("_U_INSECURE", "false").set("FLYTE_ADMIN_INSECURE", "true").config();
    assert_eq!(off.insecure().origin(), &Origin::Variable("FLYTE_ADMIN_INSECURE".to_owned()));
    let surroundings = pod();
    let named = surroundings.write("mounted.yaml", "admin:\n  endpoint: file\n  insecure: false\ntask:\n  org: file\n");
    let named = surroundings.set("UCTL_CONFIG", named).config();
    assert_eq!(named.endpoint_url().as_deref(), Some("https://flyte.internal:81"));
    assert_eq!((*named.insecure().value(), *named.insecure_skip_verify().value()), (false, false));
    assert_eq!(named.organization().value().as_deref(), Some("org"));

    // A task's own files say nothing about the cluster.
    let task = pod();
    task.write("work/config.yaml", "admin:\n  clientId: of-the-task\n  command: [touch, mark]\n");
    task.write("work/flytekit.config", "[credentials]\ncommand = touch\n");
    assert!(!task.config().client_id().is_set());
}

#[test]
fn in_a_pod_a_named_file_comes_first_then_the_variable_and_then_the_injected_key() {
    for injected in ["_UNION_EAGER_API_KEY", "EAGER_API_KEY"] {
        let pod = || Surroundings::new().set(injected, STANDARD.encode("key.example:id:secret:key-org"));
        let key = pod().config();
        assert_eq!(key.endpoint_url().as_deref(), Some("https://key.example"));
        assert_eq!(key.organization().value().as_deref(), Some("key-org"));
        assert!(key.warnings().is_empty());

        let by_variable = pod().set("FLYTE_AUTH_TYPE", "Passthrough").set("_U_EP_OVERRIDE", "pod.example").config();
        assert_eq!(by_variable.auth_type().value(), &AuthType::Passthrough);
        assert_eq!(by_variable.endpoint_url().as_deref(), Some("https://pod.example"));
        let [warning] = by_variable.warnings() else { panic!("{:?}", by_variable.warnings()) };
        assert!(warning.contains(injected) && warning.contains("FLYTE_AUTH_TYPE says how to log in"), "{warning}");

        for variable in ["UCTL_CONFIG", "FLYTECTL_CONFIG"] {
            let surroundings = pod().set("FLYTE_AUTH_TYPE", "Passthrough");
            let file = surroundings.write("mounted.yaml", "admin:\n  endpoint: file.example\n  clientId: file\n");
            let by_file = surroundings.set(variable, file).config();
            assert_eq!(by_file.endpoint_url().as_deref(), Some("https://file.example"));
            assert_eq!(by_file.client_id().value().as_deref(), Some("file"));
            let [warning] = by_file.warnings() else { panic!("{:?}", by_file.warnings()) };
            assert!(warning.contains("the configuration file says how to log in"), "{warning}");
        }

        // A file that nobody named is overruled, and that is told.
        let surroundings = pod();
        surroundings.write("home/.flyte/config.yaml", &yaml("usual.example"));
        let config = surroundings.config();
        assert_eq!(config.endpoint_url().as_deref(), Some("https://key.example"));
        let [warning] = config.warnings() else { panic!("{:?}", config.warnings()) };
        assert!(warning.contains("config.yaml:2"), "{warning}");
    }
}

#[test]
fn a_key_that_a_person_sets_overrules_files_and_variables() {
    let surroundings = Surroundings::new()
        .set("FLYTE_API_KEY", STANDARD.encode("key.example:id:secret:None"))
        .set("FLYTE_AUTH_TYPE", "Passthrough");
    let file = surroundings.write("mounted.yaml", &yaml("file.example"));
    let config = surroundings.set("UCTL_CONFIG", file).config();
    assert_eq!(config.endpoint_url().as_deref(), Some("https://key.example"));
    assert_eq!(config.auth_type().value(), &AuthType::ClientSecret);
    assert!(!config.organization().is_set());
}
