# tashika-cloud worker: as many as `scale.replicas` says, each with its own user of PostgreSQL.
#
#   nomad job plan -var image=registry.example.com/tashika-cloud:1.2.3 -var 'scale={replicas=4,partitions=32}' …

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

# One variable, because a condition can refer to its own variable only.
variable "scale" {
  type = object({
    replicas   = number
    partitions = number
  })
  description = "How many workers, and how many partitions the event hub has: a worker without a partition only waits."
  default = {
    replicas   = 2
    partitions = 32
  }

  validation {
    condition     = var.scale.replicas >= 1 && var.scale.replicas <= var.scale.partitions
    error_message = "There must be at least one worker, and no more than the event hub has partitions."
  }

  validation {
    condition     = var.scale.partitions >= 1 && var.scale.partitions <= 1024
    error_message = "An event hub has 1 to 1024 partitions."
  }
}

variable "hub" {
  type        = string
  description = "Name of the event hub."
  default     = "telemetry"
}

variable "consumer_group" {
  type        = string
  description = "Consumer group that nothing else reads with."
  default     = "dashboard"
}

variable "database" {
  type        = string
  description = "Host, port and name of the store, `db.example.com:5432/tashika`; no user, no password."

  validation {
    condition     = can(regex("^[A-Za-z0-9.-]+(:[0-9]+)?/[A-Za-z0-9_]+$", var.database))
    error_message = "The database must be host:port/name, without user and password: those come from Vault."
  }
}

job "tashika-worker" {
  type        = "service"
  datacenters = var.datacenters

  group "worker" {
    count = var.scale.replicas

    # A worker that is replaced hands its partitions over when it stops, and commits what it has read.
    update {
      max_parallel      = 1
      canary            = 1
      auto_promote      = true
      auto_revert       = true
      health_check      = "checks"
      min_healthy_time  = "30s"
      healthy_deadline  = "5m"
      progress_deadline = "15m"
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

    # Health and metrics are served to this machine alone, where Consul's agent is.
    network {
      mode = "host"
      port "health" {
        host_network = "loopback"
      }
    }

    service {
      name     = "tashika-worker"
      port     = "health"
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

    task "worker" {
      driver       = "docker"
      user         = "65532:65532"
      kill_signal  = "SIGTERM"
      kill_timeout = "15s" # it commits what it has read within 10 s

      config {
        image           = var.image
        args            = ["worker"]
        network_mode    = "host"
        readonly_rootfs = true
        cap_drop        = ["all"]
        security_opt    = ["no-new-privileges"]
      }

      # The workload's identity logs in as the role tashika-worker, whose policy is deploy/vault/policies.
      vault {
        role         = "tashika-worker"
        env          = false # the token is the template's, not the program's
        disable_file = true
        change_mode  = "noop"
      }

      # New credentials come before the old ones end; the worker takes them by starting anew, with nothing lost.
      template {
        destination = "${NOMAD_SECRETS_DIR}/worker.env"
        env         = true
        change_mode = "restart"
        splay       = "2m"
        data        = <<-ENV
          {{ with secret "kv/data/tashika/event-hubs/listen" -}}
          TASHIKA_CLOUD_EVENT_HUBS_CONNECTION_STRING={{ .Data.data.connectionString | toJSON }}
          {{- end }}
          {{ with secret "database/creds/tashika-worker" -}}
          TASHIKA_CLOUD_STORE_URL="postgres://{{ .Data.username | urlquery }}:{{ .Data.password | urlquery }}@${var.database}"
          {{- end }}
        ENV
      }

      env {
        TASHIKA_CLOUD_EVENT_HUBS_HUB            = var.hub
        TASHIKA_CLOUD_EVENT_HUBS_CONSUMER_GROUP = var.consumer_group
        TASHIKA_CLOUD_WORKER_HOST               = "127.0.0.1"
        TASHIKA_CLOUD_WORKER_PORT               = "${NOMAD_PORT_health}"
        NODE_OPTIONS                            = "--max-old-space-size=384"
      }

      resources {
        cpu        = 1000
        memory     = 512
        memory_max = 768
      }
    }
  }
}
