mock_provider "azurerm" {}

variables {
  name                   = "psql-tashika-dev-abc123"
  resource_group_name    = "rg-tashika-dev"
  location               = "japaneast"
  tags                   = { team = "telemetry", environment = "dev", cost-centre = "CC-1000" }
  sku                    = "GP_Standard_D2ds_v5"
  subnet_id              = "subnet"
  dns_zone_id            = "zone"
  administrator_password = "a-password-of-twenty-characters"
  log_workspace_id       = "workspace"
}

run "reached_within_the_network_alone_and_by_tls" {
  command = plan

  assert {
    condition     = azurerm_postgresql_flexible_server.this.public_network_access_enabled == false
    error_message = "The server has no public address."
  }

  assert {
    condition = { for name, each in azurerm_postgresql_flexible_server_configuration.this : name => each.value } == {
      require_secure_transport = "on"
      ssl_min_protocol_version = "TLSv1.2"
    }
    error_message = "TLS 1.2 is required."
  }

  assert {
    condition     = azurerm_postgresql_flexible_server.this.tags == var.tags
    error_message = "The server bears the tags."
  }

  assert {
    condition     = length(azurerm_management_lock.server) == 1
    error_message = "The store is locked unless it is said otherwise."
  }
}

run "a_second_server_if_wanted" {
  command = plan

  variables {
    zone_redundant = true
  }

  assert {
    condition     = azurerm_postgresql_flexible_server.this.high_availability[0].mode == "ZoneRedundant"
    error_message = "The second server is in another zone."
  }
}

run "small_sizes_have_no_second_server" {
  command = plan

  variables {
    sku            = "B_Standard_B2s"
    zone_redundant = true
  }

  expect_failures = [var.zone_redundant]
}

run "bad_values_are_refused" {
  command = plan

  variables {
    name                   = "Store"
    sku                    = "Standard_D2s"
    postgres_version       = "13"
    storage_gib            = 100
    backup_days            = 1
    administrator_login    = "root"
    administrator_password = "short"
    tags                   = {}
  }

  expect_failures = [
    var.name, var.sku, var.postgres_version, var.storage_gib, var.backup_days, var.administrator_login, var.administrator_password, var.tags
  ]
}
