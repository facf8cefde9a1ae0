# tashika-cloud api: the dashboard, the live feed and devices' receipts. It serves its machine alone: a proxy with a
# certificate stands before it there (cloud/README.md has one).

variable "image" {
  type        = string
  description = "Image of tashika-cloud, by version or digest."

  validation {
    condition     = can(regex("(:[0-9]+\\.[0-9]+\\.[0-9]+[^:]*|@sha256:[0-9a-f]{64})$", var.image))
    error_message = "The image must be pinned, by a version (name:1.2.3) or a digest (name@sha256:…)."
  }
}

variable "datacenters" {
  type        = list(string)
  description = "Where it may run."
  default     = ["*"]
}

variable "replicas" {
  type        = number
  description = "How many; each keeps ten connections to PostgreSQL at most."
  default     = 2

  validation {
    condition     = var.replicas >= 1 && var.replicas <= 8
    error_message = "There must be 1 to 8 APIs: more would take PostgreSQL's connections from the workers."
  }
}

variable "vault" {
  type = object({
    address  = string
    audience = string
    ca       = string
  })
  description = "Vault's address, whom its JWT login takes tokens for, and in PEM by whom its certificate is trusted (empty: the system's authorities)."

  validation {
    condition     = can(regex("^https://[A-Za-z0-9.-]+(:[0-9]+)?$", var.vault.address)) && var.vault.audience != ""
    error_message = "The address of Vault must be https://host:port, and the audience that of its JWT login."
  }
}

variable "domain" {
  type        = string
  description = "What service certificates are issued below, as the site of Vault has it."
  default     = "tashika.internal"
}

variable "database" {
  type        = string
  description = "Host, port and name of the store, `db.example.com:5432/tashika`; no user, no password."

  validation {
    condition     = can(regex("^[A-Za-z0-9.-]+(:[0-9]+)?/[A-Za-z0-9_]+$", var.database))
    error_message = "The database must be host:port/name, without user and password: those come from Vault."
  }
}

job "tashika-api" {
  type        = "service"
  datacenters = var.datacenters

  group "api" {
    count = var.replicas

    update {
      max_parallel      = 1
      canary            = 1
      auto_promote      = true
      auto_revert       = true
      health_check      = "checks"
      min_healthy_time  = "20s"
      healthy_deadline  = "3m"
      progress_deadline = "10m"
    }

    restart {
      attempts = 3
      interval = "5m"
      delay    = "15s"
      mode     = "delay"
    }

    reschedule {
      unlimited      = true
      delay          = "15s"
      delay_function = "exponential"
      max_delay      = "10m"
    }

    network {
      mode = "host"
      port "http" {
        host_network = "loopback"
      }
    }

    service {
      name     = "tashika-api"
      port     = "http"
      provider = "consul"
      tags     = ["metrics"]

      # A new one takes over once it has seen hub and store, and all is being counted.
      check {
        name            = "ready"
        type            = "http"
        protocol        = "https"
        tls_skip_verify = true # to the own machine, whose name the certificate has not
        path            = "/api/ready"
        interval        = "10s"
        timeout         = "5s"
      }

      check {
        name            = "health"
        type            = "http"
        protocol        = "https"
        tls_skip_verify = true # to the own machine, whose name the certificate has not
        path            = "/api/health"
        interval        = "15s"
        timeout         = "5s"
      }

      # Ready and health tell of hub and store too, which no restart mends: one is started anew only where it is stuck.
      check {
        name     = "answers"
        type     = "tcp"
        interval = "15s"
        timeout  = "5s"

        check_restart {
          limit = 4
          grace = "60s"
        }
      }
    }

    task "api" {
      driver       = "docker"
      user         = "65532:65532"
      kill_signal  = "SIGTERM"
      kill_timeout = "15s"

      config {
        image           = var.image
        args            = ["api"]
        network_mode    = "host"
        readonly_rootfs = true
        cap_drop        = ["all"]
        security_opt    = ["no-new-privileges"]
      }

      # Who this is to Vault. The program logs in with it, as the role tashika-api, and has its secrets without a restart.
      identity {
        name        = "vault_default"
        aud         = [var.vault.audience]
        file        = true
        ttl         = "1h"
        change_mode = "noop"
      }

      # Nomad logs in with it too, for the templates below; that token is not the program's.
      vault {
        role         = "tashika-api"
        env          = false
        disable_file = true
        change_mode  = "noop"
      }

      # Certificate, what leads to its root, and key in one file, so that they are replaced together. The program looks.
      template {
        destination = "${NOMAD_SECRETS_DIR}/service.pem"
        perms       = "0400"
        uid         = 65532
        gid         = 65532
        change_mode = "noop"
        data        = <<-PEM
          {{ with pkiCert "pki/issue/tashika-service" "common_name=tashika-api.${var.domain}" -}}
          {{ .Cert }}
          {{ .CA }}
          {{ .Key }}
          {{- end }}
        PEM
      }

      template {
        destination = "${NOMAD_TASK_DIR}/vault-ca.pem"
        change_mode = "restart"
        data        = "${var.vault.ca}\n"
      }

      env {
        TASHIKA_CLOUD_STORE_URL                   = "postgres://${var.database}"
        TASHIKA_CLOUD_API_HOST                    = "127.0.0.1"
        TASHIKA_CLOUD_API_PORT                    = "${NOMAD_PORT_http}"
        TASHIKA_CLOUD_API_TLS_CERT_FILE           = "${NOMAD_SECRETS_DIR}/service.pem"
        TASHIKA_CLOUD_API_TLS_KEY_FILE            = "${NOMAD_SECRETS_DIR}/service.pem"
        TASHIKA_CLOUD_SECRETS_SOURCE              = "vault"
        TASHIKA_CLOUD_SECRETS_VAULT_ADDRESS       = var.vault.address
        TASHIKA_CLOUD_SECRETS_VAULT_CA_FILE       = var.vault.ca == "" ? "" : "${NOMAD_TASK_DIR}/vault-ca.pem"
        TASHIKA_CLOUD_SECRETS_VAULT_AUTH_METHOD   = "jwt"
        TASHIKA_CLOUD_SECRETS_VAULT_AUTH_JWT_FILE = "${NOMAD_SECRETS_DIR}/nomad_vault_default.jwt"
        NODE_OPTIONS                              = "--max-old-space-size=256"
      }

      resources {
        cpu        = 500
        memory     = 384
        memory_max = 512
      }
    }
  }
}
