variable "name" {
  description = "Name of the namespace; all of Azure shares it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z][a-zA-Z0-9-]{4,48}[a-zA-Z0-9]$", var.name))
    error_message = "The namespace has 6 to 50 letters, digits and hyphens, begins with a letter and ends with a letter or a digit."
  }
}

variable "resource_group_name" {
  description = "Resource group in which it lies."
  type        = string
  nullable    = false
}

variable "location" {
  description = "Azure region, such as `japaneast`."
  type        = string
  nullable    = false
}

variable "tags" {
  description = "Tags of everything that takes tags; those of `naming-tags`."
  type        = map(string)
  nullable    = false

  validation {
    condition     = alltrue([for tag in ["team", "environment", "cost-centre"] : try(trimspace(var.tags[tag]) != "", false)])
    error_message = "The tags team, environment and cost-centre are required: costs are told by them."
  }
}

variable "sku" {
  description = "`Standard` or `Premium`. Basic has one consumer group and a day of retention only."
  type        = string
  default     = "Standard"
  nullable    = false

  validation {
    condition     = contains(["Standard", "Premium"], var.sku)
    error_message = "The SKU is Standard or Premium: Basic has no consumer group for the worker."
  }
}

variable "capacity" {
  description = "Throughput units (Standard, 1 to 40; 1 MB/s or 1,000 events/s in, twice as much out) or processing units (Premium: 1, 2, 4, 8, 16)."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.sku == "Premium" ? contains([1, 2, 4, 8, 16], var.capacity) : var.capacity >= 1 && var.capacity <= 40 && floor(var.capacity) == var.capacity
    error_message = "Standard takes 1 to 40 throughput units, Premium 1, 2, 4, 8 or 16 processing units."
  }
}

variable "maximum_throughput_units" {
  description = "Up to where the namespace grows by itself under load; null for not at all. Standard only. It never shrinks by itself."
  type        = number
  default     = null

  validation {
    condition     = var.maximum_throughput_units == null ? true : var.sku == "Standard" && var.maximum_throughput_units >= var.capacity && var.maximum_throughput_units <= 40
    error_message = "A Standard namespace grows from its capacity to 40 throughput units at most; Premium does not grow by itself."
  }
}

variable "hub" {
  description = "Name of the event hub."
  type        = string
  default     = "telemetry"
  nullable    = false
}

variable "partitions" {
  description = "Partitions of the hub: at most so many workers share it. Standard can't change it later, so take enough."
  type        = number
  default     = 32
  nullable    = false

  validation {
    condition     = floor(var.partitions) == var.partitions && var.partitions >= 1 && var.partitions <= (var.sku == "Premium" ? 100 : 32)
    error_message = "A hub has 1 to 32 partitions (Standard) or 1 to 100 (Premium)."
  }
}

variable "retention_hours" {
  description = "How long events are kept: as long as the counting may stand still without losing any."
  type        = number
  default     = 168
  nullable    = false

  validation {
    condition     = floor(var.retention_hours) == var.retention_hours && var.retention_hours >= 24 && var.retention_hours <= (var.sku == "Premium" ? 2160 : 168)
    error_message = "Events are kept for 24 to 168 hours (Standard) or to 2160 (Premium); under a day one bad night would lose readings."
  }
}

variable "consumer_groups" {
  description = "Consumer groups and what each is for. Each reader has its own; the workers of one store share one."
  type        = map(string)
  default     = { tashika = "workers of Tashika" }
  nullable    = false

  validation {
    condition     = length(var.consumer_groups) >= 1 && length(var.consumer_groups) <= 20 && !contains(keys(var.consumer_groups), "$Default")
    error_message = "1 to 20 consumer groups; $Default is always there and is nobody's."
  }
}

variable "further_hubs" {
  description = "Hubs beside it, such as one for the counts of Stream Analytics, by name. No key is made for them."
  type        = map(object({ partitions = number, retention_hours = number }))
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for hub in values(var.further_hubs) : hub.partitions >= 1 && hub.partitions <= 32 && hub.retention_hours >= 1 && hub.retention_hours <= 168])
    error_message = "A further hub has 1 to 32 partitions and keeps events for 1 to 168 hours."
  }
}

variable "send_rule" {
  description = "Name of the rule whose key SORACOM holds."
  type        = string
  default     = "soracom-send"
  nullable    = false
}

variable "listen_rule" {
  description = "Name of the rule that the worker reads with, if `worker_auth` is `sas`."
  type        = string
  default     = "worker-listen"
  nullable    = false
}

variable "worker_auth" {
  description = "How the worker reads: `managed-identity`, as one of `receivers`; or `sas`, with a connection string of a Listen-only rule."
  type        = string
  default     = "managed-identity"
  nullable    = false

  validation {
    condition     = contains(["managed-identity", "sas"], var.worker_auth)
    error_message = "The worker reads by managed-identity or by sas."
  }
}

variable "receivers" {
  description = "Principal ids that may read the hub (*Azure Event Hubs Data Receiver* on it, nothing else), by a name for each."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = var.worker_auth == "sas" || length(var.receivers) > 0
    error_message = "With worker_auth = \"managed-identity\" at least one identity has to be able to read the hub."
  }
}

variable "log_workspace_id" {
  description = "Log Analytics workspace for the namespace's logs and metrics."
  type        = string
  nullable    = false
}

variable "locked" {
  description = "Whether the hub is locked against being deleted."
  type        = bool
  default     = true
  nullable    = false
}
