variable "name" {
  description = "Name of the network."
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

variable "address_space" {
  description = "Addresses of the network; a quarter each goes to the programs and to PostgreSQL."
  type        = string
  default     = "10.40.0.0/20"
  nullable    = false

  validation {
    condition     = can(cidrsubnet(var.address_space, 2, 3)) && try(tonumber(split("/", var.address_space)[1]) <= 24, false)
    error_message = "The address space is a range such as 10.40.0.0/20, of a /24 at least: Container Apps want a /27 of their own, and room to replace replicas."
  }
}
