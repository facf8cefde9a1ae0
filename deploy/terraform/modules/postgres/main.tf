# The store: a PostgreSQL server without a public address.

resource "azurerm_postgresql_flexible_server" "this" {
  name                = var.name
  resource_group_name = var.resource_group_name
  location            = var.location
  version             = var.postgres_version
  sku_name            = var.sku
  storage_mb          = var.storage_gib * 1024
  auto_grow_enabled   = true
  zone                = var.zone

  delegated_subnet_id           = var.subnet_id
  private_dns_zone_id           = var.dns_zone_id
  public_network_access_enabled = false

  # Write-only: in no plan and in no state. Vault's database engine makes its first connection with it and then rotates it.
  administrator_login               = var.administrator_login
  administrator_password_wo         = var.administrator_password
  administrator_password_wo_version = var.administrator_password_version

  backup_retention_days        = var.backup_days
  geo_redundant_backup_enabled = var.geo_redundant_backup

  authentication {
    password_auth_enabled         = true
    active_directory_auth_enabled = false
  }

  dynamic "high_availability" {
    for_each = var.zone_redundant ? [1] : []

    content {
      mode = "ZoneRedundant"
    }
  }

  tags = var.tags

  lifecycle {
    # After a failover the zones are the other way round, which is no change of ours.
    ignore_changes = [zone, high_availability[0].standby_availability_zone]
  }
}

resource "azurerm_postgresql_flexible_server_database" "this" {
  name      = var.database
  server_id = azurerm_postgresql_flexible_server.this.id
  charset   = "UTF8"
  collation = "en_US.utf8"
}

resource "azurerm_postgresql_flexible_server_configuration" "this" {
  for_each = {
    require_secure_transport = "on"
    ssl_min_protocol_version = "TLSv1.2"
  }

  name      = each.key
  value     = each.value
  server_id = azurerm_postgresql_flexible_server.this.id
}

resource "azurerm_monitor_diagnostic_setting" "this" {
  name                       = "to-log-analytics"
  target_resource_id         = azurerm_postgresql_flexible_server.this.id
  log_analytics_workspace_id = var.log_workspace_id

  enabled_log {
    category = "PostgreSQLLogs"
  }

  enabled_metric {
    category = "AllMetrics"
  }
}

resource "azurerm_management_lock" "server" {
  count = var.locked ? 1 : 0

  name       = "keep"
  scope      = azurerm_postgresql_flexible_server.this.id
  lock_level = "CanNotDelete"
  notes      = "The ledger is here: without it everything counts anew."
}
