variable "name" {
  description = "Name of the environment."
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

variable "subnet_id" {
  description = "Subnet that is delegated to Container Apps."
  type        = string
  nullable    = false
}

variable "log_workspace_id" {
  description = "Log Analytics workspace that the programs log to."
  type        = string
  nullable    = false
}

variable "zone_redundant" {
  description = "Whether replicas are spread over zones. Can't be changed later."
  type        = bool
  default     = false
  nullable    = false
}
