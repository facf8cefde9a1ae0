variable "name" {
  description = "Name of the Log Analytics workspace."
  type        = string
  nullable    = false
}

variable "action_group_name" {
  description = "Name of the group of those who are told."
  type        = string
  nullable    = false
}

variable "alert_prefix" {
  description = "First part of the alerts' names."
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

variable "emails" {
  description = "Who is told by mail, by a name for each."
  type        = map(string)
  nullable    = false

  validation {
    condition     = length(var.emails) > 0 && alltrue([for email in values(var.emails) : can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", email))])
    error_message = "At least one mail address: an alert that nobody hears is none."
  }
}

variable "retention_days" {
  description = "How long logs are kept."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.retention_days >= 30 && var.retention_days <= 730
    error_message = "Logs are kept for 30 to 730 days."
  }
}

variable "daily_quota_gb" {
  description = "Most gigabytes of logs a day, so that a program that logs without end costs no fortune; -1 for no limit."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.daily_quota_gb == -1 || var.daily_quota_gb >= 1
    error_message = "At least 1 GB a day, or -1 for no limit."
  }
}

variable "watched" {
  description = "What alerts watch: `event_hubs_namespace_id`, `postgres_id`, `worker_id`."
  type = object({
    event_hubs_namespace_id = string
    postgres_id             = string
    worker_id               = string
  })
  nullable = false
}
