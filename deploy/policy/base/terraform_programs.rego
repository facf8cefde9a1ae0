# Terraform plans: the programs, and what they may do.
package tashika.base.terraform

import data.tashika.base.attribute
import data.tashika.base.denial
import data.tashika.parameters

container_apps contains {"address": resource.address, "template": template} if {
	some resource in of_type("azurerm_container_app")
	template := object.get(resource.planned, ["template", 0], {})
}

# METADATA
# title: Replicas have a bound
# description: Each replica is paid for, and a loop that starts them must end somewhere.
# custom:
#   id: terraform.replicas-are-bounded
#   severity: medium
#   remedy: Set `max_replicas` to at most the parameter `max_replicas`.
#   parameters: [max_replicas]
deny contains entry if {
	some app in container_apps
	template := app.template
	not attribute.is_at_most(template, "max_replicas", "max_replicas")
	text := sprintf("`max_replicas` is %v; at most %v.", [attribute.told(template, "max_replicas"), parameters.max_replicas])
	entry := denial.of(rego.metadata.rule(), app.address, text)
}

# METADATA
# title: No more workers than partitions
# description: A partition has one reader; a worker beyond their number waits, and is paid for.
# custom:
#   id: terraform.replicas-within-partitions
#   severity: medium
#   remedy: Set `max_replicas` of what Event Hubs scales to at most the hub's `partition_count`.
deny contains entry if {
	some app in container_apps
	some rule in app.template.custom_scale_rule
	rule.custom_rule_type == "azure-eventhub"
	some hub in of_type("azurerm_eventhub")
	hub.planned.name == rule.metadata.eventHubName
	not fits(app, hub)
	text := sprintf("It may have %v replicas; hub %s has %v partitions.", [
		attribute.told(app.template, "max_replicas"),
		hub.planned.name,
		attribute.told(hub.planned, "partition_count"),
	])
	entry := denial.of(rego.metadata.rule(), app.address, text)
}

fits(app, hub) if {
	is_number(app.template.max_replicas)
	app.template.max_replicas <= hub.planned.partition_count
}

containers contains {"address": app.address, "container": container} if {
	some app in container_apps
	some kind in ["container", "init_container"]
	some container in app.template[kind]
}

# METADATA
# title: A secret is not in the plan
# description: |
#   What a container finds in its environment under the name of a secret comes from the secret store, not from a value
#   that stands in plan and state.
# custom:
#   id: terraform.secret-is-not-in-plan
#   severity: high
#   remedy: Give the variable `secret_name`, or let the program read it from Vault.
deny contains entry if {
	some each in containers
	some variable in each.container.env
	regex.match(`(?i)(password|passwd|secret|token|key|connection_?string|credentials?)$`, variable.name)
	not object.get(variable, "value", null) in {"", null}
	entry := denial.of(rego.metadata.rule(), each.address, sprintf("The variable %s has its value in the plan.", [variable.name]))
}

# METADATA
# title: An image is one image
# description: What `latest` is today it is not tomorrow; a revision could not be rolled back to.
# custom:
#   id: terraform.image-is-pinned
#   severity: medium
#   remedy: Name the image with its digest (`@sha256:…`) or the tag of a release.
deny contains entry if {
	some each in containers
	container := each.container
	not is_pinned(container)
	text := sprintf("The container %v has the image %v.", [attribute.told(container, "name"), attribute.told(container, "image")])
	entry := denial.of(rego.metadata.rule(), each.address, text)
}

is_pinned(container) if regex.match(`@sha256:[0-9a-f]{64}$`, container.image)

is_pinned(container) if {
	regex.match(`:[^:/@]+$`, container.image)
	not regex.match(`:(latest|main|master|edge|nightly|dev)$`, container.image)
}

# METADATA
# title: A role is a narrow one
# description: Whoever gets into a program gets its roles. None needs to own or to change resources.
# custom:
#   id: terraform.role-is-narrow
#   severity: high
#   remedy: Assign one of the allowed roles (parameter `allowed_roles`), on the resource that it is for.
#   parameters: [allowed_roles]
deny contains entry if {
	some resource in of_type("azurerm_role_assignment")
	planned := resource.planned
	not attribute.is_among(planned, "role_definition_name", "allowed_roles")
	text := sprintf("The role is %v; allowed are %s.", [attribute.told(planned, "role_definition_name"), attribute.listed("allowed_roles")])
	entry := denial.of(rego.metadata.rule(), resource.address, text)
}

# METADATA
# title: A role is not of a whole subscription
# description: A role on the subscription is a role on everything that will ever be in it.
# custom:
#   id: terraform.role-is-of-a-resource
#   severity: high
#   remedy: Set `scope` to the id of the resource.
deny contains entry if {
	some resource in of_type("azurerm_role_assignment")
	regex.match(`(?i)^/?(subscriptions/[^/]+/?)?$|^/?providers/microsoft\.management/`, resource.planned.scope)
	entry := denial.of(rego.metadata.rule(), resource.address, sprintf("Its scope is %s.", [resource.planned.scope]))
}
