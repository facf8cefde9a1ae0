mock_provider "azurerm" {
  mock_resource "azurerm_stream_analytics_job" {
    defaults = {
      id       = "job"
      identity = { principal_id = "11111111-0000-4000-8000-000000000000" }
    }
  }
}

variables {
  name                = "asa-tashika-dev"
  resource_group_name = "rg-tashika-dev"
  location            = "japaneast"
  tags                = { team = "telemetry", environment = "dev", cost-centre = "CC-1000" }
  log_workspace_id    = "workspace"

  input = {
    hub_id         = "hub"
    namespace      = "evhns-tashika-dev-abc123"
    hub            = "telemetry"
    consumer_group = "stream-analytics"
  }

  output = { hub = { hub_id = "counts-hub", namespace = "evhns-tashika-dev-abc123", hub = "counts" } }
}

run "counts_posts_by_prefecture_and_minute" {
  assert {
    condition     = can(regex("payloads\\.pref AS pref", azurerm_stream_analytics_job.this.transformation_query)) && can(regex("COUNT\\(\\*\\)", azurerm_stream_analytics_job.this.transformation_query)) && can(regex("TUMBLINGWINDOW\\(minute, 1\\)", azurerm_stream_analytics_job.this.transformation_query))
    error_message = "The query is the source talk's."
  }

  assert {
    condition     = azurerm_stream_analytics_stream_input_eventhub_v2.this.authentication_mode == "Msi" && azurerm_stream_analytics_output_eventhub.this[0].authentication_mode == "Msi"
    error_message = "The job has no key."
  }

  assert {
    condition = [
      [azurerm_role_assignment.input.role_definition_name, azurerm_role_assignment.input.scope],
      [azurerm_role_assignment.output[0].role_definition_name, azurerm_role_assignment.output[0].scope],
      ] == [
      ["Azure Event Hubs Data Receiver", "hub"],
      ["Azure Event Hubs Data Sender", "counts-hub"],
    ]
    error_message = "The job may read the one hub and write the other."
  }

  assert {
    condition     = azurerm_stream_analytics_job.this.tags == var.tags
    error_message = "The job bears the tags."
  }
}

run "power_bi_instead" {
  command = plan

  variables {
    output = { power_bi = { group_id = "00000000-0000-4000-8000-000000000004", group_name = "telemetry", dataset = "counts", table = "counts" } }
  }

  assert {
    condition     = length(azurerm_stream_analytics_output_powerbi.this) == 1 && length(azurerm_role_assignment.output) == 0
    error_message = "Counts go to Power BI alone."
  }
}

run "not_into_the_hub_it_reads" {
  command = plan

  variables {
    output = { hub = { hub_id = "hub", namespace = "evhns-tashika-dev-abc123", hub = "telemetry" } }
  }

  expect_failures = [var.output]
}

run "bad_values_are_refused" {
  command = plan

  variables {
    output               = {}
    streaming_units      = 4
    late_seconds         = 2000000
    out_of_order_seconds = 600
    tags                 = {}
  }

  expect_failures = [var.output, var.streaming_units, var.late_seconds, var.out_of_order_seconds, var.tags]
}
