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
        name     = "ready"
        type     = "http"
        path     = "/api/ready"
        interval = "10s"
        timeout  = "5s"
      }

      check {
        name     = "health"
        type     = "http"
        path     = "/api/health"
        interval = "15s"
        timeout  = "5s"
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

      vault {
        role         = "tashika-api"
        env          = false # the token is the template's, not the program's
        disable_file = true
        change_mode  = "noop"
      }

      template {
        destination = "${NOMAD_SECRETS_DIR}/api.env"
        env         = true
        change_mode = "restart"
        splay       = "2m"
        data        = <<-ENV
          {{ with secret "kv/data/tashika/beam" -}}
          TASHIKA_CLOUD_BEAM_PRE_SHARED_KEY={{ .Data.data.preSharedKey | toJSON }}
          {{- with .Data.data.previousPreSharedKey }}
          TASHIKA_CLOUD_BEAM_PREVIOUS_PRE_SHARED_KEY={{ . | toJSON }}
          {{- end }}
          {{- end }}
          {{ with secret "database/creds/tashika-api" -}}
          TASHIKA_CLOUD_STORE_URL="postgres://{{ .Data.username | urlquery }}:{{ .Data.password | urlquery }}@${var.database}"
          {{- end }}
        ENV
      }

      env {
        TASHIKA_CLOUD_API_HOST = "127.0.0.1"
        TASHIKA_CLOUD_API_PORT = "${NOMAD_PORT_http}"
        NODE_OPTIONS           = "--max-old-space-size=256"
      }

      resources {
        cpu        = 500
        memory     = 384
        memory_max = 512
      }
    }
  }
}
