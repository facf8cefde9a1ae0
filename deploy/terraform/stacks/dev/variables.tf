variable "account" {
  description = "The subscription and the tenant that this stack belongs to; in others nothing is planned."
  type        = object({ subscription_id = string, tenant_id = string })
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

variable "emails" {
  description = "Who is told of alerts and of the budget, by a name for each."
  type        = map(string)
  nullable    = false
}

variable "vault_address" {
  description = "Where Vault is, `https://…`."
  type        = string
  nullable    = false
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

variable "worker_auth" {
  description = "How the worker reads the hub: `managed-identity`; or `sas`, with the key of a Listen-only rule, which it has from Vault."
  type        = string
  default     = "managed-identity"
  nullable    = false
}

variable "gate" {
  description = "How people sign in at the dashboard; see the module `dashboard`."
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

variable "postgres_administrator_password" {
  description = "First password of PostgreSQL's administrator, as TF_VAR_postgres_administrator_password. In no plan and no state."
  type        = string
  ephemeral   = true
  sensitive   = true
  nullable    = false
}

variable "stream_analytics" {
  description = "The managed engine beside it; see the module `pipeline`. Null for none."
  type = object({
    streaming_units = optional(number, 3)
    power_bi        = optional(object({ group_id = string, group_name = string, dataset = string, table = string }))
  })
  default = null
}
