variable "subscription_id" {
  description = "Subscription that the stack belongs to; in another one nothing is planned."
  type        = string
  nullable    = false
}

variable "tenant_id" {
  description = "Entra tenant that the subscription belongs to, and whose people may see the dashboard."
  type        = string
  nullable    = false
}

variable "project" {
  description = "First part of every name."
  type        = string
  default     = "tashika"
  nullable    = false
}

variable "environment" {
  description = "`dev`, `staging` or `prod`."
  type        = string
  nullable    = false
}

variable "team" {
  description = "Team that answers for it and to which its cost is shown."
  type        = string
  nullable    = false
}

variable "cost_centre" {
  description = "Cost centre that it is booked on."
  type        = string
  nullable    = false
}

variable "location" {
  description = "Azure region."
  type        = string
  default     = "japaneast"
  nullable    = false
}

variable "address_space" {
  description = "Addresses of the network."
  type        = string
  default     = "10.40.0.0/20"
  nullable    = false
}

variable "emails" {
  description = "Who is told of alerts and of the budget, by a name for each."
  type        = map(string)
  nullable    = false
}

variable "budget" {
  description = "What a month may cost (`amount`, in the subscription's currency), from `start_month` on."
  type        = object({ amount = number, start_month = string })
  nullable    = false
}

variable "log_retention_days" {
  description = "How long logs are kept."
  type        = number
  default     = 30
  nullable    = false
}

variable "log_daily_quota_gb" {
  description = "Most gigabytes of logs a day."
  type        = number
  default     = 5
  nullable    = false
}

variable "event_hubs" {
  description = "Size of the namespace and its hub; see `event-hubs`."
  type = object({
    sku                      = optional(string, "Standard")
    capacity                 = optional(number, 1)
    maximum_throughput_units = optional(number)
    partitions               = optional(number, 32)
    retention_hours          = optional(number, 168)
  })
  default  = {}
  nullable = false
}

variable "postgres" {
  description = "Size of the server; see `postgres`."
  type = object({
    sku                            = string
    storage_gib                    = optional(number, 64)
    zone_redundant                 = optional(bool, false)
    backup_days                    = optional(number, 14)
    geo_redundant_backup           = optional(bool, false)
    administrator_password_version = optional(number, 1)
  })
  nullable = false
}

variable "postgres_administrator_password" {
  description = "First password of PostgreSQL's administrator. Ephemeral: in no plan and no state; Vault rotates it on taking over."
  type        = string
  ephemeral   = true
  sensitive   = true
  nullable    = false
}

variable "vault" {
  description = "Where Vault is (`address`), and for which `audience` the programs' identities ask a token to sign in there."
  type = object({
    address  = string
    audience = optional(string, "https://management.azure.com/")
  })
  nullable = false

  validation {
    condition     = startswith(var.vault.address, "https://")
    error_message = "Vault is reached over TLS: https://…"
  }
}

variable "program" {
  description = "The programs' `image` by digest, the `registry` it is pulled from, this `revision`'s suffix, and for blue-green the `live_revision` and how much of the traffic the new one gets (`next_percent`)."
  type = object({
    image         = string
    registry      = optional(string)
    revision      = string
    live_revision = optional(string)
    next_percent  = optional(number, 0)
  })
  nullable = false
}

variable "rollout" {
  description = "`replace` or `blue-green`; see `worker`."
  type        = string
  default     = "blue-green"
  nullable    = false
}

variable "worker" {
  description = "Replicas of the worker; see `worker`."
  type = object({
    min_replicas                  = optional(number, 1)
    max_replicas                  = optional(number, 4)
    cpu                           = optional(number, 1)
    events_per_second_per_replica = optional(number, 1000)
  })
  default  = {}
  nullable = false
}

variable "worker_auth" {
  description = "How the worker reads the hub: `managed-identity`; or `sas`, with the key of a Listen-only rule, which it has from Vault."
  type        = string
  default     = "managed-identity"
  nullable    = false

  validation {
    condition     = contains(["managed-identity", "sas"], var.worker_auth)
    error_message = "The worker reads by managed-identity or by sas."
  }
}

variable "dashboard" {
  description = "Replicas of the API; see `dashboard`."
  type = object({
    min_replicas = optional(number, 1)
    max_replicas = optional(number, 3)
    cpu          = optional(number, 0.5)
  })
  default  = {}
  nullable = false
}

variable "gate" {
  description = "How people sign in; see `dashboard`."
  type = object({
    image            = string
    client_id        = string
    client_secret_id = string
    cookie_secret_id = string
    email_domains    = list(string)
  })
  nullable = false
}

variable "allowed_ranges" {
  description = "Addresses from which the dashboard may be reached; empty for all."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "zone_redundant_programs" {
  description = "Whether replicas are spread over zones."
  type        = bool
  default     = false
  nullable    = false
}

variable "locked" {
  description = "Whether hub and store are locked against being deleted."
  type        = bool
  default     = true
  nullable    = false
}

variable "settings" {
  description = "Further settings of the programs, `TASHIKA_CLOUD_…` (cloud/CONFIGURATION.md)."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "stream_analytics" {
  description = "The managed engine beside it: `streaming_units`, and `power_bi` or, without it, a hub `counts` in the same namespace. Null for none."
  type = object({
    streaming_units = optional(number, 3)
    power_bi        = optional(object({ group_id = string, group_name = string, dataset = string, table = string }))
  })
  default = null
}
