variables {
  subscription_id = "00000000-0000-4000-8000-000000000001"
  environment     = "staging"
  team            = "telemetry"
  cost_centre     = "CC-1000"
}

run "names_are_what_azure_takes" {
  assert {
    condition     = can(regex("^[a-z0-9]{3,24}$", output.names.storage_account))
    error_message = "A storage account has 3 to 24 lower case letters and digits."
  }

  assert {
    condition     = length(output.names.event_hubs_namespace) <= 50 && length(output.names.postgres) <= 63
    error_message = "Namespace and server have 50 and 63 characters at most."
  }

  assert {
    condition     = length("${output.names.app}-worker") <= 32
    error_message = "An app has 32 characters at most."
  }
}

run "the_longest_names_are_too" {
  variables {
    project = "abcdefghi"
  }

  assert {
    condition     = length(output.names.storage_account) <= 24 && length("${output.names.app}-worker") <= 32
    error_message = "The longest project fits."
  }
}

run "two_subscriptions_share_no_name" {
  variables {
    subscription_id = "00000000-0000-4000-8000-00000000000f"
  }

  assert {
    condition     = output.names.postgres != run.names_are_what_azure_takes.names.postgres
    error_message = "What all of Azure shares has the subscription in its name."
  }
}

run "costs_can_be_told" {
  variables {
    extra_tags = { data = "telemetry" }
  }

  assert {
    condition = tomap(output.tags) == tomap({
      data = "telemetry", project = "tashika", team = "telemetry", environment = "staging", cost-centre = "CC-1000", managed-by = "terraform"
    })
    error_message = "The tags are those that costs are told by, and the further ones."
  }
}

run "bad_values_are_refused" {
  command = plan

  variables {
    environment = "production"
    team        = "Telemetry Team"
    cost_centre = "cc 1000"
    project     = "tashika-pipeline"
    extra_tags  = { team = "another" }
  }

  expect_failures = [var.environment, var.team, var.cost_centre, var.project, var.extra_tags]
}
