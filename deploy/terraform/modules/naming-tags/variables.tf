variable "subscription_id" {
  description = "Subscription whose id makes the names unique that all of Azure shares."
  type        = string
  nullable    = false
}

variable "project" {
  description = "First part of every name, and the tag `project`."
  type        = string
  default     = "tashika"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{2,8}$", var.project))
    error_message = "The project has 3 to 9 lower case letters and digits and begins with a letter: a storage account's name takes no more."
  }
}

variable "environment" {
  description = "`dev`, `staging` or `prod`: second part of every name, and the tag `environment`."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["dev", "staging", "prod"], var.environment)
    error_message = "The environment is dev, staging or prod."
  }
}

variable "team" {
  description = "Team that answers for it and to which its cost is shown: the tag `team`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,29}$", var.team))
    error_message = "The team has 2 to 30 lower case letters, digits and hyphens and begins with a letter, so that costs add up under one spelling."
  }
}

variable "cost_centre" {
  description = "Cost centre that it is booked on: the tag `cost-centre`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Z0-9][A-Z0-9-]{1,19}$", var.cost_centre))
    error_message = "The cost centre has 2 to 20 capital letters, digits and hyphens, such as CC-1234."
  }
}

variable "extra_tags" {
  description = "Further tags; those that costs are told by can't be overridden."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = length(setintersection(keys(var.extra_tags), ["project", "team", "environment", "cost-centre", "managed-by"])) == 0
    error_message = "The tags project, team, environment, cost-centre and managed-by come from their own variables."
  }
}
