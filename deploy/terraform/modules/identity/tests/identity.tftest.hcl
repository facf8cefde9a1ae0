mock_provider "azurerm" {}

variables {
  name                = "id-tashika-dev"
  resource_group_name = "rg-tashika-dev"
  location            = "japaneast"
  tags                = { team = "telemetry", environment = "dev", cost-centre = "CC-1000" }
  workloads           = ["worker", "api"]
}

run "each_program_has_its_own" {
  assert {
    condition     = toset(keys(output.identities)) == toset(["api", "worker"]) && output.identities["api"].principal_id != output.identities["worker"].principal_id
    error_message = "No two programs share an identity."
  }

  assert {
    condition     = alltrue([for identity in azurerm_user_assigned_identity.this : identity.tags == var.tags])
    error_message = "Identities bear the tags."
  }
}

run "bad_values_are_refused" {
  command = plan

  variables {
    workloads = []
    tags      = {}
  }

  expect_failures = [var.workloads, var.tags]
}
