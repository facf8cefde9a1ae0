# Terraform plans: the hub that devices send into.
package tashika.base.terraform

import data.tashika.base.attribute
import data.tashika.base.denial
import data.tashika.parameters

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
