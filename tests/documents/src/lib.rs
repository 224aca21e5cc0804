//! The code that README and docs/ print, where no example has it. `house::blocks` finds each block here, as it stands.
#![allow(missing_docs, missing_debug_implementations, reason = "what is printed is a reader's own program")]

pub mod etcd;
pub mod flyte;
pub mod login;
pub mod migration;

#[allow(unreachable_pub, reason = "tonic generates for libraries")]
pub mod helloworld {
    tonic::include_proto!("helloworld");
}

pub mod flyteidl {
    pub mod core {
        tonic::include_proto!("flyteidl.core");
    }
    pub mod admin {
        tonic::include_proto!("flyteidl.admin");
    }
    pub mod service {
        tonic::include_proto!("flyteidl.service");
    }
}
