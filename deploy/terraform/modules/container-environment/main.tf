# Where the programs' containers run, in the network that PostgreSQL is in.

resource "azurerm_container_app_environment" "this" {
  name                       = var.name
  resource_group_name        = var.resource_group_name
  location                   = var.location
  infrastructure_subnet_id   = var.subnet_id
  zone_redundancy_enabled    = var.zone_redundant
  logs_destination           = "log-analytics"
  log_analytics_workspace_id = var.log_workspace_id

  workload_profile {
    name                  = "Consumption"
    workload_profile_type = "Consumption"
  }

  tags = var.tags
}
