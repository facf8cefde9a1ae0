package tashika.base.terraform_test

import data.tashika.base.terraform

parameters := {
	"allowed_tls_versions": ["1.2", "1.3"],
	"allowed_locations": ["japaneast"],
	"required_tags": ["environment", "team"],
	"max_throughput_units": 10,
	"max_replicas": 8,
	"allowed_roles": ["Azure Event Hubs Data Receiver"],
	"min_backup_days": 7,
	"min_event_retention_hours": 24,
	"max_monthly_budget": 1000,
	"geo_redundant_backup_required": false,
}

tags := {"environment": "prod", "team": "field"}

created(type, name, planned) := {
	"address": sprintf("%s.%s", [type, name]),
	"mode": "managed",
	"type": type,
	"change": {"actions": ["create"], "after": planned, "after_unknown": {}},
}

group := created("azurerm_resource_group", "main", {"location": "japaneast", "tags": tags})

budget := created("azurerm_consumption_budget_resource_group", "main", {"amount": 1000, "notification": [{"threshold": 80}]})

namespace := created("azurerm_eventhub_namespace", "main", {
	"location": "Japan East",
	"tags": tags,
	"minimum_tls_version": "1.2",
	"capacity": 2,
	"maximum_throughput_units": 10,
})

diagnostics := created("azurerm_monitor_diagnostic_setting", "hub", {"name": "all"})

hub := created("azurerm_eventhub", "telemetry", {
	"name": "telemetry",
	"partition_count": 4,
	"retention_description": [{"retention_time_in_hours": 24}],
})

key := created("azurerm_eventhub_authorization_rule", "soracom", {"send": true, "listen": false, "manage": false})

worker := created("azurerm_container_app", "worker", {"tags": tags, "template": [{
	"max_replicas": 4,
	"container": [{
		"name": "worker",
		"image": "registry.example/tashika:0.1.0",
		"env": [
			{"name": "TASHIKA_CLOUD_STORE_URL", "value": "postgresql://db/tashika"},
			{"name": "STORE_PASSWORD", "secret_name": "store"},
		],
	}],
	"custom_scale_rule": [{"custom_rule_type": "azure-eventhub", "metadata": {"eventHubName": "telemetry"}}],
}]})

role := created("azurerm_role_assignment", "worker", {
	"role_definition_name": "Azure Event Hubs Data Receiver",
	"scope": "/subscriptions/s/resourceGroups/g/providers/Microsoft.EventHub/namespaces/n",
})

database := created("azurerm_postgresql_flexible_server", "main", {
	"location": "japaneast",
	"tags": tags,
	"public_network_access_enabled": false,
	"backup_retention_days": 7,
})

whole := [group, budget, namespace, diagnostics, hub, key, worker, role, database]

# The plan in which each resource is there, and `change` is changed: name of the type to attributes.
denied_for(plan) := {entry.rule |
	some entry in terraform.deny with input as plan with data.tashika.parameters as parameters
}

plan_of(changes) := {"format_version": "1.2", "resource_changes": changes}

# The whole plan with one resource as `patch` has it.
with_patch(patched, patch) := plan_of([each |
	some original in whole
	each := patch_of(original, patched, patch)
])

patch_of(original, patched, patch) := json.patch(original, [{"op": "add", "path": "change/after", "value": object.union(original.change.after, patch)}]) if original == patched

patch_of(original, patched, _) := original if original != patched

without(resource) := plan_of([each | some each in whole; each != resource])

with_more(resource) := plan_of(array.concat(whole, [resource]))

test_a_plan_that_keeps_to_everything_is_not_denied if {
	denied_for(plan_of(whole)) == set()
}

test_what_is_no_plan_is_denied if {
	denied_for({}) == {"terraform.plan-is-whole"}
	denied_for({"resource_changes": "none"}) == {"terraform.plan-is-whole"}
}

test_a_plan_that_ended_in_an_error_is_denied if {
	denied_for(object.union(plan_of(whole), {"errored": true})) == {"terraform.plan-is-whole"}
}

test_a_key_with_two_rights_is_denied if {
	denied_for(with_patch(key, {"listen": true})) == {"terraform.sas-key-has-one-right"}
	denied_for(with_patch(key, {"manage": true, "listen": true})) == {"terraform.sas-key-has-one-right"}
}

test_a_key_that_manages_is_denied if {
	denied_for(with_patch(key, {"manage": true, "send": false})) == {"terraform.sas-key-has-one-right"}
}

test_a_key_whose_right_is_known_only_later_is_denied if {
	unknown := json.patch(key, [
		{"op": "remove", "path": "change/after/listen"},
		{"op": "add", "path": "change/after_unknown/listen", "value": true},
	])
	denied_for(plan_of(array.concat([each | some each in whole; each != key], [unknown]))) == {"terraform.sas-key-has-one-right"}
}

test_a_key_of_the_namespace_is_denied if {
	wide := created("azurerm_eventhub_namespace_authorization_rule", "all", {"send": true, "listen": false, "manage": false})
	denied_for(with_more(wide)) == {"terraform.sas-key-is-of-one-hub"}
}

test_old_tls_is_denied if {
	denied_for(with_patch(namespace, {"minimum_tls_version": "1.0"})) == {"terraform.tls-is-new"}
}

test_tls_that_is_left_out_is_denied if {
	denied_for(with_patch(namespace, {"minimum_tls_version": null})) == {"terraform.tls-is-new"}
}

test_another_location_is_denied_however_it_is_spelt if {
	denied_for(with_patch(namespace, {"location": "West Europe"})) == {"terraform.location-is-allowed"}
	denied_for(with_patch(database, {"location": "westeurope"})) == {"terraform.location-is-allowed"}
}

test_a_missing_or_empty_tag_is_denied if {
	denied_for(with_patch(namespace, {"tags": {"environment": "prod", "team": " "}})) == {"terraform.tags-tell-whose"}
	denied_for(plan_of(array.concat(
		[each | some each in whole; each != group],
		[created("azurerm_resource_group", "main", {"location": "japaneast", "tags": null})],
	))) == {"terraform.tags-tell-whose"}
}

test_more_throughput_is_denied if {
	denied_for(with_patch(namespace, {"maximum_throughput_units": 11})) == {"terraform.throughput-is-bounded"}
}

test_a_bound_that_is_no_number_is_denied if {
	denied_for(with_patch(namespace, {"capacity": "2"})) == {"terraform.throughput-is-bounded"}
}

test_more_replicas_than_the_bound_are_denied if {
	denied_for(with_patch(worker, {"template": [object.union(worker.change.after.template[0], {
		"max_replicas": 9,
		"custom_scale_rule": [],
	})]})) == {"terraform.replicas-are-bounded"}
}

test_more_workers_than_partitions_are_denied if {
	denied_for(with_patch(worker, {"template": [object.union(worker.change.after.template[0], {"max_replicas": 5})]})) == {"terraform.replicas-within-partitions"}
}

container(patch) := {"template": [object.union(
	worker.change.after.template[0],
	{"container": [object.union(worker.change.after.template[0].container[0], patch)]},
)]}

test_a_secret_in_the_plan_is_denied_and_not_repeated if {
	plan := with_patch(worker, container({"env": [{"name": "STORE_PASSWORD", "value": "correct horse"}]}))
	denied_for(plan) == {"terraform.secret-is-not-in-plan"}
	some entry in terraform.deny with input as plan with data.tashika.parameters as parameters
	not contains(entry.message, "horse")
}

test_an_image_that_moves_is_denied if {
	denied_for(with_patch(worker, container({"image": "registry.example:5000/tashika"}))) == {"terraform.image-is-pinned"}
	denied_for(with_patch(worker, container({"image": "tashika:latest"}))) == {"terraform.image-is-pinned"}
}

test_an_image_by_digest_is_not_denied if {
	digest := "7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069"
	denied_for(with_patch(worker, container({"image": sprintf("registry.example/tashika@sha256:%s", [digest])}))) == set()
}

test_a_wide_role_is_denied if {
	denied_for(with_patch(role, {"role_definition_name": "Contributor"})) == {"terraform.role-is-narrow"}
}

test_a_role_on_the_subscription_is_denied if {
	denied_for(with_patch(role, {"scope": "/subscriptions/0000"})) == {"terraform.role-is-of-a-resource"}
}

test_a_database_on_the_internet_is_denied if {
	denied_for(with_patch(database, {"public_network_access_enabled": true})) == {"terraform.database-is-private"}
	rule := created("azurerm_postgresql_flexible_server_firewall_rule", "all", {"start_ip_address": "0.0.0.0"})
	denied_for(with_more(rule)) == {"terraform.database-is-private"}
}

test_a_database_with_few_backups_is_denied if {
	denied_for(with_patch(database, {"backup_retention_days": 6})) == {"terraform.database-has-backups"}
}

test_a_database_without_backups_elsewhere_is_denied_where_they_are_required if {
	stricter := object.union(parameters, {"geo_redundant_backup_required": true})
	denied := {entry.rule | some entry in terraform.deny with input as plan_of(whole) with data.tashika.parameters as stricter}
	denied == {"terraform.database-has-backups-elsewhere"}
}

test_events_kept_for_too_short_are_denied if {
	denied_for(with_patch(hub, {"retention_description": [{"retention_time_in_hours": 23}]})) == {"terraform.events-are-kept"}
}

test_events_kept_for_days_are_reckoned_in_hours if {
	denied_for(with_patch(hub, {"retention_description": [], "message_retention": 1})) == set()
}

test_a_hub_without_logs_is_denied if {
	denied_for(without(diagnostics)) == {"terraform.hub-has-diagnostics"}
}

test_spending_without_a_budget_is_denied if {
	denied_for(without(budget)) == {"terraform.spending-has-a-budget"}
}

test_a_budget_that_is_large_or_silent_is_denied if {
	denied_for(with_patch(budget, {"amount": 1001})) == {"terraform.spending-has-a-budget"}
	denied_for(with_patch(budget, {"notification": []})) == {"terraform.spending-has-a-budget"}
}

test_taking_a_hub_away_is_denied if {
	gone := json.patch(hub, [{"op": "replace", "path": "change/actions", "value": ["delete"]}])
	denied_for(with_more(gone)) == {"terraform.data-is-not-destroyed"}
}

test_replacing_a_database_is_denied if {
	replaced := json.patch(database, [{"op": "replace", "path": "change/actions", "value": ["delete", "create"]}])
	denied_for(plan_of(array.concat([each | some each in whole; each != database], [replaced]))) == {"terraform.data-is-not-destroyed"}
}

test_what_is_read_is_not_judged if {
	data_source := json.patch(namespace, [
		{"op": "replace", "path": "mode", "value": "data"},
		{"op": "replace", "path": "change/after/minimum_tls_version", "value": "1.0"},
	])
	denied_for(with_more(data_source)) == set()
}

# What is of another type than the rule expects must not get past it.
test_what_makes_no_sense_is_denied if {
	every junk in ["x", true, []] {
		denied_for(with_patch(namespace, {"minimum_tls_version": junk})) == {"terraform.tls-is-new"}
		denied_for(with_patch(namespace, {"location": junk})) == {"terraform.location-is-allowed"}
		denied_for(with_patch(namespace, {"tags": junk})) == {"terraform.tags-tell-whose"}
		denied_for(with_patch(namespace, {"capacity": junk})) == {"terraform.throughput-is-bounded"}
		denied_for(with_patch(worker, {"template": junk})) == {"terraform.replicas-are-bounded"}
		denied_for(with_patch(worker, container({"image": junk}))) == {"terraform.image-is-pinned"}
		denied_for(with_patch(role, {"role_definition_name": junk})) == {"terraform.role-is-narrow"}
		denied_for(with_patch(database, {"backup_retention_days": junk})) == {"terraform.database-has-backups"}
		denied_for(with_patch(budget, {"amount": junk})) == {"terraform.spending-has-a-budget"}
		denied_for(with_patch(budget, {"notification": junk})) == {"terraform.spending-has-a-budget"}
		denied_for(with_patch(hub, {"retention_description": junk})) == {"terraform.events-are-kept"}
	}
}
