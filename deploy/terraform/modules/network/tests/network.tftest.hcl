mock_provider "azurerm" {}

variables {
  name                = "vnet-tashika-dev"
  resource_group_name = "rg-tashika-dev"
  location            = "japaneast"
  tags                = { team = "telemetry", environment = "dev", cost-centre = "CC-1000" }
}

run "programs_and_store_have_a_subnet_each" {
  command = plan

  assert {
    condition     = azurerm_subnet.apps.address_prefixes[0] == "10.40.0.0/22" && azurerm_subnet.postgres.address_prefixes[0] == "10.40.4.0/22"
    error_message = "A quarter each."
  }

  assert {
    condition     = azurerm_virtual_network.this.tags == var.tags && azurerm_private_dns_zone.postgres.tags == var.tags
    error_message = "Network and zone bear the tags."
  }
}

run "bad_values_are_refused" {
  command = plan

  variables {
    address_space = "10.40.0.0/25"
    tags          = {}
  }

  expect_failures = [var.address_space, var.tags]
}
