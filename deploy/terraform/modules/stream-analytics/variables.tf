variable "name" {
  description = "Name of the job."
  type        = string
  nullable    = false
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

variable "streaming_units" {
  description = "Streaming units as the provider writes them for StandardV2: 3 is a third of a unit, 7 two thirds, 10 one, 20 two, and so on."
  type        = number
  default     = 3
  nullable    = false

  validation {
    condition     = contains([3, 7], var.streaming_units) || (var.streaming_units >= 10 && var.streaming_units <= 660 && var.streaming_units % 10 == 0)
    error_message = "StandardV2 takes 3 or 7 for a part of a unit, or a multiple of 10 up to 660."
  }
}

variable "input" {
  description = "Hub that it reads: its `hub_id`, `namespace`, `hub`, and a `consumer_group` that is nobody else's."
  type = object({
    hub_id         = string
    namespace      = string
    hub            = string
    consumer_group = string
  })
  nullable = false
}

variable "output" {
  description = "Where counts go: another `hub`, or `power_bi`. Push models can be made until 31 October 2027; somebody authorises Power BI once in the portal."
  type = object({
    hub      = optional(object({ hub_id = string, namespace = string, hub = string }))
    power_bi = optional(object({ group_id = string, group_name = string, dataset = string, table = string }))
  })
  nullable = false

  validation {
    condition     = (var.output.hub == null) != (var.output.power_bi == null)
    error_message = "Counts go to another hub or to Power BI: one of the two."
  }

  validation {
    condition     = try(var.output.hub.hub_id, null) == null ? true : var.output.hub.hub_id != var.input.hub_id
    error_message = "The hub that counts go to is another one than they are made from."
  }
}

variable "late_seconds" {
  description = "How long after its time an event may arrive and keep it."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.late_seconds >= 0 && var.late_seconds <= 1814399
    error_message = "Lateness is 0 s to just under 21 days."
  }
}

variable "out_of_order_seconds" {
  description = "How long events are held to be put in order."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.out_of_order_seconds >= 0 && var.out_of_order_seconds <= 599
    error_message = "Events are held for 0 to 599 s."
  }
}

variable "log_workspace_id" {
  description = "Log Analytics workspace for the job's logs and metrics."
  type        = string
  nullable    = false
}
