# Where logs and metrics go, who is told, and of what.

resource "azurerm_log_analytics_workspace" "this" {
  name                = var.name
  resource_group_name = var.resource_group_name
  location            = var.location
  sku                 = "PerGB2018"
  retention_in_days   = var.retention_days
  daily_quota_gb      = var.daily_quota_gb
  tags                = var.tags
}

resource "azurerm_monitor_action_group" "this" {
  name                = var.action_group_name
  resource_group_name = var.resource_group_name
  short_name          = "tashika"

  dynamic "email_receiver" {
    for_each = var.emails

    content {
      name                    = email_receiver.key
      email_address           = email_receiver.value
      use_common_alert_schema = true
    }
  }

  tags = var.tags
}

locals {
  metric_alerts = {
    event-hubs-server-errors = {
      scope       = var.watched.event_hubs_namespace_id
      namespace   = "Microsoft.EventHub/namespaces"
      metric      = "ServerErrors"
      aggregation = "Total"
      operator    = "GreaterThan"
      threshold   = 10
      window      = "PT5M"
      severity    = 1
      description = "Event Hubs fails by itself. Funnel holds what it can't deliver for a while only."
    }
    event-hubs-throttled = {
      scope       = var.watched.event_hubs_namespace_id
      namespace   = "Microsoft.EventHub/namespaces"
      metric      = "ThrottledRequests"
      aggregation = "Total"
      operator    = "GreaterThan"
      threshold   = 0
      window      = "PT5M"
      severity    = 2
      description = "More arrives than the namespace has throughput units for: raise capacity or maximum_throughput_units."
    }
    event-hubs-silent = {
      scope       = var.watched.event_hubs_namespace_id
      namespace   = "Microsoft.EventHub/namespaces"
      metric      = "IncomingMessages"
      aggregation = "Total"
      operator    = "LessThanOrEqual"
      threshold   = 0
      window      = "PT15M"
      severity    = 1
      description = "No device's post has arrived for a quarter of an hour: look at Funnel's delivery errors and the Send key."
    }
    event-hubs-unread = {
      scope       = var.watched.event_hubs_namespace_id
      namespace   = "Microsoft.EventHub/namespaces"
      metric      = "OutgoingMessages"
      aggregation = "Total"
      operator    = "LessThanOrEqual"
      threshold   = 0
      window      = "PT15M"
      severity    = 1
      description = "Nobody has read from the hub for a quarter of an hour: a backlog grows. Look at the worker."
    }
    postgres-disk = {
      scope       = var.watched.postgres_id
      namespace   = "Microsoft.DBforPostgreSQL/flexibleServers"
      metric      = "storage_percent"
      aggregation = "Average"
      operator    = "GreaterThan"
      threshold   = 85
      window      = "PT15M"
      severity    = 2
      description = "The store's disk fills faster than it grows: set retention, or storage_gib."
    }
    worker-restarts = {
      scope       = var.watched.worker_id
      namespace   = "Microsoft.App/containerApps"
      metric      = "RestartCount"
      aggregation = "Maximum"
      operator    = "GreaterThan"
      threshold   = 3
      window      = "PT15M"
      severity    = 2
      description = "The worker ends and is started again and again; its log says why."
    }
  }
}

resource "azurerm_monitor_metric_alert" "this" {
  for_each = local.metric_alerts

  name                = "${var.alert_prefix}-${each.key}"
  resource_group_name = var.resource_group_name
  scopes              = [each.value.scope]
  description         = each.value.description
  severity            = each.value.severity
  frequency           = "PT5M"
  window_size         = each.value.window

  criteria {
    metric_namespace = each.value.namespace
    metric_name      = each.value.metric
    aggregation      = each.value.aggregation
    operator         = each.value.operator
    threshold        = each.value.threshold
  }

  action {
    action_group_id = azurerm_monitor_action_group.this.id
  }

  tags = var.tags
}

# What the worker itself says of a backlog: it asks the hub once a second what of it is not yet committed.
resource "azurerm_monitor_scheduled_query_rules_alert_v2" "stalled" {
  name                 = "${var.alert_prefix}-backlog-stands-still"
  resource_group_name  = var.resource_group_name
  location             = var.location
  scopes               = [azurerm_log_analytics_workspace.this.id]
  description          = "A partition has events and nothing of it is committed (InputPartitionNotProgressing): its watermark stands still, and no window becomes final. GET /api/ready says more."
  severity             = 1
  evaluation_frequency = "PT5M"
  window_duration      = "PT15M"

  criteria {
    query                   = file("${path.module}/stalled.kql")
    time_aggregation_method = "Count"
    operator                = "GreaterThan"
    threshold               = 0

    failing_periods {
      minimum_failing_periods_to_trigger_alert = 1
      number_of_evaluation_periods             = 1
    }
  }

  # The table is there once the first container has logged.
  skip_query_validation = true

  action {
    action_groups = [azurerm_monitor_action_group.this.id]
  }

  tags = var.tags
}
