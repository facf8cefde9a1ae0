variable "name" {
  description = "First part of the identities' names."
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

variable "workloads" {
  description = "Programs that get an identity each, such as `worker` and `api`."
  type        = set(string)
  nullable    = false

  validation {
    condition     = length(var.workloads) > 0 && alltrue([for workload in var.workloads : can(regex("^[a-z][a-z0-9-]{1,19}$", workload))])
    error_message = "At least one program, each with 2 to 20 lower case letters, digits and hyphens."
  }
}
