mock_provider "azurerm" {}

variables {
  name                = "cae-tashika-dev"
  resource_group_name = "rg-tashika-dev"
  location            = "japaneast"
  tags                = { team = "telemetry", environment = "dev", cost-centre = "CC-1000" }
  subnet_id           = "subnet"
  log_workspace_id    = "workspace"
}

run "runs_within_the_network" {
  command = plan

  assert {
    condition     = azurerm_container_app_environment.this.infrastructure_subnet_id == "subnet" && azurerm_container_app_environment.this.tags == var.tags
    error_message = "The environment is in the subnet and bears the tags."
  }
}

run "bad_values_are_refused" {
  command = plan

  variables {
    tags = {}
  }

  expect_failures = [var.tags]
}
