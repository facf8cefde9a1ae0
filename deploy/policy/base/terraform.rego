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
