//! What a file of the working directory may say, and files that are believed like the user's own.

use std::path::PathBuf;

use auth_runtime::flyte::Origin;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use tests::peer::Peer;
use tonic::Code;

use crate::{
    attacker::{PLACES, hostile, run},
    connection::{Flyte, success},
    support::Surroundings,
};

#[tokio::test]
async fn an_endpoint_and_what_a_person_is_asked_may_stand_in_such_a_file() {
    for place in PLACES {
        let peer = Peer::answering([success()]);
        let yaml = format!(
            "admin:\n  endpoint: dns:///{}\n  insecure: true\n  authType: Pkce\n  publicClientId: tool\n  \
             scopes: [all]\n  audience: a\n  pkceConfig:\n    timeout: 3m\n  useAuth: true\n",
            peer.address()
        );
        let surroundings = hostile(place, &yaml);
        let config = surroundings.config();
        assert_eq!(config.public_client_id().value().as_deref(), Some("tool"));
        assert_eq!(run(&surroundings).await, Ok(Code::Ok), "{place:?}");
    }
}

#[tokio::test]
async fn the_users_secret_goes_to_the_endpoint_that_the_user_names_as_well() {
    let flyte = Flyte::start("flyte-authorization");
    for place in PLACES {
        let victim = Surroundings::new();
        let secret = victim.write("home/secret", &flyte.secret);
        let yaml = format!("admin:\n  endpoint: {}\n  clientId: my-service\n", flyte.peer.endpoint());
        let surroundings = hostile(place, &yaml)
            .set("FLYTE_PLATFORM_URL", flyte.peer.endpoint())
            .set("FLYTE_CREDENTIALS_CLIENT_SECRET_LOCATION", &secret);
        assert_eq!(run(&surroundings).await, Ok(Code::Ok), "{place:?}");

        // A key names its endpoint itself.
        let key = STANDARD.encode(format!("{}:my-service:{}:org", flyte.peer.endpoint(), flyte.secret));
        let surroundings = hostile(place, "admin:\n  endpoint: evil.example\n").set("FLYTE_API_KEY", key);
        assert_eq!(run(&surroundings).await, Ok(Code::Ok), "{place:?}");
    }
}

/// A file that has it all, of somebody who wrote it for themselves.
fn whole(flyte: &Flyte, surroundings: &Surroundings) -> (String, PathBuf) {
    let (secret, mark) = (surroundings.write("secret", &flyte.secret), surroundings.path("mark"));
    let script = format!("touch '{}'; echo proxy-token", mark.display());
    let yaml = format!(
        "admin:\n  endpoint: {}\n  clientId: my-service\n  clientSecretLocation: '{}'\n  tokenUrl: {}\n  \
         proxyCommand: [sh, -c, \"{script}\"]\n",
        flyte.peer.endpoint(),
        secret.display(),
        flyte.provider.url(),
    );
    (yaml, mark)
}

#[tokio::test]
async fn a_file_that_is_trusted_by_its_absolute_path_may_have_everything() {
    for (file, directory) in PLACES {
        for way in ["variable", "program"] {
            let flyte = Flyte::start("flyte-authorization");
            let owner = Surroundings::new();
            let (yaml, mark) = whole(&flyte, &owner);
            let mut surroundings = hostile((file, directory), &yaml);
            let path = surroundings.path(file);
            // Another one, and a relative path, are no yes to this one.
            for wrong in [owner.path("secret"), PathBuf::from(file), PathBuf::from("config.yaml")] {
                surroundings = surroundings.set("FLYTE_TRUSTED_CONFIG", &wrong).trusting(wrong);
                assert!(run(&surroundings).await.is_err(), "{file}");
                assert!(!mark.exists());
            }
            surroundings = match way {
                "variable" => {
                    let named = std::env::join_paths([PathBuf::from("/nowhere/config.yaml"), path]).unwrap();
                    surroundings.set("FLYTE_TRUSTED_CONFIG", named)
                }
                _ => surroundings.trusting(path),
            };
            assert_eq!(run(&surroundings).await, Ok(Code::Ok), "{file} {way}");
            assert!(mark.exists(), "the program ran");
            assert_eq!(flyte.provider.requests().len(), 1);
        }
    }
}

#[tokio::test]
async fn the_users_own_files_may_have_everything_wherever_the_program_runs() {
    for (file, directory) in [
        ("home/.flyte/config.yaml", "work"),
        ("home/.flyte/config.yaml", "home"),
        ("home/.flyte/config.yaml", "home/.flyte"),
        ("home/.flyte/config.yaml", "home/deep/below"),
        ("home/.union/config.yaml", "work"),
        ("home/.flyte/auth-runtime.yaml", "work"),
        ("work/config.yaml", "work"),
    ] {
        let flyte = Flyte::start("flyte-authorization");
        let owner = Surroundings::new();
        let (yaml, mark) = whole(&flyte, &owner);
        let mut surroundings = Surroundings::new();
        let path = surroundings.write(file, &yaml);
        // Many keep their home directory in a repository.
        surroundings.write("home/.git/HEAD", "");
        surroundings = surroundings.running_in(directory);
        if file == "work/config.yaml" {
            // In place of Flyte 2's own order, in which the variable would come later.
            surroundings = surroundings.set("_FLYTECTL_CONFIG_PYFLYTE_OVERRIDE", path);
        }
        assert_eq!(run(&surroundings).await, Ok(Code::Ok), "{file} {directory}");
        assert!(mark.exists(), "the program ran");
    }
}

#[test]
fn another_setting_for_an_endpoint_on_this_machine_is_the_files_own_affair() {
    for endpoint in ["localhost:30080", "dns:///localhost:30080", "127.0.0.1", "'[::1]:30080'"] {
        for key in ["insecure", "insecureSkipVerify"] {
            for place in PLACES {
                let config = hostile(place, &format!("admin:\n  endpoint: {endpoint}\n  {key}: true\n")).config();
                assert!(matches!(config.endpoint().origin(), Origin::File { line: 2, .. }));
                let elsewhere = format!("admin:\n  endpoint: localhost.evil.example\n  {key}: true\n");
                assert!(hostile(place, &elsewhere).complaint().contains(key), "{endpoint}");
            }
        }
    }
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_passed_over() {
    let surroundings = Surroundings::new();
    surroundings.write("home/.flyte/config.yaml", "admin:\n  endpoint: usual\n");
    surroundings.write("work/.flyte/readme", "");
    for pipe in ["work/config.yaml", "work/.flyte/config.yaml", "work/flytekit.config"] {
        let made = std::process::Command::new("mkfifo").arg(surroundings.path(pipe)).status().unwrap();
        assert!(made.success());
    }
    assert_eq!(surroundings.config().endpoint().value().as_deref(), Some("usual"));
}
