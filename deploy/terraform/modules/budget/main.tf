# What a month may cost, and who is told before it does.

resource "azurerm_consumption_budget_resource_group" "this" {
  name              = var.name
  resource_group_id = var.resource_group_id
  amount            = var.amount
  time_grain        = "Monthly"

  time_period {
    start_date = "${var.start_month}-01T00:00:00Z"
  }

  dynamic "notification" {
    for_each = var.notify_at

    content {
      enabled        = true
      operator       = "GreaterThanOrEqualTo"
      threshold      = notification.value.percent
      threshold_type = notification.value.forecast ? "Forecasted" : "Actual"
      contact_emails = values(var.emails)
      contact_groups = [var.action_group_id]
    }
  }
}
