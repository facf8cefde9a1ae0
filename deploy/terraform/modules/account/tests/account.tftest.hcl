mock_provider "azurerm" {
  mock_data "azurerm_client_config" {
    defaults = {
      subscription_id = "00000000-0000-4000-8000-000000000001"
      tenant_id       = "00000000-0000-4000-8000-000000000002"
    }
  }
}

variables {
  subscription_id = "00000000-0000-4000-8000-000000000001"
  tenant_id       = "00000000-0000-4000-8000-000000000002"
}

run "the_right_account_is_taken" {
  command = plan

  assert {
    condition     = output.subscription_id == var.subscription_id && output.tenant_id == var.tenant_id
    error_message = "The account is handed on as it is."
  }
}

run "another_subscription_is_refused" {
  command = plan

  variables {
    subscription_id = "00000000-0000-4000-8000-00000000000f"
  }

  expect_failures = [output.subscription_id]
}

run "another_tenant_is_refused" {
  command = plan

  variables {
    tenant_id = "00000000-0000-4000-8000-00000000000f"
  }

  expect_failures = [output.subscription_id, output.tenant_id]
}

run "a_name_is_no_id" {
  command = plan

  variables {
    subscription_id = "tashika-prod"
    tenant_id       = "example.com"
  }

  expect_failures = [var.subscription_id, var.tenant_id]
}
