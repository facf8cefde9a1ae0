mock_provider "azurerm" {}

variables {
  name                = "log-tashika-dev"
  action_group_name   = "ag-tashika-dev"
  alert_prefix        = "tashika-dev"
  resource_group_name = "rg-tashika-dev"
  location            = "japaneast"
  tags                = { team = "telemetry", environment = "dev", cost-centre = "CC-1000" }
  emails              = { duty = "duty@example.com" }
  watched             = { event_hubs_namespace_id = "namespace", postgres_id = "server", worker_id = "worker" }
}

run "somebody_hears_of_every_alert" {
  assert {
    condition     = alltrue([for alert in azurerm_monitor_metric_alert.this : one(alert.action).action_group_id == azurerm_monitor_action_group.this.id])
    error_message = "Every alert tells the group."
  }

  assert {
    condition     = toset([for alert in azurerm_monitor_metric_alert.this : alert.criteria[0].metric_name]) == toset(["ServerErrors", "ThrottledRequests", "IncomingMessages", "OutgoingMessages", "storage_percent", "RestartCount"])
    error_message = "Errors, throttling, silence, an unread hub, the disk and restarts are watched."
  }

  assert {
    condition     = can(regex("InputPartitionNotProgressing", azurerm_monitor_scheduled_query_rules_alert_v2.stalled.criteria[0].query))
    error_message = "A backlog that stands still is watched."
  }

  assert {
    condition     = alltrue([for alert in azurerm_monitor_metric_alert.this : alert.tags == var.tags]) && azurerm_log_analytics_workspace.this.tags == var.tags
    error_message = "Alerts and workspace bear the tags."
  }
}

run "bad_values_are_refused" {
  command = plan

  variables {
    emails         = { duty = "duty" }
    retention_days = 7
    daily_quota_gb = 0
    tags           = {}
  }

  expect_failures = [var.emails, var.retention_days, var.daily_quota_gb, var.tags]
}
