mock_provider "azurerm" {}

variables {
  name              = "budget-tashika-dev"
  resource_group_id = "group"
  amount            = 30000
  start_month       = "2026-12"
  emails            = { duty = "duty@example.com" }
  action_group_id   = "action-group"
}

run "somebody_is_told_before_it_is_spent" {
  command = plan

  assert {
    condition     = anytrue([for each in azurerm_consumption_budget_resource_group.this.notification : each.enabled && each.threshold < 100])
    error_message = "One notification comes before the amount is spent."
  }

  assert {
    condition     = alltrue([for each in azurerm_consumption_budget_resource_group.this.notification : length(each.contact_emails) > 0 && length(each.contact_groups) > 0])
    error_message = "Every notification reaches somebody."
  }

  assert {
    condition     = azurerm_consumption_budget_resource_group.this.time_period[0].start_date == "2026-12-01T00:00:00Z"
    error_message = "A budget begins with a month."
  }
}

run "bad_values_are_refused" {
  command = plan

  variables {
    amount      = 0
    start_month = "2026-13"
    notify_at   = {}
    emails      = {}
  }

  expect_failures = [var.amount, var.start_month, var.notify_at, var.emails]
}

run "not_when_it_is_too_late" {
  command = plan

  variables {
    notify_at = { late = { percent = 120, forecast = false } }
  }

  expect_failures = [var.notify_at]
}
