# `tashika-cloud api` with the dashboard. It binds to loopback and asks nobody who he is, so a gate stands before it in
# the same replica: people sign in at Entra ID, and only a device's receipt passes by, whose signature the API checks.

locals {
  gate_port = 4180
  api_port  = 8080

  gate = {
    OAUTH2_PROXY_PROVIDER             = "oidc"
    OAUTH2_PROXY_OIDC_ISSUER_URL      = "https://login.microsoftonline.com/${var.tenant_id}/v2.0"
    OAUTH2_PROXY_CLIENT_ID            = var.gate.client_id
    OAUTH2_PROXY_HTTP_ADDRESS         = "0.0.0.0:${local.gate_port}"
    OAUTH2_PROXY_UPSTREAMS            = "http://127.0.0.1:${local.api_port}"
    OAUTH2_PROXY_SKIP_AUTH_ROUTES     = "GET=^/v1/receipts$"
    OAUTH2_PROXY_EMAIL_DOMAINS        = join(",", var.gate.email_domains)
    OAUTH2_PROXY_REVERSE_PROXY        = "true"
    OAUTH2_PROXY_SKIP_PROVIDER_BUTTON = "true"
    OAUTH2_PROXY_COOKIE_SECURE        = "true"
    # The API answers to the names of its own machine only.
    OAUTH2_PROXY_PASS_HOST_HEADER = "false"
  }

  blue_green = var.rollout == "blue-green"
  live       = coalesce(var.live_revision, var.revision)
}

resource "azurerm_container_app" "this" {
  name                         = var.name
  container_app_environment_id = var.environment_id
  resource_group_name          = var.resource_group_name
  workload_profile_name        = "Consumption"
  revision_mode                = local.blue_green ? "Multiple" : "Single"
  max_inactive_revisions       = 5

  identity {
    type         = "UserAssigned"
    identity_ids = [var.identity_id]
  }

  dynamic "registry" {
    for_each = var.registry == null ? [] : [var.registry]

    content {
      server   = registry.value
      identity = var.identity_id
    }
  }

  # By reference: what they are is read by Container Apps as the identity, and is in no plan and no state.
  secret {
    name                = "client-secret"
    identity            = var.identity_id
    key_vault_secret_id = var.gate.client_secret_id
  }

  secret {
    name                = "cookie-secret"
    identity            = var.identity_id
    key_vault_secret_id = var.gate.cookie_secret_id
  }

  ingress {
    external_enabled           = true
    allow_insecure_connections = false
    target_port                = local.gate_port
    transport                  = "auto"

    dynamic "ip_security_restriction" {
      for_each = var.allowed_ranges

      content {
        name             = ip_security_restriction.key
        action           = "Allow"
        ip_address_range = ip_security_restriction.value
      }
    }

    dynamic "traffic_weight" {
      for_each = local.blue_green ? [] : [1]

      content {
        latest_revision = true
        percentage      = 100
      }
    }

    dynamic "traffic_weight" {
      for_each = local.blue_green ? [1] : []

      content {
        label           = "live"
        revision_suffix = local.live
        percentage      = local.live == var.revision ? 100 : 100 - var.next_percent
      }
    }

    dynamic "traffic_weight" {
      for_each = local.blue_green && local.live != var.revision ? [1] : []

      content {
        label           = "next"
        revision_suffix = var.revision
        percentage      = var.next_percent
      }
    }
  }

  template {
    revision_suffix                  = var.revision
    min_replicas                     = var.min_replicas
    max_replicas                     = var.max_replicas
    termination_grace_period_seconds = 30

    container {
      name   = "api"
      image  = var.image
      args   = ["api"]
      cpu    = var.cpu
      memory = "${var.cpu * 2}Gi"

      env {
        name  = "TASHIKA_CLOUD_API_PORT"
        value = local.api_port
      }

      dynamic "env" {
        for_each = var.settings

        content {
          name  = env.key
          value = env.value
        }
      }
    }

    container {
      name   = "gate"
      image  = var.gate.image
      cpu    = 0.25
      memory = "0.5Gi"

      dynamic "env" {
        for_each = local.gate

        content {
          name  = env.key
          value = env.value
        }
      }

      env {
        name        = "OAUTH2_PROXY_CLIENT_SECRET"
        secret_name = "client-secret"
      }

      env {
        name        = "OAUTH2_PROXY_COOKIE_SECRET"
        secret_name = "cookie-secret"
      }

      # It can't see whether the API is well, which only the API's own machine may ask; that is an alert's to tell.
      readiness_probe {
        transport = "HTTP"
        port      = local.gate_port
        path      = "/ready"
      }

      liveness_probe {
        transport = "HTTP"
        port      = local.gate_port
        path      = "/ping"
      }
    }

    http_scale_rule {
      name                = "requests"
      concurrent_requests = "100"
    }
  }

  tags = var.tags
}
