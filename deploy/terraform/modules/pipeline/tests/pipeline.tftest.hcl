mock_provider "azurerm" {
  mock_data "azurerm_client_config" {
    defaults = {
      subscription_id = "00000000-0000-4000-8000-000000000001"
      tenant_id       = "00000000-0000-4000-8000-000000000002"
    }
  }
}

mock_provider "vault" {}

variables {
  subscription_id                 = "00000000-0000-4000-8000-000000000001"
  tenant_id                       = "00000000-0000-4000-8000-000000000002"
  environment                     = "dev"
  team                            = "telemetry"
  cost_centre                     = "CC-1000"
  emails                          = { duty = "duty@example.com" }
  budget                          = { amount = 30000, start_month = "2026-12" }
  postgres                        = { sku = "GP_Standard_D2ds_v5" }
  postgres_administrator_password = "a-password-of-twenty-characters"
  vault                           = { address = "https://vault.example.com" }

  program = {
    image    = "registry.example.com/tashika-cloud@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    revision = "v1"
  }

  gate = {
    image            = "registry.example.com/oauth2-proxy@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    client_id        = "00000000-0000-4000-8000-000000000003"
    client_secret_id = "https://example.vault.azure.net/secrets/gate-client"
    cookie_secret_id = "https://example.vault.azure.net/secrets/gate-cookie"
    email_domains    = ["example.com"]
  }
}

run "all_of_it_with_the_managed_engine_beside" {
  command = plan

  variables {
    stream_analytics = {}
  }

  assert {
    condition     = length(module.stream_analytics) == 1
    error_message = "The job is made if it is wanted."
  }

  assert {
    condition     = toset(keys(output.vault_site.jwt.subjects)) == toset(["api", "worker"]) && output.vault_site.site == "dev" && output.vault_site.postgresql.user == "tashika_vault"
    error_message = "What `tashika vault apply` has to know comes out of the stack."
  }

  assert {
    condition     = output.secret_paths.send == "kv/tashika/event-hubs/send" && output.secret_paths.listen == null
    error_message = "The key of SORACOM lies where it is looked for, and there is none for the worker."
  }
}

run "a_worker_with_a_key_has_it_from_vault" {
  command = plan

  variables {
    worker_auth = "sas"
  }

  assert {
    condition     = output.secret_paths == { send = "kv/tashika/event-hubs/send", listen = "kv/tashika/event-hubs/listen" }
    error_message = "The keys lie where the programs look for them."
  }
}

run "a_worker_reads_in_no_other_way" {
  command = plan

  variables {
    worker_auth = "identity"
  }

  expect_failures = [var.worker_auth]
}

run "vault_over_plain_http_is_refused" {
  command = plan

  variables {
    vault = { address = "http://vault.example.com" }
  }

  expect_failures = [var.vault]
}
