# Terraform plans: the database.
package tashika.base.terraform

import data.tashika.base.attribute
import data.tashika.base.denial
import data.tashika.parameters

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
