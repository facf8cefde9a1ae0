# METADATA
# title: What a Terraform plan may do
# description: Judges the JSON of a plan (`terraform show -json PLAN`). A resource is named by its address.
package tashika.base.terraform

import data.tashika.base.attribute
import data.tashika.base.denial
import data.tashika.parameters

# Resources as they will be. What is taken away is judged apart.
resources contains resource if {
	some change in input.resource_changes
	change.mode == "managed"
	not change.change.actions == ["delete"]
	not change.change.actions == ["forget"]
	resource := {
		"address": change.address,
		"type": change.type,
		"planned": as_object(change.change, "after"),
		"unknown": as_object(change.change, "after_unknown"),
	}
}

as_object(parent, name) := parent[name] if {
	is_object(parent[name])
} else := {}

of_type(type) := {resource | some resource in resources; resource.type == type}

# An attribute that is not in the plan may be one that is known only after apply.
has(resource, name) if name in object.keys(resource.planned)

has(resource, name) if resource.unknown[name] == true

# METADATA
# title: What is judged is a whole plan
# description: A plan that ended in an error, or a document that is no plan, says nothing of what would be made.
# custom:
#   id: terraform.plan-is-whole
#   severity: high
#   remedy: Make the plan anew until it ends without an error, then `terraform show -json PLAN`.
deny contains entry if {
	not is_whole
	entry := denial.of(rego.metadata.rule(), "plan", "This is no whole plan: it has no changes of resources, or ended in an error.")
}

is_whole if {
	is_array(input.resource_changes)
	every change in input.resource_changes {
		is_string(change.address)
		is_string(change.mode)
		is_string(change.type)
		is_array(change.change.actions)
	}
	not input.errored == true
}

sas_rule_types := {"azurerm_eventhub_authorization_rule", "azurerm_eventhub_namespace_authorization_rule"}

# METADATA
# title: A shared access key has one right
# description: |
#   SORACOM sends and the worker listens. A key that may do both, or manage, turns the theft of either into the loss of
#   the stream.
# custom:
#   id: terraform.sas-key-has-one-right
#   severity: high
#   remedy: Set exactly one of `send` and `listen` to true, and `manage` to false; make a second rule for the other right.
deny contains entry if {
	some resource in resources
	resource.type in sas_rule_types
	rights := [right | some right in ["listen", "manage", "send"]; may(resource, right)]
	not rights in [["listen"], ["send"]]
	entry := denial.of(rego.metadata.rule(), resource.address, sprintf("Its rights are: %s.", [concat(", ", rights)]))
}

# What is left out is false; what is known only after apply may turn out to be the wrong one.
may(resource, right) if resource.planned[right] == true

may(resource, right) if resource.unknown[right] == true

# METADATA
# title: A shared access key is of one hub
# description: A key of the namespace is good for every hub in it, those of later times too.
# custom:
#   id: terraform.sas-key-is-of-one-hub
#   severity: high
#   remedy: Use `azurerm_eventhub_authorization_rule`, which belongs to a hub.
deny contains entry if {
	some resource in of_type("azurerm_eventhub_namespace_authorization_rule")
	entry := denial.of(rego.metadata.rule(), resource.address, "It is a key of the whole namespace.")
}

tls_attributes := {
	"azurerm_eventhub_namespace": "minimum_tls_version",
	"azurerm_storage_account": "min_tls_version",
}

# METADATA
# title: TLS is new enough
# description: What speaks an older TLS can be listened to.
# custom:
#   id: terraform.tls-is-new
#   severity: high
#   remedy: Set the attribute to one of the allowed versions (parameter `allowed_tls_versions`), in words, not by leaving it out.
#   parameters: [allowed_tls_versions]
deny contains entry if {
	some resource in resources
	name := tls_attributes[resource.type]
	planned := resource.planned
	not attribute.is_among(planned, name, "allowed_tls_versions")
	text := sprintf("`%s` is %v; allowed are %s.", [name, attribute.told(planned, name), attribute.listed("allowed_tls_versions")])
	entry := denial.of(rego.metadata.rule(), resource.address, text)
}

# METADATA
# title: It is where it may be
# description: Field data stays in the regions that the organisation has chosen.
# custom:
#   id: terraform.location-is-allowed
#   severity: high
#   remedy: Use one of the allowed locations (parameter `allowed_locations`).
#   parameters: [allowed_locations]
deny contains entry if {
	some resource in resources
	chooses_location(resource)
	not is_in_allowed_location(resource)
	text := sprintf("`location` is %v; allowed are %s.", [attribute.told(resource.planned, "location"), attribute.listed("allowed_locations")])
	entry := denial.of(rego.metadata.rule(), resource.address, text)
}

# A service without a location, or one that Azure puts where its parts are, chooses none.
chooses_location(resource) if resource.planned.location != null

chooses_location(resource) if {
	resource.unknown.location == true
	not resource.type in {"azurerm_container_app"}
}

# Azure knows one location by two spellings, "Japan East" and "japaneast".
is_in_allowed_location(resource) if {
	replace(lower(resource.planned.location), " ", "") in parameters.allowed_locations
}

# METADATA
# title: It says whose it is
# description: Cost is shown by team and environment, which only tags tell.
# custom:
#   id: terraform.tags-tell-whose
#   severity: medium
#   remedy: Hand the tags of the module `naming-tags` on to the resource.
#   parameters: [required_tags]
deny contains entry if {
	some resource in resources
	has(resource, "tags")
	missing := [tag | some tag in parameters.required_tags; not is_tagged(resource, tag)]
	count(missing) > 0
	entry := denial.of(rego.metadata.rule(), resource.address, sprintf("It lacks the tags %s.", [concat(", ", sort(missing))]))
}

is_tagged(resource, tag) if trim_space(resource.planned.tags[tag]) != ""

# METADATA
# title: Throughput has a bound
# description: Throughput units are paid for by the hour, and inflate by themselves.
# custom:
#   id: terraform.throughput-is-bounded
#   severity: medium
#   remedy: Set `capacity`, and `maximum_throughput_units` where the namespace inflates, to at most the parameter `max_throughput_units`.
#   parameters: [max_throughput_units]
deny contains entry if {
	some resource in of_type("azurerm_eventhub_namespace")
	planned := resource.planned
	some name in ["capacity", "maximum_throughput_units"]
	has(resource, name)
	not attribute.is_exactly(planned, name, null)
	not attribute.is_at_most(planned, name, "max_throughput_units")
	text := sprintf("`%s` is %v; at most %v.", [name, attribute.told(planned, name), parameters.max_throughput_units])
	entry := denial.of(rego.metadata.rule(), resource.address, text)
}

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

# METADATA
# title: The database is not on the internet
# description: Workers and api reach it inside the network; a password alone is no wall.
# custom:
#   id: terraform.database-is-private
#   severity: high
#   remedy: Set `public_network_access_enabled = false` and give the server a delegated subnet or a private endpoint.
deny contains entry if {
	some finding in open_databases
	entry := denial.of(rego.metadata.rule(), finding.address, finding.message)
}

open_databases contains {"address": resource.address, "message": message} if {
	some resource in of_type("azurerm_postgresql_flexible_server")
	planned := resource.planned
	not attribute.is_exactly(planned, "public_network_access_enabled", false)
	message := sprintf("`public_network_access_enabled` is %v.", [attribute.told(planned, "public_network_access_enabled")])
}

open_databases contains {"address": resource.address, "message": "It lets addresses of the internet in."} if {
	some resource in of_type("azurerm_postgresql_flexible_server_firewall_rule")
}

# METADATA
# title: The database can be brought back
# description: Ledger and windows are kept nowhere else once Event Hubs has let go of the events.
# custom:
#   id: terraform.database-has-backups
#   severity: high
#   remedy: Set `backup_retention_days` to at least the parameter `min_backup_days`.
#   parameters: [min_backup_days]
deny contains entry if {
	some resource in of_type("azurerm_postgresql_flexible_server")
	planned := resource.planned
	not attribute.is_at_least(planned, "backup_retention_days", "min_backup_days")
	text := sprintf("`backup_retention_days` is %v; at least %v.", [attribute.told(planned, "backup_retention_days"), parameters.min_backup_days])
	entry := denial.of(rego.metadata.rule(), resource.address, text)
}

# METADATA
# title: The database can be brought back elsewhere
# description: Backups in one region are lost with the region.
# custom:
#   id: terraform.database-has-backups-elsewhere
#   severity: medium
#   remedy: Set `geo_redundant_backup_enabled = true`; it can be set only when the server is made.
#   parameters: [geo_redundant_backup_required]
deny contains entry if {
	parameters.geo_redundant_backup_required
	some resource in of_type("azurerm_postgresql_flexible_server")
	planned := resource.planned
	not attribute.is_exactly(planned, "geo_redundant_backup_enabled", true)
	text := sprintf("`geo_redundant_backup_enabled` is %v.", [attribute.told(planned, "geo_redundant_backup_enabled")])
	entry := denial.of(rego.metadata.rule(), resource.address, text)
}

# METADATA
# title: Events outlast an outage of the workers
# description: What retention takes before it was read is lost to the count.
# custom:
#   id: terraform.events-are-kept
#   severity: high
#   remedy: Set `retention_time_in_hours` in `retention_description` to at least the parameter `min_event_retention_hours`.
#   parameters: [min_event_retention_hours]
deny contains entry if {
	some resource in of_type("azurerm_eventhub")
	retention := retention_of(resource)
	not attribute.is_at_least(retention, "hours", "min_event_retention_hours")
	text := sprintf("Events are kept for %v hours; at least %v.", [attribute.told(retention, "hours"), parameters.min_event_retention_hours])
	entry := denial.of(rego.metadata.rule(), resource.address, text)
}

retention_of(hub) := {"hours": hours} if {
	hours := hub.planned.retention_description[0].retention_time_in_hours
} else := {"hours": hours} if {
	hours := hub.planned.message_retention * 24
} else := {}

# METADATA
# title: What happens at the hub is logged
# description: Without the hub's own logs nobody can tell a lost event from one that was never sent.
# custom:
#   id: terraform.hub-has-diagnostics
#   severity: medium
#   remedy: Hand the namespace to the module `event-hubs` with diagnostics on, or add an `azurerm_monitor_diagnostic_setting`.
deny contains entry if {
	some resource in of_type("azurerm_eventhub_namespace")
	count(of_type("azurerm_monitor_diagnostic_setting")) == 0
	entry := denial.of(rego.metadata.rule(), resource.address, "No diagnostic setting is in the plan.")
}

# METADATA
# title: Spending has a budget
# description: A resource group without a budget costs what it costs until the bill comes.
# custom:
#   id: terraform.spending-has-a-budget
#   severity: medium
#   remedy: Add the module `budget` to the stack, with an amount of at most the parameter `max_monthly_budget` and somebody to tell.
#   parameters: [max_monthly_budget]
deny contains entry if {
	some finding in unbounded_spending
	entry := denial.of(rego.metadata.rule(), finding.address, finding.message)
}

unbounded_spending contains {"address": resource.address, "message": "No budget is in the plan."} if {
	some resource in of_type("azurerm_resource_group")
	count(budgets) == 0
}

unbounded_spending contains {"address": budget.address, "message": message} if {
	some budget in budgets
	planned := budget.planned
	not attribute.is_at_most(planned, "amount", "max_monthly_budget")
	message := sprintf("The budget is %v; at most %v.", [attribute.told(planned, "amount"), parameters.max_monthly_budget])
}

unbounded_spending contains {"address": budget.address, "message": "Nobody is told when it is used up."} if {
	some budget in budgets
	not tells_somebody(budget)
}

tells_somebody(budget) if {
	some notification in budget.planned.notification
	object.get(notification, "enabled", true) == true
}

budgets := of_type("azurerm_consumption_budget_resource_group")

keeps_data := {
	"azurerm_eventhub",
	"azurerm_eventhub_namespace",
	"azurerm_postgresql_flexible_server",
	"azurerm_postgresql_flexible_server_database",
	"azurerm_storage_account",
	"azurerm_key_vault",
	"azurerm_resource_group",
}

# METADATA
# title: What keeps data is not taken away
# description: |
#   Deleting or replacing a hub or a database deletes what is in it. Some changes that look small, such as a hub's number of
#   partitions, replace it.
# custom:
#   id: terraform.data-is-not-destroyed
#   severity: high
#   remedy: See which attribute forces the replacement. Where it is meant, have an exception put into the base.
deny contains entry if {
	some change in input.resource_changes
	change.type in keeps_data
	"delete" in change.change.actions
	text := sprintf("The plan would %s it.", [concat(" and ", change.change.actions)])
	entry := denial.of(rego.metadata.rule(), change.address, text)
}
