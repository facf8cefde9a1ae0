mock_provider "azurerm" {}

variables {
  name                = "ca-tashika-dev-api"
  resource_group_name = "rg-tashika-dev"
  tags                = { team = "telemetry", environment = "dev", cost-centre = "CC-1000" }
  environment_id      = "environment"
  tenant_id           = "00000000-0000-4000-8000-000000000002"
  image               = "registry.example.com/tashika-cloud@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  revision            = "v2"
  identity_id         = "identity"
  settings            = {}

  gate = {
    image            = "registry.example.com/oauth2-proxy@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    client_id        = "00000000-0000-4000-8000-000000000003"
    client_secret_id = "https://example.vault.azure.net/secrets/gate-client"
    cookie_secret_id = "https://example.vault.azure.net/secrets/gate-cookie"
    email_domains    = ["example.com"]
  }
}

run "only_the_gate_is_reached" {
  command = plan

  assert {
    condition     = azurerm_container_app.this.ingress[0].target_port == 4180 && !azurerm_container_app.this.ingress[0].allow_insecure_connections
    error_message = "What comes in comes to the gate, over TLS."
  }

  assert {
    condition     = { for each in azurerm_container_app.this.template[0].container[1].env : each.name => each.value }["OAUTH2_PROXY_SKIP_AUTH_ROUTES"] == "GET=^/v1/receipts$"
    error_message = "Receipts alone pass without a login."
  }

  assert {
    condition     = alltrue([for secret in azurerm_container_app.this.secret : secret.value == null && secret.key_vault_secret_id != null])
    error_message = "Secrets are named, not written."
  }

  assert {
    condition     = azurerm_container_app.this.tags == var.tags
    error_message = "The app bears the tags."
  }
}

run "the_first_revision_has_the_traffic" {
  command = plan

  assert {
    condition     = [for each in azurerm_container_app.this.ingress[0].traffic_weight : [each.label, each.revision_suffix, each.percentage]] == [["live", "v2", 100]]
    error_message = "There is one revision, and it is live."
  }
}

run "green_waits_beside_blue" {
  command = plan

  variables {
    live_revision = "v1"
    next_percent  = 10
  }

  assert {
    condition     = [for each in azurerm_container_app.this.ingress[0].traffic_weight : [each.label, each.revision_suffix, each.percentage]] == [["live", "v1", 90], ["next", "v2", 10]]
    error_message = "The live revision keeps what the next one does not get."
  }
}

run "or_one_after_the_other" {
  command = plan

  variables {
    rollout = "replace"
  }

  assert {
    condition     = azurerm_container_app.this.revision_mode == "Single" && azurerm_container_app.this.ingress[0].traffic_weight[0].latest_revision
    error_message = "The newest revision has the traffic."
  }
}

run "bad_values_are_refused" {
  command = plan

  variables {
    next_percent   = 101
    max_replicas   = 31
    allowed_ranges = { office = "203.0.113.1-203.0.113.9" }
    image          = "registry.example.com/tashika-cloud:latest"

    gate = {
      image            = "oauth2-proxy:latest"
      client_id        = "00000000-0000-4000-8000-000000000003"
      client_secret_id = "the secret itself"
      cookie_secret_id = "https://example.vault.azure.net/secrets/gate-cookie"
      email_domains    = ["*"]
    }
  }

  expect_failures = [var.next_percent, var.max_replicas, var.allowed_ranges, var.image, var.gate]
}

run "somebody_serves" {
  command = plan

  variables {
    min_replicas = 0
  }

  expect_failures = [var.min_replicas]
}
