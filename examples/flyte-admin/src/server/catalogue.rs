//! The tasks, workflows and launch plans that each project comes with.

use crate::proto::{
    admin::{LaunchPlan, LaunchPlanSpec, NamedEntityIdentifier, Task, Workflow},
    core::{Identifier, ResourceType},
};

fn identifier(resource_type: ResourceType, name: &str, place: &NamedEntityIdentifier) -> Identifier {
    Identifier {
        resource_type: resource_type.into(),
        project: place.project.clone(),
        domain: place.domain.clone(),
        name: name.into(),
        version: "v1".into(),
        org: place.org.clone(),
    }
}

pub(super) fn tasks(place: &NamedEntityIdentifier) -> Vec<Task> {
    let task = |name| Task {
        id: Some(identifier(ResourceType::Task, name, place)),
        short_description: "a step of the training".into(),
    };
    ["train.prepare", "train.fit"].map(task).into()
}

pub(super) fn workflows(place: &NamedEntityIdentifier) -> Vec<Workflow> {
    let id = Some(identifier(ResourceType::Workflow, "train.pipeline", place));
    vec![Workflow { id, short_description: "the training".into() }]
}

pub(super) fn launch_plans(place: &NamedEntityIdentifier) -> Vec<LaunchPlan> {
    let workflow_id = Some(identifier(ResourceType::Workflow, "train.pipeline", place));
    let id = Some(identifier(ResourceType::LaunchPlan, "train.pipeline", place));
    vec![LaunchPlan { id, spec: Some(LaunchPlanSpec { workflow_id }) }]
}
